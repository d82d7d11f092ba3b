using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

/// <summary>Training on a GPU; skipped where the machine or torch's native package has none.</summary>
public sealed class CudaTests
{
    private const int ItemCount = 30;

    private static readonly EncoderSettings Encoder = new(16, 8, 1, 2, 0.1);
    private static readonly SequenceData Train = RandomSequences.Create(150, ItemCount, 12, seed: 1);
    private static readonly TargetValidationRows Validation = new(RandomSequences.Create(60, ItemCount, 12, seed: 2, withTargets: true), Cutoff: 10);
    private static readonly TrainingSettings Settings = new() { BatchSize = 40, MaximumEpochs = 4, LearningRate = 5e-3, Seed = 11, CudaDevice = 0 };

    public static TheoryData<ContrastSimilarity> Similarities => [ContrastSimilarity.Dot, ContrastSimilarity.Cosine];

    [CudaTheory]
    [MemberData(nameof(Similarities))]
    public void Without_dropout_a_gpu_learns_what_a_cpu_learns(ContrastSimilarity similarity)
    {
        var settings = new PnfRecSettings(Encoder with { DropoutRate = 0 }, 0.45, 0.25, similarity, false);
        var onCpu = TestModels.Train(Train, Validation, settings, Settings with { CudaDevice = null, GradientClippingNorm = 1 });
        var onGpu = TestModels.Train(Train, Validation, settings, Settings with { GradientClippingNorm = 1 });
        foreach (var (expected, actual) in onCpu.Epochs.Zip(onGpu.Epochs))
        {
            Assert.Equal(expected.Loss, actual.Loss, 1e-5 * expected.Loss);
            Assert.Equal(expected.ValidationScore!.Value, actual.ValidationScore!.Value, 0.02);
        }
    }

    [CudaTheory]
    [MemberData(nameof(Similarities))]
    public void The_same_seed_gives_the_same_weights_to_the_bit(ContrastSimilarity similarity)
    {
        var settings = new PnfRecSettings(Encoder, 0.45, 0.25, similarity, false);
        var first = TestModels.Train(Train, Validation, settings, Settings);
        ModelTrainingTests.AssertSameBits(first.Weights, TestModels.Train(Train, Validation, settings, Settings).Weights);
        Assert.NotEqual(first.Weights.Values["items"], TestModels.Train(Train, Validation, settings, Settings with { Seed = 12 }).Weights.Values["items"]);
    }

    [CudaFact]
    public void Resumed_training_ends_where_uninterrupted_training_ends()
    {
        string folder = Directory.CreateTempSubdirectory("checkpoints").FullName;
        try
        {
            var settings = new PnfRecSettings(Encoder, 0.45, 0.25, ContrastSimilarity.Dot, false);
            var withFile = Settings with { CheckpointPath = Path.Combine(folder, "training.checkpoint") };
            var uninterrupted = TestModels.Train(Train, Validation, settings, Settings);
            TestModels.Train(Train, Validation, settings, withFile with { MaximumEpochs = 2 });
            ModelTrainingTests.AssertSameBits(uninterrupted.Weights, TestModels.Train(Train, Validation, settings, withFile).Weights);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(99)]
    [InlineData(-1)]
    public void A_device_that_is_not_there_is_refused(int device)
    {
        var settings = new PnfRecSettings(Encoder, 0.45, 0.25, ContrastSimilarity.Dot, false);
        var error = Assert.Throws<InvalidOperationException>(() => TestModels.Train(Train, null, settings, Settings with { CudaDevice = device }));
        Assert.Contains($"CUDA device {device} was asked for", error.Message, StringComparison.Ordinal);
    }
}

/// <summary>A fact about a GPU, skipped without one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CudaFactAttribute : FactAttribute
{
    internal const string NoGpu = "torch finds no GPU";

    public CudaFactAttribute() => Skip = torch.cuda.is_available() ? null : NoGpu;
}

/// <summary>A theory about a GPU, skipped without one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CudaTheoryAttribute : TheoryAttribute
{
    public CudaTheoryAttribute() => Skip = torch.cuda.is_available() ? null : CudaFactAttribute.NoGpu;
}
