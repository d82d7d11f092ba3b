using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>The settings of the one training loop. The values were checked by whoever made it.</summary>
internal sealed record TrainingSettings
{
    /// <summary>Rows a step. Default 500, as published for PNFRec.</summary>
    public int BatchSize { get; init; } = 500;

    /// <summary>At most this many epochs. Default 100, as published for PNFRec.</summary>
    public int MaximumEpochs { get; init; } = 100;

    /// <summary>The step size of Adam. Default 1e-3, as published for PNFRec.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>β₂ of Adam. Default 0.999, as torch has it and PNFRec was published with; SINE was with 0.98.</summary>
    public double SecondMomentDecay { get; init; } = 0.999;

    /// <summary>Epochs without a better validation score after which training stops. Default 10, as published for PNFRec.</summary>
    public int Patience { get; init; } = 10;

    /// <summary>The largest norm of a step's gradient, or null for any, as published.</summary>
    public double? GradientClippingNorm { get; init; }

    /// <summary>The CUDA device to train on, or null for the CPU.</summary>
    public int? CudaDevice { get; init; }

    /// <summary>Whether a GPU may round the factors of matrix products to ten bits, which makes it faster. Default false.</summary>
    public bool AllowTensorFloat32 { get; init; }

    /// <summary>Threads of training on the CPU, or null for torch's choice, one a core as a rule.</summary>
    public int? Threads { get; init; }

    /// <summary>Seeds initial weights, the order of rows and dropout.</summary>
    public long Seed { get; init; }

    /// <summary>What training begins with in the place of drawn weights, or null.</summary>
    public InitialWeights? InitialWeights { get; init; }

    /// <summary>A file that is written after every epoch, and gone on from where it exists; or null.</summary>
    public string? CheckpointPath { get; init; }
}

/// <summary>What training gives.</summary>
/// <param name="Weights">The weights of the best epoch.</param>
/// <param name="BestEpoch">That epoch, from 1.</param>
/// <param name="Epochs">Every epoch, those before a checkpoint was resumed included.</param>
internal sealed record TrainingResult(NetworkWeights Weights, int BestEpoch, IReadOnlyList<TrainingProgress> Epochs);
