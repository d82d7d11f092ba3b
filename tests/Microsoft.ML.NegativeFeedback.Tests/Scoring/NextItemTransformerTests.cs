using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Scoring;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

public sealed class NextItemTransformerTests
{
    [Fact]
    public void A_view_of_many_batches_gets_what_each_row_alone_must_get()
    {
        var fixture = new ScoringFixture(rowCount: 700);
        using var transformer = fixture.CreateTransformer();
        var rows = fixture.Context.Data.LoadFromEnumerable(fixture.Rows);
        AssertRows(fixture, fixture.CreateChain(transformer).Transform(rows), fixture.Rows);
    }

    [Fact]
    public void A_prediction_engine_gives_the_same_row_by_row()
    {
        var fixture = new ScoringFixture(rowCount: 30);
        using var transformer = fixture.CreateTransformer();
        using var engine = fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(
            fixture.CreateChain(transformer), new PredictionEngineOptions { OwnsTransformer = false });
        foreach (var row in fixture.Rows.Concat(fixture.Rows.Reverse()))
        {
            var recommended = engine.Predict(row);
            Assert.Equal(row.User, recommended.User);
            fixture.AssertExpected(row, recommended.RecommendedItems, recommended.Scores);
        }
    }

    [Fact]
    public void Columns_are_keys_with_the_values_of_the_items_and_scores()
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        var schema = transformer.GetOutputSchema(fixture.View.Schema);
        Assert.Equal(
            [.. fixture.View.Schema.Select(column => column.Name), "RecommendedItems", "Scores"], schema.Select(column => column.Name));
        Assert.Equal(new VectorDataViewType(new KeyDataViewType(typeof(uint), ScoringFixture.ItemCount), ScoringFixture.K),
            schema["RecommendedItems"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, ScoringFixture.K), schema["Scores"].Type);
        VBuffer<ReadOnlyMemory<char>> values = default;
        schema["RecommendedItems"].GetKeyValues(ref values);
        Assert.Equal(
            Enumerable.Range(1, ScoringFixture.ItemCount).Select(ScoringFixture.Name),
            values.DenseValues().Select(value => value.ToString()));
    }

    [Fact]
    public void What_other_columns_hold_stays_beside_its_row()
    {
        var fixture = new ScoringFixture(rowCount: 100);
        using var transformer = fixture.CreateTransformer();
        var scored = transformer.Transform(fixture.View);
        using var cursor = scored.GetRowCursor(scored.Schema);
        using var source = fixture.View.GetRowCursor(fixture.View.Schema);
        var (id, sourceId) = (cursor.GetIdGetter(), source.GetIdGetter());
        var (user, age) = (cursor.GetGetter<ReadOnlyMemory<char>>(scored.Schema["User"]), cursor.GetGetter<float>(scored.Schema["Age"]));
        var items = cursor.GetGetter<VBuffer<uint>>(scored.Schema["Items"]);
        var sourceItems = source.GetGetter<VBuffer<uint>>(fixture.View.Schema["Items"]);
        DataViewRowId expectedId = default, actualId = default;
        ReadOnlyMemory<char> name = default;
        float years = 0;
        VBuffer<uint> expectedItems = default, actualItems = default;
        for (int i = 0; i < 100; i++)
        {
            Assert.True(cursor.MoveNext() && source.MoveNext());
            Assert.Equal(i, cursor.Position);
            sourceId(ref expectedId);
            id(ref actualId);
            Assert.Equal(expectedId, actualId);
            user(ref name);
            age(ref years);
            Assert.Equal((fixture.Rows[i].User, fixture.Rows[i].Age), (name.ToString(), years));
            sourceItems(ref expectedItems);
            items(ref actualItems);
            Assert.Equal(expectedItems.DenseValues(), actualItems.DenseValues());
        }

        Assert.False(cursor.MoveNext());
        Assert.False(cursor.MoveNext());
        Assert.Throws<InvalidOperationException>(() => age(ref years));
    }

    [Fact]
    public void Shuffled_cached_and_split_rows_keep_their_recommendations()
    {
        var fixture = new ScoringFixture(rowCount: 300);
        using var transformer = fixture.CreateTransformer();
        var chain = fixture.CreateChain(transformer);
        var data = fixture.Context.Data;
        var rows = data.LoadFromEnumerable(fixture.Rows);
        var shuffledFirst = chain.Transform(data.ShuffleRows(rows, seed: 3));
        AssertRows(fixture, shuffledFirst, null);
        AssertRows(fixture, data.ShuffleRows(chain.Transform(data.Cache(rows)), seed: 4), null);
        AssertRows(fixture, data.Cache(chain.Transform(rows)), fixture.Rows);
        AssertRows(fixture, data.TakeRows(data.SkipRows(chain.Transform(rows), 20), 50), fixture.Rows[20..70]);

        var split = data.TrainTestSplit(chain.Transform(rows), testFraction: 0.3);
        var (train, test) = (Read(fixture, split.TrainSet), Read(fixture, split.TestSet));
        Assert.Equal(fixture.Rows.Select(row => row.User).Order(), train.Concat(test).Select(row => row.User).Order());
        AssertRows(fixture, split.TestSet, null);
    }

    [Fact]
    public void Which_rows_share_a_batch_does_not_hang_on_how_many_cursors_are_asked_for()
    {
        var fixture = new ScoringFixture(rowCount: 500);
        using var transformer = fixture.CreateTransformer();
        var source = fixture.Context.Data.Cache(fixture.View);
        var scored = transformer.Transform(source);
        // ML.NET divides rows among several cursors as they come, so that batches of several would differ from run to run
        Assert.Single(Counted(scored, "Scores"));
        Assert.Equal(Counted(source, "User").Length, Counted(scored, "User").Length);

        static DataViewRowCursor[] Counted(IDataView view, string column)
        {
            var cursors = view.GetRowCursorSet([view.Schema[column]], 3);
            foreach (var cursor in cursors)
                cursor.Dispose();
            return cursors;
        }
    }

    [Fact]
    public void A_set_of_cursors_covers_the_rows_from_several_threads()
    {
        var fixture = new ScoringFixture(rowCount: 500);
        using var transformer = fixture.CreateTransformer();
        var scored = transformer.Transform(fixture.Context.Data.Cache(fixture.View));
        var cursors = scored.GetRowCursorSet(scored.Schema, 3);
        var found = new System.Collections.Concurrent.ConcurrentDictionary<string, (uint[] Keys, float[] Scores)>();
        Parallel.ForEach(cursors, cursor =>
        {
            using var _ = cursor;
            var user = cursor.GetGetter<ReadOnlyMemory<char>>(scored.Schema["User"]);
            var keys = cursor.GetGetter<VBuffer<uint>>(scored.Schema["RecommendedItems"]);
            var scores = cursor.GetGetter<VBuffer<float>>(scored.Schema["Scores"]);
            ReadOnlyMemory<char> name = default;
            VBuffer<uint> best = default;
            VBuffer<float> values = default;
            while (cursor.MoveNext())
            {
                user(ref name);
                keys(ref best);
                scores(ref values);
                Assert.True(found.TryAdd(name.ToString(), (best.DenseValues().ToArray(), values.DenseValues().ToArray())));
            }
        });
        Assert.Equal(500, found.Count);
        foreach (var row in fixture.Rows)
        {
            var (keys, scores) = found[row.User];
            fixture.AssertExpected(row, keys.Select(key => ScoringFixture.Name((int)key)).ToArray(), scores);
        }
    }

    [Fact]
    public void The_model_runs_only_for_its_own_columns()
    {
        var fixture = new ScoringFixture();
        fixture.Rows[3].Items = [.. fixture.Rows[3].Items, ScoringFixture.Name(1)];
        using var transformer = fixture.CreateTransformer();
        var scored = transformer.Transform(fixture.View);
        Assert.Equal(fixture.Rows.Select(row => row.User), scored.GetColumn<string>("User"));
        string message = Assert.Throws<InvalidDataException>(() => scored.GetColumn<float[]>("Scores").ToArray()).Message;
        Assert.Contains("Row 4", message);
        Assert.Contains("'Items'", message);
        Assert.Contains("'Feedback'", message);
    }

    [Fact]
    public void Dependencies_are_the_history_for_scores_and_the_column_itself_otherwise()
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        var mapper = transformer.GetRowToRowMapper(fixture.View.Schema);
        var schema = mapper.OutputSchema;
        Assert.Equal(["Items", "Feedback"], Dependencies("Scores"));
        Assert.Equal(["User"], Dependencies("User"));
        Assert.Equal(["User", "Items", "Feedback"], Dependencies("RecommendedItems", "User"));

        IEnumerable<string> Dependencies(params string[] names)
            => mapper.GetDependencies(names.Select(name => schema[name])).Select(column => column.Name).Distinct();
    }

    [Fact]
    public void Candidates_get_scores_in_their_order()
    {
        var fixture = new ScoringFixture(rowCount: 60, candidates: true);
        using var transformer = fixture.CreateTransformer();
        var scored = transformer.Transform(fixture.View);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single), scored.Schema["CandidateScores"].Type);
        Assert.Null(scored.Schema.GetColumnOrNull("RecommendedItems"));
        var found = scored.GetColumn<float[]>("CandidateScores").ToArray();
        for (int i = 0; i < found.Length; i++)
        {
            var row = fixture.Rows[i];
            var read = row.Items.Select(ScoringFixture.Key).Where((key, place) => key > 0 && row.Feedback[place] > 0).ToArray();
            var scores = read.Length > 0
                ? new ReferenceEncoder(fixture.Weights).Logits(read)
                : GraphFixture.FallingPopularity(ScoringFixture.ItemCount).Select(score => (double)score).ToArray();
            Assert.Equal(row.Candidates.Length, found[i].Length);
            for (int place = 0; place < found[i].Length; place++)
            {
                uint key = ScoringFixture.Key(row.Candidates[place]);
                Assert.Equal(key == 0 ? double.NegativeInfinity : scores[key], found[i][place], 2e-5);
            }
        }
    }

    [Fact]
    public void Very_many_candidates_are_scored_in_several_runs()
    {
        var fixture = new ScoringFixture(rowCount: 14, candidates: true);
        var rows = new HistoryRows();
        uint[] keys = Enumerable.Range(0, 80_000 + 14).Select(i => (uint)(i % ScoringFixture.ItemCount + 1)).ToArray();
        for (int i = 0; i < fixture.Rows.Length; i++)
        {
            rows.Items.Add(fixture.Rows[i].Items.Select(ScoringFixture.Key).ToArray());
            rows.Feedback.Add(fixture.Rows[i].Feedback);
            rows.Candidates.Add(keys.AsSpan(i, 80_000 - 1000 * (i * 5 % 14)));
        }

        using var scorer = new OnnxScorer(fixture.Graph, new OnnxScorerOptions());
        var scored = new ScoredRows();
        scorer.Score(rows, scored);
        for (int i = 0; i < rows.Count; i++)
        {
            var scores = scored[NextItemGraph.CandidateScoresOutput][i];
            Assert.Equal(80_000 - 1000 * (i * 5 % 14), scores.Length);
            Assert.All(scores.Chunk(ScoringFixture.ItemCount), chunk => Assert.Equal(scores.Take(chunk.Length), chunk));
            var read = rows.Items[i].ToArray().Where((key, place) => key > 0 && fixture.Rows[i].Feedback[place] > 0).ToArray();
            if (read.Length > 0)
                Assert.Equal(new ReferenceEncoder(fixture.Weights).Logits(read)[i + 1], scores[0], 2e-5);
        }
    }

    [Fact]
    public void The_promised_shape_is_that_of_the_schema()
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        var promised = fixture.Columns.AddTo(ShapeOf(fixture.View.Schema));
        var schema = transformer.GetOutputSchema(fixture.View.Schema);
        Assert.Equal(schema.Select(column => column.Name).Distinct().Order(), promised.Select(column => column.Name).Order());
        foreach (var column in promised)
        {
            var actual = ShapeOf(schema).Single(other => other.Name == column.Name);
            Assert.Equal((actual.Kind, actual.ItemType, actual.IsKey), (column.Kind, column.ItemType, column.IsKey));
            Assert.Equal(
                actual.Annotations.Select(annotation => annotation.Name), column.Annotations.Select(annotation => annotation.Name));
        }

        static SchemaShape ShapeOf(DataViewSchema schema)
            => new(schema.Where(column => !column.IsHidden).Select(column => SchemaShapes.Of(column)));
    }

    internal static RecommendedRow[] Read(ScoringFixture fixture, IDataView view)
        => fixture.Context.Data.CreateEnumerable<RecommendedRow>(view, reuseRowObject: false).ToArray();

    /// <summary>Every row of the view has what its user must get; with <paramref name="rows"/>, in their order.</summary>
    internal static void AssertRows(ScoringFixture fixture, IDataView view, HistoryRow[]? rows)
    {
        var found = Read(fixture, view);
        Assert.NotEmpty(found);
        if (rows is not null)
            Assert.Equal(rows.Select(row => row.User), found.Select(row => row.User));
        var byUser = fixture.Rows.ToDictionary(row => row.User);
        foreach (var row in found)
            fixture.AssertExpected(byUser[row.User], row.RecommendedItems, row.Scores);
    }
}
