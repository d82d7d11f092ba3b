using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

public sealed class NextItemTransformerErrorTests
{
    [Fact]
    public void A_missing_gpu_is_an_error_that_says_what_to_do()
    {
        var fixture = new ScoringFixture(gpuDeviceId: 97);
        Action[] attempts =
        [
            () => fixture.CreateTransformer(),
            () => NextItemTransformer.CheckBeforeTraining(fixture.Context, fixture.Columns, fixture.View.Schema, new GraphSize(fixture.Weights.ToNetwork().Network, "")),
        ];
        foreach (var attempt in attempts)
        {
            string message = Assert.Throws<InvalidOperationException>(attempt).Message;
            Assert.Contains("GPU 97", message);
            Assert.Contains("FallbackToCpu", message);
        }
    }

    [Fact]
    public void The_cpu_takes_over_from_a_missing_gpu_when_it_may_and_says_so()
    {
        var fixture = new ScoringFixture(gpuDeviceId: 97, fallbackToCpu: true);
        var log = new List<string>();
        fixture.Context.Log += (_, line) => log.Add(line.Message);
        NextItemTransformer.CheckBeforeTraining(fixture.Context, fixture.Columns, fixture.View.Schema, new GraphSize(fixture.Weights.ToNetwork().Network, ""));
        using var transformer = fixture.CreateTransformer();
        NextItemTransformerTests.AssertRows(fixture,
            fixture.CreateChain(transformer).Transform(fixture.Context.Data.LoadFromEnumerable(fixture.Rows)), fixture.Rows);
        Assert.Contains(log, line => line.Contains("GPU 97 cannot be used"));
    }

