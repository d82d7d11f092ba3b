using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

public sealed class SavedModelTests
{
    [Fact]
    public void A_loaded_chain_gives_the_same_rows_and_schema()
    {
        var fixture = new ScoringFixture(rowCount: 40);
        using var transformer = fixture.CreateTransformer();
        var chain = fixture.CreateChain(transformer);
        var rows = fixture.Context.Data.LoadFromEnumerable(fixture.Rows);
        var loaded = SaveAndLoad(fixture.Context, chain, rows.Schema);
        using (loaded as IDisposable)
        {
            var before = chain.Transform(rows);
            var after = loaded.Transform(rows);
            Assert.Equal(Describe(before.Schema), Describe(after.Schema));
            NextItemTransformerTests.AssertRows(fixture, after, fixture.Rows);

            using var engine = fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(
                loaded, new PredictionEngineOptions { OwnsTransformer = false });
            foreach (var row in fixture.Rows)
            {
                var recommended = engine.Predict(row);
                fixture.AssertExpected(row, recommended.RecommendedItems, recommended.Scores);
            }
        }
    }

    [Fact]
    public void A_loaded_model_gives_keys_with_their_values_back()
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        var loaded = SaveAndLoad(fixture.Context, transformer, fixture.View.Schema);
        using (loaded as IDisposable)
        {
            var before = transformer.Transform(fixture.View);
            var after = loaded.Transform(fixture.View);
            Assert.Equal(Describe(before.Schema), Describe(after.Schema));
            Assert.Equal(before.GetColumn<uint[]>("RecommendedItems"), after.GetColumn<uint[]>("RecommendedItems"));
            Assert.Equal(KeyValues(before.Schema), KeyValues(after.Schema));
        }

