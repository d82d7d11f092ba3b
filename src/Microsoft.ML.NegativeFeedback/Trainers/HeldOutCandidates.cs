using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Trainers;

/// <summary>
/// Makes validation rows with candidates where the user gave none: some training rows leave training; their last liked item and what was skipped
/// around it are the candidates, as in the protocol of SINE (section 5.1).
/// </summary>
internal static class HeldOutCandidates
{
    // Where nothing was ever skipped the liked item is told from so many that the row does not hold.
    private const int SampledCandidates = 10;

    /// <summary>Splits training rows.</summary>
    /// <param name="data">The training rows.</param>
    /// <param name="fraction">The share that leaves, in (0, 1), as far as <see cref="HeldOutRows.Choose"/> lets it.</param>
    /// <param name="seed">Which.</param>
    /// <returns>The rows that stay, and those that leave; the second part is null where no row can leave.</returns>
    public static (SequenceData Train, CandidateRows? Validation) Split(SequenceData data, double fraction, int seed)
    {
        var (stays, leaving) = HeldOutRows.Choose(data, fraction, seed);
        if (leaving.Count == 0)
            return (data, null);
        var histories = new SequenceDataBuilder(data, hasTargets: false, asks: true);
        var (candidates, labels) = (new List<int[]>(), new List<float[]>());
        bool hasSkips = leaving.Any(row => SkipsAroundLastLiked(data, row).Length > 0);
        foreach (int row in leaving)
        {
            int target = data.Feedback(row).LastIndexOf((sbyte)1);
            int end = data.Feedback(row)[..target].LastIndexOf((sbyte)1) + 1;
            histories.AddRow(data, row, end, question: target);
            int[] others = hasSkips ? SkipsAroundLastLiked(data, row) : Sample(data, row, seed);
            candidates.Add([data.Items(row)[target], .. others]);
            labels.Add([1, .. new float[others.Length]]);
        }

        return (data.Select(stays), new CandidateRows(histories.Build(), candidates, labels));
    }

    private static int[] SkipsAroundLastLiked(SequenceData data, int row)
    {
        var feedback = data.Feedback(row);
        int target = feedback.LastIndexOf((sbyte)1), before = feedback[..target].LastIndexOf((sbyte)1);
        var skips = new List<int>();
        for (int i = before + 1; i < feedback.Length; i++)
        {
            if (feedback[i] < 0)
                skips.Add(data.Items(row)[i]);
        }

        return [.. skips];
    }

    private static int[] Sample(SequenceData data, int row, int seed)
    {
        int[] met = [.. data.Items(row).ToArray().Distinct().Order()];
        var sampled = new int[Math.Min(SampledCandidates, data.ItemCount - met.Length)];
        if (sampled.Length > 0)
        {
            new NegativeSampler(new NegativeSamplerSettings(NegativeSamplingMethod.Uniform), data.ItemCount, [])
                .Draw(CounterRandom.Of(seed, row), met, [], [], sampled);
        }

        return sampled;
    }
}
