using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>
/// Columns beside the items, of the question and of the row go from the data view through windows, slices and network to the graph, its session, the saved form and a
/// prediction engine, under their names.
/// </summary>
public sealed class NamedColumnsTests
{
    private const int ItemCount = 12, MaximumLength = 4;

    private static readonly NetworkInput Times = new("Times", InputScope.Items | InputScope.Question, IsInteger: true);
    private static readonly NetworkInput Flags = new("Flags", InputScope.Items, Width: 3);
    private static readonly NetworkInput Age = new("Age", InputScope.Row), City = new("City", InputScope.Row, IsInteger: true), Hobbies = new("Hobbies", InputScope.Row, Width: 2);

    private static readonly InputColumn[] TrainingColumns =
    [
        new("Times", "Moments", typeof(long), 1, IsOfItems: true), new("Flags", "Flags", typeof(float), 3, IsOfItems: true),
        new("Age", "Years", typeof(float), 1, IsOfItems: false), new("City", "City", typeof(uint), 1, IsOfItems: false),
        new("Hobbies", "Hobbies", typeof(float), 2, IsOfItems: false),
    ];

    private static readonly InputColumn[] ScoringColumns = [.. TrainingColumns, new("TargetTimes", "Now", typeof(long), 1, IsOfItems: false)];

    private readonly MLContext _ml = new(1);

    [Fact]
    public void Windows_keep_what_stands_beside_the_items_and_tell_what_is_asked()
    {
        var data = SequenceData.Read(View(), ItemCount, "Items", "Feedback", TrainingColumns);
        var windows = new SequenceWindows(data, SequenceKind.Positives, MaximumLength + 1, [Times, Flags, Age, City, NetworkInput.Feedback]);
        // row 0: items 1 2 0 3 4 with feedback + − + + 0: liked 1, 3 (the unknown one is left out)
        var slice = windows.ToSlice([.. windows.All([0])]);
        Assert.Equal([1L], slice.Items.ToArray());
        Assert.Equal([10L], Integers(slice.Channels[Times]));
        Assert.Equal([0.1f, 0.2f, 0.3f], Numbers(slice.Channels[Flags]));
        Assert.Equal([1f], Numbers(slice.Channels[NetworkInput.Feedback]));
        Assert.Equal([40L], Integers(slice.Asked[Times]));
        Assert.Equal([30f], Numbers(slice.Asked[Age]));
        Assert.Equal([1L], Integers(slice.Asked[City]));

        var whole = new SequenceWindows(data, SequenceKind.Whole, MaximumLength + 1, [Times, NetworkInput.Feedback]);
        var beforeLiked = whole.ToSlice([.. whole.All([0])], SliceQuestions.BeforeLiked);
        Assert.Equal([1L, 2, 3], beforeLiked.Items.ToArray());
        Assert.Equal([1f, -1, 1], Numbers(beforeLiked.Channels[NetworkInput.Feedback]));
        Assert.Equal([1L], beforeLiked.Places);
        Assert.Equal([3L], beforeLiked.Targets[SequenceSlice.Next]);
        Assert.Equal([40L], Integers(beforeLiked.Asked[Times]));
    }

    [Fact]
    public void Rows_that_are_selected_and_cut_keep_their_columns_and_the_hash_covers_them()
    {
        var data = SequenceData.Read(View(), ItemCount, "Items", "Feedback", TrainingColumns);
        var selected = data.Select([2, 0]);
        Assert.Equal(data.RowColumns["Age"].Select([2, 0]).Count, selected.RowCount);
        Assert.Equal(Numbers(data.RowColumns["Age"].Select([2, 0])), Numbers(selected.RowColumns["Age"]));
        Assert.Equal(10L, Integers(selected.ItemColumns["Times"])[selected.Offset(1)]);
        Assert.NotEqual(data.Fingerprint(), SequenceData.Read(View(), ItemCount, "Items", "Feedback").Fingerprint());

        var cut = new SequenceDataBuilder(data, hasTargets: false, asks: true);
        cut.AddRow(data, 0, length: 2, question: 2);
        Assert.Equal([10L, 20], Integers(cut.Build().ItemColumns["Times"]));
        Assert.Equal([40L], Integers(cut.Build().RowColumns["TargetTimes"]));
    }

