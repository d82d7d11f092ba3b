using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>
/// A layer of minimal gated recurrent units (minGRU, Feng et al. 2024) over the liked items, y = h·e. z = σ(W_z x + b_z), ĥ = W_h x + b_h,
/// h ← h + z ∗ (ĥ − h): a mean of the history whose weights are learned.
/// </summary>
internal sealed class AddedNetwork(int itemCount, EncoderSettings settings, long seed) : NextItemNetwork(itemCount, settings, seed)
{
    // rows come as [z; ĥ], d of each
    private readonly NetworkParameter
        _weight = NetworkParameter.XavierNormal("gates.weight", CounterRandom.Of(seed, 1), 2 * settings.Width, settings.Width),
        _bias = NetworkParameter.Zeros("gates.bias", 2 * settings.Width);

    public override IReadOnlyList<SequenceKind> TrainingSequences => [SequenceKind.Positives];

    public override SequenceKind ScoringSequence => SequenceKind.Positives;

    protected override IEnumerable<NetworkParameter> OwnParameters => [_weight, _bias];

    public override T Hidden<T>(Pass<T> pass, History<T> history, SequenceKind kind)
    {
        int d = Settings.Width;
        var embedded = pass.Lookup(Items, history.Items);                               // [b, w, d]
        var mixed = pass.Dropout(embedded).Linear(pass.Of(_weight), pass.Of(_bias));                // [b, w, 2d]
        T gates = mixed.Slice(2, 0, d).Sigmoid(), proposals = mixed.Slice(2, d);
        var initial = embedded.Slice(1, 0, 1).Squeeze(1).Detach() * 0;                              // [b, d]
        return history.Select(T.Scan(initial, [gates, proposals], Cell));                           // [n, d]

        static T Cell(T h, T[] step) => h + step[0] * (step[1] - h);
    }
}

/// <summary>From sequences to trained weights, from weights to an ONNX graph, from the graph to scores.</summary>
internal static class AddedModel
{
    private static readonly TrainingSettings Settings = new() { BatchSize = 30, MaximumEpochs = 20, LearningRate = 2e-2, Threads = 1, Seed = 3 };

    /// <summary>What was liked next is to score above an item that the row does not hold.</summary>
    public static TrainingResult TrainPairwise(SequenceData rows)
    {
        var data = new SampledData(rows, Validation: null, new NegativeSamplerSettings(NegativeSamplingMethod.Uniform));
        return ModelTraining.Train(new PairwiseTask(Network(rows), new PairwiseWeights(Sampled: 1, Skipped: 0), data), Settings);
    }

    /// <summary>What was liked next is to be told from the whole catalogue.</summary>
    public static TrainingResult TrainNextItem(SequenceData rows)
    {
        var loss = new NextItemLoss(NegativeWeight: 0, ContrastWeight: 0, ContrastSimilarity.Dot, Temperature: 1);
        return ModelTraining.Train(new NextItemTask(Network(rows), loss, rows, validation: null), Settings);
    }

    /// <summary>A graph that scores given candidates; without <c>Candidates</c> it recommends from the whole catalogue.</summary>
    public static byte[] Export(NetworkWeights weights)
        => NextItemGraph.Build(weights, new NextItemGraphOptions { Candidates = true, Popularity = new float[weights.Network.ItemCount + 1] });

    /// <summary>Scores raw histories with ONNX Runtime.</summary>
    public static float[][] Score(byte[] graph, HistoryRows rows)
    {
        using var scorer = new OnnxScorer(graph, new OnnxScorerOptions(ThreadCount: 1));
        var scored = new ScoredRows();
        scorer.Score(rows, scored);
        return scored[NextItemGraph.CandidateScoresOutput];
    }

    private static AddedNetwork Network(SequenceData rows)
        => new(rows.ItemCount, new EncoderSettings(Width: 16, MaximumLength: 10, BlockCount: 0, HeadCount: 1, DropoutRate: 0.1, EncoderForm.Sine), Settings.Seed);
}