    [Fact]
    public void Items_that_a_ranker_recommends_need_values_that_can_be_saved()
    {
        var context = new MLContext(seed: 1);
        var rows = context.Data.LoadFromEnumerable([new { Items = Enumerable.Range(0, 256).Select(item => (byte)item).ToArray(), Feedback = new float[256] }]);
        var schema = context.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows).Schema;
        var size = new GraphSize(new SasRecNetwork(256, new EncoderSettings(4, 4, 1, 1, 0), readsWholeSequence: true, seed: 1), "");
        var columns = new NextItemColumns(Candidates: "Candidates");
        // no items are recommended, and none are saved
        NextItemTransformer.CheckBeforeTraining(context, columns, schema, size);
        var error = Assert.Throws<ArgumentException>(() => NextItemTransformer.CheckBeforeTraining(context, columns with { Probabilities = "Probabilities" }, schema, size));
        Assert.Contains("The items of column 'Items' use up every value of Byte", error.Message);
    }

    [Fact]
    public void Weights_that_are_kept_for_a_warm_start_count_in_the_size()
    {
        Size(readsNegatives: false).Check("Items", tableBytes: 0);
        string message = Assert.Throws<InvalidOperationException>(() => Size(readsNegatives: true).Check("Items", tableBytes: 0)).Message;
        Assert.Contains("2 GiB", message);

        // 6 d² numbers an encoder, 1.1 GiB: in the graph, and as text in its metadata
        static GraphSize Size(bool readsNegatives)
            => new(new PnfRecNetwork(10, new EncoderSettings(7_000, 10, 1, 1, 0), readsNegatives, separatePositions: true, seed: 1), "EmbeddingWidth 7,000");
    }

    [Fact]
    public void A_cursor_that_cannot_be_made_closes_its_source()
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        var source = new UnreadableView(fixture.View);
        var scored = transformer.Transform(source);
        Assert.Throws<IOException>(() => scored.GetRowCursor([scored.Schema["Scores"]]));
        Assert.Equal((1, 1), (source.Opened, source.Closed));
    }

    [Fact]
    public void Bytes_that_are_no_such_graph_are_refused()
    {
        var fixture = new ScoringFixture();
        byte[] truncated = fixture.Graph[..(fixture.Graph.Length / 2)];
        Assert.Throws<InvalidDataException>(() => Create(truncated));
        Assert.Throws<InvalidDataException>(() => Create([1, 2, 3, 4, 5]));
        Assert.Throws<InvalidDataException>(() => Create([]));

        var other = new OnnxGraphBuilder("other");
        other.Output("y", other.Relu(other.Input("x", TensorProto.Types.DataType.Float, 2)), TensorProto.Types.DataType.Float, 2);
        Assert.Contains("x", Assert.Throws<InvalidDataException>(() => Create(other.ToModel())).Message);

        NextItemTransformer Create(byte[] graph) => new(fixture.Context, graph, fixture.Columns, fixture.View.Schema);
    }

    [Fact]
    public void A_graph_for_candidates_needs_their_column_and_the_other_way_round()
    {
        var recommending = new ScoringFixture();
        var ranking = new ScoringFixture(candidates: true);
        Assert.Throws<ArgumentException>(
            () => new NextItemTransformer(ranking.Context, ranking.Graph, recommending.Columns, ranking.View.Schema));
        Assert.Contains("'Candidates'", Assert.Throws<ArgumentException>(
            () => new NextItemTransformer(ranking.Context, recommending.Graph, ranking.Columns, ranking.View.Schema)).Message);
    }

    [Fact]
    public void Columns_that_are_missing_or_of_another_type_are_named()
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        var rows = fixture.Context.Data.LoadFromEnumerable(fixture.Rows);
        string wrong = Assert.Throws<ArgumentException>(() => transformer.Transform(rows)).Message;
        Assert.Contains("'Items'", wrong);
        Assert.Contains("MapValueToKey", wrong);
        var withoutFeedback = fixture.Context.Transforms.DropColumns("Feedback").Fit(fixture.View).Transform(fixture.View);
        string missing = Assert.Throws<ArgumentException>(() => transformer.Transform(withoutFeedback)).Message;
        Assert.Contains("'Feedback' is missing", missing);
        Assert.Throws<ArgumentException>(() => new NextItemTransformer(
            fixture.Context, fixture.Graph, new NextItemColumns(Items: "Items", RecommendedItems: "Items"), fixture.View.Schema));
    }

    [Fact]
    public void Keys_of_another_dictionary_are_refused()
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        var rows = fixture.Context.Data.LoadFromEnumerable(fixture.Rows);
        var own = fixture.Context.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        Assert.Contains("40 items", Assert.Throws<ArgumentException>(() => transformer.Transform(own)).Message);

        var names = fixture.Context.Data.LoadFromEnumerable(
            Enumerable.Range(1, ScoringFixture.ItemCount).Select(item => new { Value = ScoringFixture.Name(item == 7 ? 700 : item) }));
        var swapped = fixture.Context.Transforms.Conversion.MapValueToKey("Items", keyData: names).Fit(rows).Transform(rows);
        string message = Assert.Throws<ArgumentException>(() => transformer.Transform(swapped)).Message;
        Assert.Contains("'item 700' at key 7", message);
        Assert.Contains("'item 007'", message);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Feedback_that_training_refuses_is_refused_with_its_column_and_row(float feedback)
    {
        var fixture = new ScoringFixture();
        fixture.Rows[2].Items = ["item 001", "stranger"];
        fixture.Rows[2].Feedback = [1, feedback];
        using var transformer = fixture.CreateTransformer();
        string inView = Assert.Throws<InvalidDataException>(() => transformer.Transform(fixture.View).GetColumn<float[]>("Scores").ToArray()).Message;
        Assert.Contains($"Column 'Feedback' of row 3 has the feedback {feedback}", inView);
        using var engine = fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(
            fixture.CreateChain(transformer), new PredictionEngineOptions { OwnsTransformer = false });
        engine.Predict(fixture.Rows[0]);
        Assert.Contains("'Feedback' of row 2", Assert.Throws<InvalidDataException>(() => engine.Predict(fixture.Rows[2])).Message);
    }

    [Fact]
    public void Text_with_half_a_surrogate_pair_is_refused_when_the_dictionary_is_read()
    {
        var context = new MLContext(seed: 1);
        var whole = Keys("a", "😀", "b");
        Assert.Equal(3, ItemDictionary.Read(whole).Count);
        string message = Assert.Throws<ArgumentException>(() => ItemDictionary.Read(Keys("a", "b\ud83d"))).Message;
        Assert.Contains("'Items'", message);
        Assert.Contains("item 2", message);

        DataViewSchema.Column Keys(params string[] names)
        {
            var view = context.Data.LoadFromEnumerable([new HistoryRow { Items = names, Feedback = new float[names.Length] }]);
            return context.Transforms.Conversion.MapValueToKey("Items").Fit(view).Transform(view).Schema["Items"];
        }
    }

    [Fact]
    public void Export_writes_the_graph_whole_or_says_where_it_cannot()
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            string path = Path.Combine(folder.FullName, "model.onnx");
            File.WriteAllText(path, "old");
            transformer.ExportToOnnx(path);
            var row = fixture.Rows.First(candidate => candidate.Items.Length > 3);
            var items = row.Items.Select(ScoringFixture.Key).ToArray();
            var (keys, scores) = GraphFixture.Recommend(File.ReadAllBytes(path), (items, row.Feedback));
            fixture.AssertExpected(row, keys[0].Select(key => ScoringFixture.Name((int)key)).ToArray(), scores[0]);

            string nowhere = Path.Combine(folder.FullName, "missing", "model.onnx");
            Assert.Contains(nowhere, Assert.Throws<IOException>(() => transformer.ExportToOnnx(nowhere)).Message);
            string taken = folder.CreateSubdirectory("taken").FullName;
            Assert.Throws<IOException>(() => transformer.ExportToOnnx(taken));
            Assert.Throws<ArgumentException>(() => transformer.ExportToOnnx(" "));
            Assert.Equal([path], Directory.GetFiles(folder.FullName, "*", SearchOption.AllDirectories));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void After_disposal_nothing_is_scored()
    {
        var fixture = new ScoringFixture();
        var transformer = fixture.CreateTransformer();
        var scored = transformer.Transform(fixture.View);
        transformer.Dispose();
        transformer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => transformer.Transform(fixture.View));
        Assert.Throws<ObjectDisposedException>(() => scored.GetColumn<float[]>("Scores").ToArray());
    }
}