    [Fact]
    public void A_trained_network_scores_them_in_batches_row_by_row_and_when_loaded_as_torch_does()
    {
        var view = View();
        var data = SequenceData.Read(view, ItemCount, "Items", "Feedback", TrainingColumns);
        var network = new ColumnsNetwork(ItemCount, new EncoderSettings(8, MaximumLength, 0, 1, 0, EncoderForm.Sine), seed: 5);
        var settings = new TrainingSettings { BatchSize = 4, MaximumEpochs = 3, Threads = 2, Seed = 3, LearningRate = 0.05 };
        var weights = ModelTraining.Train(
            new PairwiseTask(network, new PairwiseWeights(1, 0), new SampledData(data, null, new NegativeSamplerSettings(NegativeSamplingMethod.Uniform))), settings).Weights;
        Assert.All(weights.Network.Parameters, parameter => Assert.NotEqual(parameter.Draw(), weights.Values[parameter.Name]));

        byte[] graph = NextItemGraph.Build(weights, new NextItemGraphOptions
        {
            Candidates = true,
            Popularity = new float[ItemCount + 1],
            KeyInputs = new HashSet<string> { "City" },
        });
        var columns = new NextItemColumns(Candidates: "Items", FurtherInputs: ScoringColumns);
        using var model = new NextItemTransformer(_ml, graph, columns with { Candidates = "Candidates" }, view.Schema);
        float[][] expected = [.. TorchScores(weights, view)];
        AssertScores(expected, model.Transform(view), 1e-5);

        string path = Path.Combine(Directory.CreateTempSubdirectory("columns").FullName, "model.zip");
        _ml.Model.SaveAtomically(model, view.Schema, path);
        var loaded = _ml.Model.Load(path, out _);
        AssertScores(expected, loaded.Transform(view), 1e-5);
        AssertScores(expected, _ml.Recommendation().ScoreInBatches(loaded).Transform(view), 1e-5);
        File.Delete(path);

        using var engine = _ml.Model.CreatePredictionEngine<Row, Scored>(new TransformerChain<ITransformer>(Keys().Fit(Raw()), model),
            new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(expected[0], engine.Predict(Rows()[0]).CandidateScores, (left, right) => Math.Abs(left - right) < 1e-5);
    }

    [Theory]
    [InlineData("Moments", "3 values in column 'Moments' and 5 items")]
    [InlineData("Flags", "4 values in column 'Flags' and 5 items: every item needs 3 values")]
    [InlineData("Years", "Column 'Years' of row 1 has the value NaN")]
    public void Values_that_do_not_fit_are_refused(string column, string message)
    {
        var row = Rows()[0];
        if (column == "Moments")
            row.Moments = [1, 2, 3];
        else if (column == "Flags")
            row.Flags = [1, 2, 3, 4];
        else
            row.Years = float.NaN;
        var view = Keys().Fit(Raw()).Transform(_ml.Data.LoadFromEnumerable([row]));
        var error = Assert.Throws<InvalidDataException>(() => SequenceData.Read(view, ItemCount, "Items", "Feedback", TrainingColumns));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_of_another_type_is_refused_by_its_name()
    {
        InputColumn[] wrong =
        [
            new("Times", "Flags", typeof(long), 1, IsOfItems: true), new("Age", "Moments", typeof(float), 1, IsOfItems: false),
            new("City", "Years", typeof(uint), 1, IsOfItems: false), new("Hobbies", "Hobbies", typeof(float), 3, IsOfItems: false),
            new("Age", "Nothing", typeof(float), 1, IsOfItems: false),
        ];
        foreach (var column in wrong)
        {
            var error = Assert.Throws<ArgumentException>(() => SequenceData.Read(View(), ItemCount, "Items", "Feedback", [column]));
            Assert.Contains($"'{column.ColumnName}'", error.Message, StringComparison.Ordinal);
        }
    }

    private IEnumerable<float[]> TorchScores(NetworkWeights weights, IDataView view)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = new PairwiseModel(weights.Network, new PairwiseWeights(1, 0), CPU);
        foreach (var (name, parameter) in model.Parameters)
            parameter.copy_(tensor(weights.Values[name]).view(parameter.shape));
        var data = SequenceData.Read(view, ItemCount, "Items", "Feedback", ScoringColumns);
        var scorer = new HistoryScorer(model, data);
        return [.. Rows().Select((row, i) => scorer.OfCandidates([i], [.. row.Candidates.Select(item => (long)Item(item))]))];
    }

    private void AssertScores(float[][] expected, IDataView scored, double tolerance)
    {
        float[][] actual = [.. _ml.Data.CreateEnumerable<Scored>(scored, reuseRowObject: false).Select(row => row.CandidateScores)];
        Assert.Equal(expected.Length, actual.Length);
        for (int row = 0; row < actual.Length; row++)
            Assert.Equal(expected[row], actual[row], (left, right) => Math.Abs(left - right) < tolerance);
    }

    private IDataView Raw() => _ml.Data.LoadFromEnumerable(Rows());

    private IDataView View() => Keys().Fit(Raw()).Transform(Raw());

    private IEstimator<ITransformer> Keys()
    {
        var items = _ml.Data.LoadFromEnumerable(Enumerable.Range(1, ItemCount).Select(item => new { Item = $"i{item}" }));
        return _ml.Transforms.Conversion.MapValueToKey("Items", keyData: items)
            .Append(_ml.Transforms.Conversion.MapValueToKey("Candidates", keyData: items)).Append(_ml.Transforms.Conversion.MapValueToKey("City"));
    }

    private static int Item(string name) => int.Parse(name.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);

    private static Row[] Rows()
    {
        var random = new Random(4);
        var rows = new List<Row>
        {
            new()
            {
                Items = ["i1", "i2", "x", "i3", "i4"], Feedback = [1, -1, 1, 1, 0], Moments = [10, 20, 30, 40, 55],
                Flags = [.. Enumerable.Range(1, 15).Select(i => i / 10f)], Years = 30, City = "b", Hobbies = [1, 0], Now = 70, Candidates = ["i5", "i6", "i1"],
            },
        };
        for (int row = 1; row < 12; row++)
        {
            int length = 2 + random.Next(6);
            rows.Add(new()
            {
                Items = [.. Enumerable.Range(0, length).Select(_ => $"i{1 + random.Next(ItemCount - 2)}")],
                Feedback = [.. Enumerable.Range(0, length).Select(place => place < 2 ? 1f : random.Next(3) - 1)],
                Moments = [.. Enumerable.Range(0, length).Select(place => 1_700_000_000L + (place * random.Next(500)))],
                Flags = [.. Enumerable.Range(0, 3 * length).Select(_ => (float)random.NextDouble())],
                Years = 20 + row,
                City = row % 3 == 0 ? "a" : "b",
                Hobbies = [row % 2, 0.5f],
                Now = 1_700_005_000,
                Candidates = [.. Enumerable.Range(0, 1 + (row % 4)).Select(_ => $"i{1 + random.Next(ItemCount)}")],
            });
        }

        return [.. rows];
    }

    private static long[] Integers(ColumnValues column) => ((ColumnValues<long>)column).Values.ToArray();

    private static float[] Numbers(ColumnValues column) => ((ColumnValues<float>)column).Values.ToArray();

    private sealed class Row
    {
        public string[] Items { get; set; } = [];
        public float[] Feedback { get; set; } = [];
        public long[] Moments { get; set; } = [];
        public float[] Flags { get; set; } = [];
        public float Years { get; set; }
        public string City { get; set; } = "";
        [VectorType(2)] public float[] Hobbies { get; set; } = [];
        public long Now { get; set; }
        public string[] Candidates { get; set; } = [];
    }

    private sealed class Scored
    {
        public float[] CandidateScores { get; set; } = [];
    }

    /// <summary>A mean of what stands at each place, with the time since and to the next, and what is known of the user beside it.</summary>
    private sealed class ColumnsNetwork(int itemCount, EncoderSettings settings, long seed) : Network(itemCount, settings, seed)
    {
        private readonly NetworkParameter
            _flags = NetworkParameter.XavierNormal("flags", CounterRandom.Of(seed, 1), settings.Width, 3),
            _gap = NetworkParameter.XavierNormal("gap", CounterRandom.Of(seed, 2), settings.Width, 1),
            _feedback = NetworkParameter.XavierNormal("feedback", CounterRandom.Of(seed, 3), settings.Width, 1),
            _age = NetworkParameter.XavierNormal("age", CounterRandom.Of(seed, 4), settings.Width, 1),
            _cities = NetworkParameter.Embeddings("cities", CounterRandom.Of(seed, 5), 2, settings.Width, EncoderForm.Sine),
            _hobbies = NetworkParameter.XavierNormal("hobbies", CounterRandom.Of(seed, 6), settings.Width, 2),
            _wait = NetworkParameter.XavierNormal("wait", CounterRandom.Of(seed, 7), settings.Width, 1);

        public override IReadOnlyList<NetworkInput> Inputs => [Times, Flags, Age, City, Hobbies, NetworkInput.Feedback];

        protected override IEnumerable<NetworkParameter> OwnParameters => [_flags, _gap, _feedback, _age, _cities, _hobbies, _wait];

        public override T States<T>(Pass<T> pass, History<T> history)
        {
            var times = history[Times];                                                                     // [b, w]
            var gaps = (times - times.Pad(1, 1, 0).Slice(1, 0, -1)).ToSingle().Relu();
            var at = pass.Lookup(Items, history.Items) + history[Flags].Linear(pass.Of(_flags))
                + history[NetworkInput.Feedback].Unsqueeze(2).Linear(pass.Of(_feedback)) + (gaps + 1).Log().Unsqueeze(2).Linear(pass.Of(_gap));
            return history.Select(at.CumulativeSum(1)).Tanh() + (history.Asked(Age) * 0.01).Linear(pass.Of(_age))
                + pass.Lookup(_cities, history.Asked(City).Squeeze(1)) + history.Asked(Hobbies).Linear(pass.Of(_hobbies))
                + (history.Asked(Times).ToSingle() * 1e-9).Linear(pass.Of(_wait));
        }
    }
}
