using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>A model that no ONNX file holds is refused before it is trained, by its options alone.</summary>
public sealed class ModelSizeTests
{
    private readonly MLContext _ml = new(seed: 1);

    private IDataView Keyed
    {
        get
        {
            var rows = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(20, seed: 1));
            return _ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        }
    }

    public static TheoryData<string, Action<SequenceTrainerOptions>> TooLarge => new()
    {
        { "EmbeddingWidth 4,096", options => (options.EmbeddingWidth, options.NumberOfBlocks) = (4_096, 100) },
        { "NumberOfBlocks 90", options => (options.EmbeddingWidth, options.NumberOfBlocks) = (4_000, 90) },
    };

    [Theory]
    [MemberData(nameof(TooLarge))]
    public void The_options_that_make_a_model_too_large_are_named(string option, Action<SequenceTrainerOptions> set)
    {
        var trainers = _ml.Recommendation().Trainers;
        AssertRefused(trainers.PnfRec(Set(new PnfRecTrainer.Options())));
        AssertRefused(trainers.SasRec(Set(new SasRecTrainer.Options())));
        AssertRefused(trainers.Sine(Set(new SineTrainer.Options())));
        AssertRefused(trainers.Baseline(Set(new BaselineTrainer.Options())));

        TOptions Set<TOptions>(TOptions options) where TOptions : SequenceTrainerOptions
        {
            set(TrainerTests.Small(options));
            options.Progress = new Recorder<TrainingProgress>(_ => Assert.Fail("Training started."));
            return options;
        }

        void AssertRefused(NextItemTrainer trainer)
        {
            string message = Assert.Throws<InvalidOperationException>(() => trainer.Fit(Keyed)).Message;
            Assert.Contains("2 GiB", message);
            Assert.Contains(option, message);
            Assert.Contains("column 'Items'", message);
        }
    }

    [Fact]
    public void Items_and_their_values_count()
    {
        Size(7_000_000).Check("Items", tableBytes: 100_000_000);
        Assert.Contains("8,500,000 items of column 'Items'", Assert.Throws<InvalidOperationException>(() => Size(8_500_000).Check("Items", tableBytes: 0)).Message);
        Assert.Throws<InvalidOperationException>(() => Size(7_000_000).Check("Items", tableBytes: 400_000_000));
        Assert.Throws<InvalidOperationException>(() => Size(int.MaxValue - 1).Check("Items", tableBytes: 0));

        static GraphSize Size(int itemCount)
            => new(new SasRecNetwork(itemCount, new EncoderSettings(64, 50, 1, 1, 0), readsWholeSequence: false, seed: 0), "EmbeddingWidth 64");
    }

    public static TheoryData<string> Networks
        => ["PnfRec", "SasRec", "Sine", "SineSum", .. Enum.GetNames<BaselineNetwork>().Select(name => $"Baseline{name}")];

    [Theory]
    [MemberData(nameof(Networks))]
    public void What_is_foreseen_is_what_the_graph_holds(string network)
    {
        var trainer = Create(network);
        var rows = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(30, seed: 1));
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        string path = Path.GetTempFileName();
        using (var transformer = trainer.Fit(keyed))
            transformer.ExportToOnnx(path);
        var graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path)).Graph;
        File.Delete(path);

        double held = graph.Initializer.Where(constant => constant.DataType == (int)TensorProto.Types.DataType.Float)
            .Sum(constant => (double)constant.Dims.Aggregate(1L, (product, size) => product * size));
        double foreseen = trainer.GraphSize(checked((int)((KeyDataViewType)((VectorDataViewType)keyed.Schema["Items"].Type).ItemType).Count), keyed.Schema).Values;
        Assert.InRange(foreseen, 0.98 * held, 1.06 * held);
    }

    private NextItemTrainer Create(string network)
    {
        var trainers = _ml.Recommendation().Trainers;
        return network switch
        {
            "PnfRec" => trainers.PnfRec(Short(new PnfRecTrainer.Options())),
            "SasRec" => trainers.SasRec(Short(new SasRecTrainer.Options())),
            "Sine" => trainers.Sine(Short(new SineTrainer.Options())),
            "SineSum" => trainers.Sine(Short(new SineTrainer.Options { FusionNormalization = FusionNormalization.Sum, SameInterestWeight = 0.7, NumberOfSubInterests = 9 })),
            _ => trainers.Baseline(Short(new BaselineTrainer.Options
            {
                Network = Enum.Parse<BaselineNetwork>(network["Baseline".Length..]),
                CandidatesColumnName = BaselineTrainerTests.RanksGivenCandidatesAlone(network["Baseline".Length..]) ? "Candidates" : null,
            })),
        };

        static TOptions Short<TOptions>(TOptions options) where TOptions : SequenceTrainerOptions
        {
            TrainerTests.Small(options);
            (options.EmbeddingWidth, options.NumberOfBlocks, options.MaximumSequenceLength) = (48, 3, 12);
            options.MaximumNumberOfEpochs = 1;
            return options;
        }
    }

    [Fact]
    public void Constants_that_have_no_span_of_bytes_are_refused_as_too_large()
    {
        float one = 0;
        var error = Assert.Throws<InvalidOperationException>(
            () => new OnnxGraphBuilder("large").Constant(MemoryMarshal.CreateReadOnlySpan(ref one, int.MaxValue), int.MaxValue));
        Assert.Contains("2 GiB", error.Message);
    }
}