        static string[] KeyValues(DataViewSchema schema)
        {
            VBuffer<ReadOnlyMemory<char>> values = default;
            schema["RecommendedItems"].GetKeyValues(ref values);
            return values.DenseValues().Select(value => value.ToString()).ToArray();
        }
    }

    [Fact]
    public void A_loaded_model_scores_candidates()
    {
        var fixture = new ScoringFixture(rowCount: 30, candidates: true);
        using var transformer = fixture.CreateTransformer();
        var loaded = SaveAndLoad(fixture.Context, transformer, fixture.View.Schema);
        using (loaded as IDisposable)
        {
            var before = transformer.Transform(fixture.View);
            var after = loaded.Transform(fixture.View);
            Assert.Equal(Describe(before.Schema), Describe(after.Schema));
            var scores = before.GetColumn<float[]>("CandidateScores").Zip(after.GetColumn<float[]>("CandidateScores"));
            foreach (var (expected, actual) in scores)
            {
                Assert.Equal(expected.Length, actual.Length);
                for (int i = 0; i < expected.Length; i++)
                    Assert.Equal(expected[i], actual[i], 1e-5);
            }
        }
    }

    [Fact]
    public void Columns_may_be_called_as_the_graph_calls_others()
    {
        var fixture = new ScoringFixture();
        var view = fixture.Context.Transforms.CopyColumns("Scores", "Items")
            .Append(fixture.Context.Transforms.CopyColumns("__items", "Feedback"))
            .Append(fixture.Context.Transforms.DropColumns("Items", "Feedback"))
            .Fit(fixture.View).Transform(fixture.View);
        var columns = new NextItemColumns("Scores", "__items", "Feedback", "Items");
        using var transformer = new NextItemTransformer(fixture.Context, fixture.Graph, columns, view.Schema);
        var before = transformer.Transform(view);
        var loaded = SaveAndLoad(fixture.Context, transformer, view.Schema);
        using (loaded as IDisposable)
        {
            var after = loaded.Transform(view);
            Assert.Equal(Describe(before.Schema), Describe(after.Schema));
            Assert.Equal(before.GetColumn<uint[]>("Feedback"), after.GetColumn<uint[]>("Feedback"));
        }
    }

    [Fact]
    public void Numbers_are_kept_as_item_values_whatever_their_type()
    {
        AssertKept<sbyte>(-3, 0, 5);
        AssertKept<byte>(0, 1, 255);
        AssertKept<short>(-300, 0, 300);
        AssertKept<ushort>(0, 1, 65535);
        AssertKept(0, -1, int.MaxValue);
        AssertKept(0u, 1u, uint.MaxValue);
        AssertKept(0L, 1L, long.MinValue);
        AssertKept(0ul, 1ul, ulong.MaxValue);
        AssertKept(0f, 1.5f, float.MaxValue);
        AssertKept(0.0, 1e-300, 2.5);
        AssertKept("", "_", "naïve 😀");
    }

    [Fact]
    public void Values_that_a_saved_model_cannot_hold_are_named_when_it_is_saved()
    {
        Assert.Contains("DateTime", Assert.Throws<ArgumentException>(
            () => AssertKept(new DateTime(2026, 1, 1), new DateTime(2026, 1, 2))).Message);
        Assert.Contains("no item", Assert.Throws<ArgumentException>(() => AssertKept(true, false)).Message);
    }

    [Fact]
    public void Vectors_of_a_fixed_size_are_scored_and_saved()
    {
        var context = new MLContext(seed: 1);
        var view = context.Data.LoadFromEnumerable(new[] { new FixedRow { Items = [4, 5, 6], Feedback = [1, -1, 1] } });
        var keys = context.Transforms.Conversion.MapValueToKey("Items").Fit(view).Transform(view);
        byte[] graph = ScoringFixture.BuildGraph(GraphFixture.RandomWeights(4, itemCount: 3), k: 2);
        using var transformer = new NextItemTransformer(context, graph, new NextItemColumns(), keys.Schema);
        var before = transformer.Transform(keys);
        var loaded = SaveAndLoad(context, transformer, keys.Schema);
        using (loaded as IDisposable)
        {
            var after = loaded.Transform(keys);
            Assert.Equal(Describe(before.Schema), Describe(after.Schema));
            Assert.Equal([[0u, 0u]], after.GetColumn<uint[]>("RecommendedItems"));
        }
    }

    [Fact]
    public void Saving_needs_no_gpu()
    {
        var fixture = new ScoringFixture(gpuDeviceId: 97, fallbackToCpu: true);
        using var transformer = fixture.CreateTransformer();
        fixture.Context.FallbackToCpu = false;
        using var file = new MemoryStream();
        fixture.Context.Model.Save(transformer, fixture.View.Schema, file);
        Assert.True(file.Length > 1000);
    }

    [Fact]
    public void Saving_leaves_no_files_behind()
    {
        string? folder = null;
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable([new Value<float> { Item = 1 }]);
        ml.Model.Save(new CopyingTransformer(rows.Schema, made => File.WriteAllText(Path.Combine(folder = made, "graph.onnx"), "graph")), rows.Schema, new MemoryStream());
        Assert.NotNull(folder);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void What_killed_saves_left_is_cleared_and_what_others_use_stays()
    {
        var left = Directory.CreateTempSubdirectory("Microsoft.ML.NegativeFeedback-");
        var used = Directory.CreateTempSubdirectory("Microsoft.ML.NegativeFeedback-");
        var unlocked = Directory.CreateTempSubdirectory("Microsoft.ML.NegativeFeedback-");
        foreach (var folder in new[] { left, used, unlocked })
            File.WriteAllText(Path.Combine(folder.FullName, "graph.onnx"), "graph");
        File.WriteAllText(Path.Combine(left.FullName, "lock"), "");
        using (new FileStream(Path.Combine(used.FullName, "lock"), FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            var fixture = new ScoringFixture();
            using var transformer = fixture.CreateTransformer();
            fixture.Context.Model.Save(transformer, fixture.View.Schema, new MemoryStream());
            Assert.False(Directory.Exists(left.FullName));
            Assert.True(File.Exists(Path.Combine(used.FullName, "graph.onnx")));
            Assert.True(unlocked.Exists);
        }

        used.Delete(recursive: true);
        unlocked.Delete(recursive: true);
    }

    [Fact]
    public void A_save_succeeds_whose_folder_another_process_has_taken_for_left_over()
    {
        using var file = new MemoryStream();
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable([new Value<float> { Item = 1 }]);
        ml.Model.Save(new CopyingTransformer(rows.Schema, folder => Directory.Delete(folder, recursive: true)), rows.Schema, file);
        file.Position = 0;
        Assert.NotNull(ml.Model.Load(file, out _).GetOutputSchema(rows.Schema).GetColumnOrNull("Copy"));
    }

    /// <summary>
    /// A model over the given item values recommends the same ones after it was saved and loaded, and key 0 where nothing is left.
    /// </summary>
    private static void AssertKept<T>(params T[] values)
    {
        var context = new MLContext(seed: 1);
        var named = values.Where(value => value is not "").ToArray();
        T[][] histories = [[named[0]], named, []];
        var view = context.Data.LoadFromEnumerable(histories.Select(
            items => new Row<T> { Items = items, Feedback = Enumerable.Repeat(1f, items.Length).ToArray() }));
        var keyData = context.Data.LoadFromEnumerable(values.Select(value => new Value<T> { Item = value }));
        var keys = context.Transforms.Conversion.MapValueToKey("Items", keyData: keyData).Fit(view).Transform(view);
        byte[] graph = ScoringFixture.BuildGraph(GraphFixture.RandomWeights(4, itemCount: named.Length), k: 3);
        using var transformer = new NextItemTransformer(context, graph, new NextItemColumns(), keys.Schema);
        var loaded = SaveAndLoad(context, transformer, keys.Schema);
        using (loaded as IDisposable)
        {
            var (before, after) = (transformer.Transform(keys), loaded.Transform(keys));
            Assert.Equal(Describe(before.Schema), Describe(after.Schema));
            var found = after.GetColumn<uint[]>("RecommendedItems").ToArray();
            Assert.Equal(before.GetColumn<uint[]>("RecommendedItems"), found);
            Assert.Equal(new uint[3], found[1]);
            Assert.Equal(Enumerable.Range(1, named.Length).Select(key => (uint)key), found[2].Take(named.Length));
        }
    }

    internal static ITransformer SaveAndLoad(MLContext context, ITransformer model, DataViewSchema schema)
    {
        using var file = new MemoryStream();
        context.Model.Save(model, schema, file);
        file.Position = 0;
        return new MLContext().Model.Load(file, out _);
    }

    internal static string[] Describe(DataViewSchema schema)
        => schema.Where(column => !column.IsHidden).Select(column =>
        {
            var annotations = column.Annotations.Schema.Select(annotation => $"{annotation.Name}: {annotation.Type}");
            return $"{column.Name}: {column.Type} ({string.Join(", ", annotations)})";
        }).ToArray();

    /// <summary>Saves a copy of a column; a test may do something to the folder of what it is made of before.</summary>
    private sealed class CopyingTransformer(DataViewSchema schema, Action<string> touch) : ITransformer
    {
        public bool IsRowToRowMapper => false;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inputSchema;

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

        public IDataView Transform(IDataView input) => input;

        void ICanSaveModel.Save(ModelSaveContext ctx) => SavedSteps.Write(ctx, schema.ToDictionary(column => column.Name, column => column.Type), (ml, folder) =>
        {
            touch(folder);
            return ml.Transforms.CopyColumns("Copy", nameof(Value<float>.Item));
        });
    }

    private sealed class Row<T>
    {
        public T[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];
    }

    private sealed class Value<T>
    {
        public T Item { get; set; } = default!;
    }

    private sealed class FixedRow
    {
        [VectorType(3)]
        public int[] Items { get; set; } = [];

        [VectorType(3)]
        public float[] Feedback { get; set; } = [];
    }
}
