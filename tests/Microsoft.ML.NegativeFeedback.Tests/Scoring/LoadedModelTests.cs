using System.Text;
using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using Microsoft.ML.NegativeFeedback.Tests.Robustness;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

public sealed class LoadedModelTests
{
    [Fact]
    public void A_loaded_chain_scores_in_batches_with_the_same_bits_and_schema()
    {
        var fixture = new ScoringFixture(rowCount: 40);
        using var transformer = fixture.CreateTransformer();
        var chain = fixture.CreateChain(transformer);
        var rows = fixture.Context.Data.LoadFromEnumerable(fixture.Rows);
        using var batches = fixture.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(fixture.Context, chain, rows.Schema));

        Assert.Equal(["ValueToKeyMappingTransformer", "NextItemTransformer", "KeyToValueMappingTransformer"], batches.Select(step => step.GetType().Name));
        var (before, after) = (chain.Transform(rows), batches.Transform(rows));
        Assert.Equal(SavedModelTests.Describe(before.Schema), SavedModelTests.Describe(after.Schema));
        Assert.Equal(before.GetColumn<string[]>("RecommendedItems"), after.GetColumn<string[]>("RecommendedItems"));
        Assert.Equal(before.GetColumn<float[]>("Scores"), after.GetColumn<float[]>("Scores"));
        using var engine = fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(batches, new PredictionEngineOptions { OwnsTransformer = false });
        foreach (var row in fixture.Rows)
            fixture.AssertExpected(row, engine.Predict(row).RecommendedItems, engine.Predict(row).Scores);
    }

    [Fact]
    public void It_can_be_saved_and_loaded_again_and_again()
    {
        var fixture = new ScoringFixture(rowCount: 20);
        using var transformer = fixture.CreateTransformer();
        ITransformer model = transformer;
        for (int i = 0; i < 3; i++)
            model = fixture.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(fixture.Context, model, fixture.View.Schema));
        Assert.Equal(transformer.Transform(fixture.View).GetColumn<uint[]>("RecommendedItems"), model.Transform(fixture.View).GetColumn<uint[]>("RecommendedItems"));
        // what is scored in batches already stays so
        Assert.Same(Model(model), Model(fixture.Context.Recommendation().ScoreInBatches(model)));

        static NextItemTransformer Model(ITransformer chain) => ((TransformerChain<ITransformer>)chain).OfType<NextItemTransformer>().Single();
    }

    [Fact]
    public void What_was_loaded_may_be_disposed_of()
    {
        var fixture = new ScoringFixture(rowCount: 20);
        using var transformer = fixture.CreateTransformer();
        var loaded = SavedModelTests.SaveAndLoad(fixture.Context, transformer, fixture.View.Schema);
        using var batches = fixture.Context.Recommendation().ScoreInBatches(loaded);
        ((IDisposable)loaded).Dispose();
        var again = SavedModelTests.SaveAndLoad(fixture.Context, batches, fixture.View.Schema);
        foreach (var model in new[] { batches, again })
            Assert.Equal(transformer.Transform(fixture.View).GetColumn<uint[]>("RecommendedItems"), model.Transform(fixture.View).GetColumn<uint[]>("RecommendedItems"));
    }

    [Fact]
    public void Candidates_are_those_of_the_rows()
    {
        var fixture = new ScoringFixture(rowCount: 30, candidates: true);
        using var transformer = fixture.CreateTransformer();
        using var batches = fixture.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(fixture.Context, transformer, fixture.View.Schema));
        Assert.Equal(transformer.Transform(fixture.View).GetColumn<float[]>("CandidateScores"), batches.Transform(fixture.View).GetColumn<float[]>("CandidateScores"));
        var again = SavedModelTests.SaveAndLoad(fixture.Context, batches, fixture.View.Schema);
        Assert.Equal(fixture.Rows.Length, again.Transform(fixture.View).GetColumn<float[]>("CandidateScores").Count());
    }

    [Fact]
    public void Columns_may_be_called_as_the_graph_calls_others()
    {
        var fixture = new ScoringFixture();
        var view = fixture.Context.Transforms.CopyColumns("Scores", "Items").Append(fixture.Context.Transforms.CopyColumns("__items", "Feedback"))
            .Append(fixture.Context.Transforms.DropColumns("Items", "Feedback")).Fit(fixture.View).Transform(fixture.View);
        using var transformer = new NextItemTransformer(fixture.Context, fixture.Graph, new NextItemColumns("Scores", "__items", "Feedback", "Items"), view.Schema);
        using var batches = fixture.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(fixture.Context, transformer, view.Schema));
        Assert.Equal(transformer.Transform(view).GetColumn<float[]>("Items"), batches.Transform(view).GetColumn<float[]>("Items"));
        Assert.Equal(transformer.Transform(view).GetColumn<uint[]>("Feedback"), batches.Transform(view).GetColumn<uint[]>("Feedback"));
    }

    /// <summary>Models that former versions have saved, named by their commits, with what those recommended.</summary>
    [Theory]
    [InlineData("sasrec-621adfc", false)]
    [InlineData("sasrec-9f4bca6", true)]
    public void Models_of_former_versions_are_read(string name, bool tellsItemVectors)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Scoring", "FormerVersions", name);
        var answers = JsonSerializer.Deserialize<Answer[]>(File.ReadAllText(path + ".json"))!;
        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(answers.Select(answer => new HistoryRow { Items = answer.Items, Feedback = answer.Feedback }));
        using var batches = ml.Recommendation().ScoreInBatches(ml.Model.Load(path + ".zip", out _));
        AssertAnswers(batches.Transform(rows), 5);
        var model = batches.OfType<NextItemTransformer>().Single();
        using var fewer = model.With(new ScoringOptions { NumberOfRecommendations = 2 });
        AssertAnswers(new TransformerChain<ITransformer>(batches.First(), fewer, batches.Last()).Transform(rows), 2);
        // those graphs marked padding where scores are made, later ones where they are chosen from
        int itemCount = (int)((KeyDataViewType)((VectorDataViewType)batches.First().GetOutputSchema(rows.Schema)["Items"].Type).ItemType).Count;
        using var everything = model.With(new ScoringOptions { NumberOfRecommendations = itemCount, ExcludeSeenItems = false });
        var scoredEverything = new TransformerChain<ITransformer>(batches.First(), everything, batches.Last()).Transform(rows);
        Assert.All(scoredEverything.GetColumn<string[]>("RecommendedItems"), items => Assert.Equal(itemCount, items.Where(item => item.Length > 0).Distinct().Count()));
        if (tellsItemVectors)
            Assert.Equal(itemCount, model.GetItemVectors().GetColumn<uint>("Item").Count());
        else
            Assert.Contains("train it again", Assert.Throws<InvalidOperationException>(model.GetItemVectors).Message);

        void AssertAnswers(IDataView scored, int count)
        {
            Assert.Equal(answers.Select(answer => answer.RecommendedItems[..count]), scored.GetColumn<string[]>("RecommendedItems"));
            Assert.All(answers.Zip(scored.GetColumn<float[]>("Scores")), pair => Assert.Equal(pair.First.Scores[..count], pair.Second, (left, right) => Math.Abs(left - right) < 1e-6));
        }
    }

    [Fact]
    public void A_gpu_that_is_not_there_is_named_or_the_cpu_takes_over()
    {
        var fixture = new ScoringFixture(rowCount: 8);
        using var transformer = fixture.CreateTransformer();
        var loaded = SavedModelTests.SaveAndLoad(fixture.Context, transformer, fixture.View.Schema);
        const int NoGpu = 4242;
        var error = Assert.Throws<InvalidOperationException>(() => new MLContext { GpuDeviceId = NoGpu }.Recommendation().ScoreInBatches(loaded));
        Assert.Contains("GPU 4242 cannot be used", error.Message);
        Assert.Contains("Microsoft.ML.OnnxRuntime.Gpu", error.Message);

        var context = new MLContext { GpuDeviceId = NoGpu, FallbackToCpu = true };
        var warnings = new List<string>();
        context.Log += (_, message) => warnings.Add(message.Message);
        using var batches = context.Recommendation().ScoreInBatches(loaded);
        Assert.Equal(transformer.Transform(fixture.View).GetColumn<uint[]>("RecommendedItems"), batches.Transform(fixture.View).GetColumn<uint[]>("RecommendedItems"));
        Assert.Contains(warnings, warning => warning.Contains("the CPU takes over", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_loaded_model_may_be_disposed_of_while_others_score()
    {
        var fixture = new ScoringFixture(rowCount: 60);
        using var transformer = fixture.CreateTransformer();
        uint[][] expected = [.. transformer.Transform(fixture.View).GetColumn<uint[]>("RecommendedItems")];
        var batches = fixture.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(fixture.Context, transformer, fixture.View.Schema));
        var scoring = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; ; i++)
            {
                uint[][] recommended;
                try
                {
                    recommended = [.. batches.Transform(fixture.View).GetColumn<uint[]>("RecommendedItems")];
                }
                catch (Exception error) when (error.GetBaseException() is ObjectDisposedException)
                {
                    return i;
                }

                Assert.Equal(expected, recommended);
            }
        })).ToArray();
        await Task.Delay(100);
        batches.Dispose();
        await Task.WhenAll(scoring);
    }

    [Fact]
    public void Keys_of_another_dictionary_are_refused()
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        using var batches = fixture.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(fixture.Context, transformer, fixture.View.Schema));
        var rows = fixture.Context.Data.LoadFromEnumerable(fixture.Rows);
        var others = fixture.Context.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        Assert.Contains("Apply the same fitted MapValueToKey", Assert.Throws<ArgumentException>(() => batches.Transform(others)).Message);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-3)]
    public void Another_number_of_items_is_refused_by_a_model_that_has_no_list_of_them(int more)
    {
        var fixture = new ScoringFixture(candidates: true);
        using var transformer = fixture.CreateTransformer();
        using var batches = fixture.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(fixture.Context, transformer, fixture.View.Schema));
        var names = fixture.Context.Data.LoadFromEnumerable(Enumerable.Range(1, ScoringFixture.ItemCount + more).Select(item => new { Value = ScoringFixture.Name(item) }));
        var rows = fixture.Context.Data.LoadFromEnumerable(fixture.Rows);
        var others = fixture.Context.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: names).Fit(rows).Transform(rows);
        string message = Assert.Throws<ArgumentException>(() => batches.Transform(others)).Message;
        Assert.Contains($"Column 'Items' has {ScoringFixture.ItemCount + more} keys, but the model was trained on {ScoringFixture.ItemCount} items", message);
        Assert.Contains("Apply the same fitted MapValueToKey", message);
    }

    [Fact]
    public void Other_features_are_refused_by_a_loaded_ranker()
    {
        var ml = new MLContext(seed: 1);
        var feed = new RankedFeed(ml, rows: 60);
        using var trained = ml.Recommendation().Trainers.MultiFeedback(feed.Options(epochs: 1)).Fit(feed.Train);
        using var batches = ml.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(ml, trained, feed.Test.Schema));
        Assert.Equal(trained.Transform(feed.Test).GetColumn<float[]>("CandidateScores"), batches.Transform(feed.Test).GetColumn<float[]>("CandidateScores"));
        AssertRefused("City", "has 3 keys, but the model was trained on 2", "north", "south", "west");
        AssertRefused("TargetHour", "has 2 keys, but the model was trained on 3", "day", "night");
        AssertRefused("City", "has other values behind its keys", "south", "north");
        AssertRefused("TargetHour", "has other values behind its keys", "night", "evening", "day");
        var again = SavedModelTests.SaveAndLoad(ml, batches, feed.Test.Schema);
        Assert.Equal(trained.Transform(feed.Test).GetColumn<float[]>("CandidateScores"), again.Transform(feed.Test).GetColumn<float[]>("CandidateScores"));

        void AssertRefused(string column, string message, params string[] values)
        {
            var others = ml.Transforms.Conversion.MapKeyToValue(column).Append(ml.Transforms.Conversion.MapValueToKey(column, keyData: feed.Values(values)))
                .Fit(feed.Test).Transform(feed.Test);
            Assert.Contains($"Column '{column}' {message}", Assert.Throws<ArgumentException>(() => batches.Transform(others)).Message);
        }
    }

    [Fact]
    public void Columns_may_have_each_others_names()
    {
        var fixture = new ScoringFixture();
        var swap = fixture.Context.Transforms;
        var view = swap.CopyColumns("i", "Items").Append(swap.CopyColumns("f", "Feedback")).Append(swap.DropColumns("Items", "Feedback"))
            .Append(swap.CopyColumns("Feedback", "i")).Append(swap.CopyColumns("Items", "f")).Fit(fixture.View).Transform(fixture.View);
        using var transformer = new NextItemTransformer(fixture.Context, fixture.Graph, new NextItemColumns("Feedback", "Items"), view.Schema);
        var loaded = SavedModelTests.SaveAndLoad(fixture.Context, transformer, view.Schema);
        using var batches = fixture.Context.Recommendation().ScoreInBatches(loaded);
        foreach (var model in new[] { loaded, batches })
            Assert.Equal(transformer.Transform(view).GetColumn<uint[]>("RecommendedItems"), model.Transform(view).GetColumn<uint[]>("RecommendedItems"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Candidates_of_a_fixed_size_beside_items_of_any(int size)
    {
        var fixture = new ScoringFixture(candidates: true);
        foreach (var row in fixture.Rows)
            row.Candidates = [.. Enumerable.Range(1, size).Select(item => ScoringFixture.Name(3 * item))];
        var type = SchemaDefinition.Create(typeof(HistoryRow));
        type["Candidates"].ColumnType = new VectorDataViewType(TextDataViewType.Instance, size);
        var view = fixture.ToKeys.Transform(fixture.Context.Data.LoadFromEnumerable(fixture.Rows, type));
        using var transformer = new NextItemTransformer(fixture.Context, fixture.Graph, fixture.Columns, view.Schema);
        using var batches = fixture.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(fixture.Context, transformer, view.Schema));
        Assert.Equal(transformer.Transform(view).GetColumn<float[]>("CandidateScores"), batches.Transform(view).GetColumn<float[]>("CandidateScores"));
        var again = SavedModelTests.SaveAndLoad(fixture.Context, batches, view.Schema);
        Assert.Equal(fixture.Rows.Length, again.Transform(view).GetColumn<float[]>("CandidateScores").Count());
    }

    [Fact]
    public void What_is_no_model_of_this_library_is_refused()
    {
        var fixture = new ScoringFixture();
        var error = Assert.Throws<ArgumentException>(() => fixture.Context.Recommendation().ScoreInBatches(fixture.ToKeys));
        Assert.Contains("There is no model of this library", error.Message);
        Assert.Throws<ArgumentNullException>(() => fixture.Context.Recommendation().ScoreInBatches(null!));
    }

    [Theory]
    [InlineData("OnnxModel", "graph")]
    [InlineData("Vocabulary/Model.key", "items")]
    public void A_model_whose_file_lost_a_bit_is_refused(string entry, string what)
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        using var file = new MemoryStream();
        fixture.Context.Model.Save(transformer, fixture.View.Schema, file);
        var weights = ModelProto.Parser.ParseFrom(fixture.Graph).Graph.Initializer.MaxBy(initializer => initializer.RawData.Length)!.RawData.ToByteArray();
        byte[] lost = what == "graph" ? weights[200..232] : Encoding.Unicode.GetBytes(ScoringFixture.Name(20));
        byte[] damaged = Mutations.OfEntry(file.ToArray(), names => names.Single(name => name.EndsWith(entry, StringComparison.Ordinal)), bytes =>
        {
            bytes[bytes.AsSpan().IndexOf(lost) + lost.Length - 2] ^= 64;
            return bytes;
        });
        // ML.NET takes it, and would score with it
        var loaded = fixture.Context.Model.Load(new MemoryStream(damaged), out _);
        var error = Assert.Throws<InvalidDataException>(() => fixture.Context.Recommendation().ScoreInBatches(loaded));
        Assert.Contains("The model is damaged", error.Message);
        Assert.Contains(what, error.Message);
    }

    [Fact]
    public void What_stands_behind_the_graph_must_be_as_it_was_saved()
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        var loaded = (IEnumerable<ITransformer>)SavedModelTests.SaveAndLoad(fixture.Context, transformer, fixture.View.Schema);
        var steps = loaded.SelectMany(step => step is IEnumerable<ITransformer> chain ? chain : [step]).ToArray();
        var cut = new TransformerChain<ITransformer>(steps[..2]);
        Assert.Contains("steps behind its graph are missing", Assert.Throws<InvalidDataException>(() => fixture.Context.Recommendation().ScoreInBatches(cut)).Message);
        var other = new TransformerChain<ITransformer>([steps[0], .. steps[2..], fixture.ToKeys]);
        Assert.Throws<InvalidDataException>(() => fixture.Context.Recommendation().ScoreInBatches(other));
    }

    private sealed record Answer(string[] Items, float[] Feedback, string[] RecommendedItems, float[] Scores);
}
