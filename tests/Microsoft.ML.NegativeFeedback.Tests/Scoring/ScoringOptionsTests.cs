using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

public sealed class ScoringOptionsTests : IDisposable
{
    private readonly ScoringFixture _fixture = new(rowCount: 24);
    private readonly NextItemTransformer _model;

    public ScoringOptionsTests() => _model = _fixture.CreateTransformer();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(ScoringFixture.ItemCount)]
    public void Any_number_of_items(int count)
    {
        using var chosen = _model.With(new ScoringOptions { NumberOfRecommendations = count });
        var trained = new NextItemTransformer(_fixture.Context, ScoringFixture.BuildGraph(_fixture.Weights, k: count), _fixture.Columns, _fixture.View.Schema);
        AssertSame(trained, chosen);
        Assert.Equal(count, ((VectorDataViewType)chosen.GetOutputSchema(_fixture.View.Schema)["Scores"].Type).Size);
        // what is null is as the model was trained
        using var back = chosen.With(new ScoringOptions());
        AssertSame(_model, back);
    }

    [Fact]
    public void Seen_items_in_and_out()
    {
        using var with = _model.With(new ScoringOptions { ExcludeSeenItems = false });
        var all = Recommended(with).Zip(_fixture.Rows).Sum(pair => pair.First.Count(item => pair.Second.Items.Select(ScoringFixture.Key).Contains(item)));
        Assert.True(all > 0);
        using var without = with.With(new ScoringOptions { ExcludeSeenItems = true });
        AssertSame(_model, without);
    }

    [Fact]
    public void Blocked_items_of_a_row_and_items_for_nobody()
    {
        // block what would come first, and deny what comes second to row 0
        uint[][] before = Recommended(_model);
        var view = WithBlocked([.. before.Select((row, i) => i % 3 == 0 ? [] : new[] { ScoringFixture.Name((int)row[0]), "unknown" })]);
        string denied = ScoringFixture.Name((int)before[0][1]);
        using var chosen = _model.With(new ScoringOptions { BlockedItemsColumnName = "Blocked", DeniedItems = [denied] });
        uint[][] after = [.. chosen.Transform(view).GetColumn<uint[]>("RecommendedItems")];
        for (int i = 0; i < after.Length; i++)
        {
            var expected = before[i].Where(item => item != ScoringFixture.Key(denied) && (i % 3 == 0 || item != before[i][0])).ToArray();
            Assert.Equal(expected, after[i].Take(expected.Length));
        }

        // saved, loaded, in batches and row by row
        var loaded = SavedModelTests.SaveAndLoad(_fixture.Context, chosen, view.Schema);
        Assert.Equal(after, loaded.Transform(view).GetColumn<uint[]>("RecommendedItems"));
        using var batches = _fixture.Context.Recommendation().ScoreInBatches(loaded);
        Assert.Equal(after, batches.Transform(view).GetColumn<uint[]>("RecommendedItems"));
        using var fewer = batches.OfType<NextItemTransformer>().Single().With(new ScoringOptions { NumberOfRecommendations = 2 });
        Assert.Equal(before.Select(row => row[..2]), Recommended(fewer));
    }

    [Fact]
    public void Candidates_of_a_row()
    {
        // every other item of a row's ranking, some twice and one unknown; nothing for every fifth row
        using var all = _model.With(new ScoringOptions { NumberOfRecommendations = ScoringFixture.ItemCount });
        uint[][] ranked = Recommended(all);
        string[][] candidates = [.. ranked.Select((row, i) => i % 5 == 0 ? [] : row.Where((item, place) => item != 0 && place % 2 == 1).Select(item => ScoringFixture.Name((int)item)).ToArray())];
        var view = WithBlocked([.. candidates.Select(row => row.Length == 0 ? row : [.. row.Reverse(), row[0], "unknown"])]);
        using var chosen = _model.With(new ScoringOptions { AllowedItemsColumnName = "Blocked", NumberOfRecommendations = 4 });
        uint[][] recommended = [.. chosen.Transform(view).GetColumn<uint[]>("RecommendedItems")];
        for (int i = 0; i < recommended.Length; i++)
            Assert.Equal(candidates[i].Take(4).Select(ScoringFixture.Key).Concat(Enumerable.Repeat(0u, 4)).Take(4), recommended[i]);

        var loaded = SavedModelTests.SaveAndLoad(_fixture.Context, chosen, view.Schema);
        Assert.Equal(recommended, loaded.Transform(view).GetColumn<uint[]>("RecommendedItems"));
        using var batches = _fixture.Context.Recommendation().ScoreInBatches(loaded);
        Assert.Equal(recommended, batches.Transform(view).GetColumn<uint[]>("RecommendedItems"));
    }

    [Fact]
    public void What_the_ranker_recommends_of_candidates()
    {
        var ml = new MLContext(seed: 1);
        var feed = new RankedFeed(ml, rows: 30);
        using var model = ml.Recommendation().Trainers.MultiFeedback(feed.Options(epochs: 1)).Fit(feed.Train);
        string[][] candidates = [.. feed.TestHistories.Select(row => row.Candidates)];
        float[][] scores = [.. model.Transform(feed.Test).GetColumn<float[]>("CandidateScores")];
        string[][] ranked = [.. candidates.Zip(scores, (items, values) => items.Zip(values).OrderByDescending(pair => pair.Second).Select(pair => pair.First).ToArray())];
        Assert.Equal(ranked.Select(row => row[..3]), Names(model, feed.Test));

        // another number, also of a graph that was chosen before, and of a saved one
        using var five = model.With(new ScoringOptions { NumberOfRecommendations = 5 });
        Assert.Equal(ranked.Select(row => row[..5]), Names(five, feed.Test));
        using var back = five.With(new ScoringOptions());
        Assert.Equal(ranked.Select(row => row[..3]), Names(back, feed.Test));
        using var loaded = ml.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(ml, five, feed.Test.Schema));
        Assert.Equal(ranked.Select(row => row[..5]), Names(loaded, feed.Test));
        Assert.Equal(scores, loaded.Transform(feed.Test).GetColumn<float[]>("CandidateScores"));

        // neither seen nor denied items, nor those of a column, nor below a score
        string denied = ranked[0][0];
        var seen = feed.Test.GetColumn<uint[]>("Items").Select(row => row.Select(key => RankedFeed.Item((int)key - 1)).ToArray()).ToArray();
        var blocked = ml.Transforms.CopyColumns("Blocked", "Items").Fit(feed.Test).Transform(feed.Test);
        float minimum = scores.SelectMany(row => row).Order().ElementAt(scores.Length);
        using var chosen = model.With(new ScoringOptions { ExcludeSeenItems = true, DeniedItems = [denied], MinimumScore = minimum, NumberOfRecommendations = 6 });
        using var blocking = model.With(new ScoringOptions { BlockedItemsColumnName = "Blocked", DeniedItems = [denied], MinimumScore = minimum, NumberOfRecommendations = 6 });
        using var allowing = model.With(new ScoringOptions { AllowedItemsColumnName = "Blocked", NumberOfRecommendations = 6 });
        string[][] expected = [.. ranked.Select((row, i) => row.Where(item => !seen[i].Contains(item) && item != denied && scores[i][Array.IndexOf(candidates[i], item)] >= minimum).ToArray())];
        Assert.Equal(expected, Names(chosen, feed.Test));
        Assert.Equal(expected, Names(blocking, blocked));
        Assert.Equal(ranked.Select((row, i) => row.Where(seen[i].Contains).ToArray()), Names(allowing, blocked));

        static string[][] Names(ITransformer model, IDataView rows)
            => [.. model.Transform(rows).GetColumn<uint[]>("RecommendedItems").Select(row => row.Where(key => key > 0).Select(key => RankedFeed.Item((int)key - 1)).ToArray())];
    }

    [Fact]
    public void Allowed_items_and_missing_keys_where_too_few_are_left()
    {
        string[] allowed = [.. new[] { 3, 8, 21 }.Select(ScoringFixture.Name)];
        using var chosen = _model.With(new ScoringOptions { AllowedItems = allowed, NumberOfRecommendations = 4 });
        foreach (var (keys, scores, row) in Recommended(chosen).Zip(Scores(chosen), _fixture.Rows))
        {
            uint[] expected = [.. new uint[] { 3, 8, 21 }.Except(row.Items.Select(ScoringFixture.Key))];
            Assert.Equal(expected, keys.Where(key => key > 0).Order());
            Assert.All(keys.Zip(scores), pair => Assert.Equal(pair.First == 0, float.IsNegativeInfinity(pair.Second)));
        }
    }

    [Fact]
    public void A_minimum_score()
    {
        float minimum = Scores(_model)[1][2];
        using var chosen = _model.With(new ScoringOptions { MinimumScore = minimum });
        foreach (var (keys, before, scores) in Recommended(chosen).Zip(Scores(_model), Scores(chosen)))
        {
            Assert.Equal(before.Count(score => score >= minimum), keys.Count(key => key > 0));
            Assert.Equal(before.Where(score => score >= minimum), scores.Where(float.IsFinite));
        }
    }

    [Fact]
    public void A_graph_of_a_former_version()
    {
        // what those did not note
        var model = NegativeFeedback.Tensors.Proto.ModelProto.Parser.ParseFrom(_fixture.Graph);
        foreach (var property in model.MetadataProps.Where(property => property.Key != NextItemGraph.LargestTensorMetadata).ToArray())
            model.MetadataProps.Remove(property);
        using var former = new NextItemTransformer(_fixture.Context, Google.Protobuf.MessageExtensions.ToByteArray(model), _fixture.Columns, _fixture.View.Schema);
        using var expected = _model.With(new ScoringOptions { ExcludeSeenItems = false, NumberOfRecommendations = 7 });
        using var chosen = former.With(new ScoringOptions { ExcludeSeenItems = false, NumberOfRecommendations = 7 });
        AssertSame(expected, chosen);
        using var back = chosen.With(new ScoringOptions());
        AssertSame(_model, back);
    }

    [Fact]
    public void One_choice_after_the_other()
    {
        var model = _model;
        for (int count = 1; count <= 5; count++)
        {
            var next = model.With(new ScoringOptions { NumberOfRecommendations = count });
            if (model != _model)
                model.Dispose();
            model = next;
            Assert.Equal(Recommended(_model).Select(row => row[..count]), Recommended(model));
        }

        model.Dispose();
    }

    [Fact]
    public void A_prediction_engine_of_the_choice()
    {
        using var chosen = _model.With(new ScoringOptions { NumberOfRecommendations = 2 });
        var chain = new TransformerChain<ITransformer>(_fixture.ToKeys, chosen, _fixture.Context.Transforms.Conversion.MapKeyToValue("RecommendedItems").Fit(chosen.Transform(_fixture.View)));
        using var engine = _fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(chain, new PredictionEngineOptions { OwnsTransformer = false });
        foreach (var row in _fixture.Rows)
            Assert.Equal(_fixture.Expected(row).Names[..2], engine.Predict(row).RecommendedItems);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(ScoringFixture.ItemCount + 1)]
    public void More_items_than_there_are_or_none(int count)
        => Assert.Contains("from 1 to 40", Assert.Throws<ArgumentOutOfRangeException>(() => _model.With(new ScoringOptions { NumberOfRecommendations = count })).Message);

    [Fact]
    public void Bad_input()
    {
        Assert.Throws<ArgumentNullException>(() => _model.With(null!));
        Assert.Contains("finite", Assert.Throws<ArgumentOutOfRangeException>(() => _model.With(new ScoringOptions { MinimumScore = float.NaN })).Message);
        Assert.Contains("'nothing', which is no item", Assert.Throws<ArgumentException>(() => _model.With(new ScoringOptions { DeniedItems = ["nothing"] })).Message);
        Assert.Contains("a Int32; the items", Assert.Throws<ArgumentException>(() => _model.With(new ScoringOptions { AllowedItems = [3] })).Message);
        Assert.Contains("leave no item", Assert.Throws<ArgumentException>(() => _model.With(new ScoringOptions { AllowedItems = [] })).Message);
        Assert.Contains("different names", Assert.Throws<ArgumentException>(() => _model.With(new ScoringOptions { BlockedItemsColumnName = "Items" })).Message);
        using var blocking = _model.With(new ScoringOptions { BlockedItemsColumnName = "Blocked" });
        Assert.Contains("'Blocked'", Assert.Throws<ArgumentException>(() => blocking.Transform(_fixture.View)).Message);
        // items of another dictionary
        var raw = _fixture.Context.Data.LoadFromEnumerable(_fixture.Rows.Select(row => new BlockingRow { Items = row.Items, Feedback = row.Feedback, Blocked = ["x"] }));
        var others = _fixture.ToKeys.Append(_fixture.Context.Transforms.Conversion.MapValueToKey("Blocked").Fit(raw)).Transform(raw);
        Assert.Contains("Apply the same fitted MapValueToKey", Assert.Throws<ArgumentException>(() => blocking.Transform(others)).Message);
        using var ranker = new ScoringFixture(candidates: true).CreateTransformer();
        Assert.Contains("AllowedItemsColumnName", Assert.Throws<ArgumentException>(() => ranker.With(new ScoringOptions())).Message);
    }

    private IDataView WithBlocked(string[][] blocked)
    {
        var rows = _fixture.Context.Data.LoadFromEnumerable(_fixture.Rows.Zip(blocked, (row, items) => new BlockingRow { Items = row.Items, Feedback = row.Feedback, Blocked = items }));
        return _fixture.Context.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Blocked")], keyData: _fixture.Names).Fit(rows).Transform(rows);
    }

    private void AssertSame(NextItemTransformer expected, NextItemTransformer actual)
    {
        Assert.Equal(Recommended(expected), Recommended(actual));
        Assert.Equal(Scores(expected), Scores(actual));
    }

    private uint[][] Recommended(NextItemTransformer model) => [.. model.Transform(_fixture.View).GetColumn<uint[]>("RecommendedItems")];

    private float[][] Scores(NextItemTransformer model) => [.. model.Transform(_fixture.View).GetColumn<float[]>("Scores")];

    private sealed class BlockingRow
    {
        public string[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];

        public string[] Candidates { get; set; } = [];

        public string[] Blocked { get; set; } = [];
    }
}
