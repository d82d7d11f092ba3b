using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback.Tests.Evaluation;

/// <summary>A row as a ranker of EVV, FVV and GVV leaves it.</summary>
public sealed class RankedRow
{
    public string User { get; set; } = "u";

    public string Group { get; set; } = "g";

    public string[] Candidates { get; set; } = [];

    public float[] Probabilities { get; set; } = [];

    public float[] CandidateFlags { get; set; } = [];

    public float[] CandidateScores { get; set; } = [];

    public float[] CandidateWatchSeconds { get; set; } = [];

    /// <summary>Every task has both classes.</summary>
    public static RankedRow[] Few => [Of("a", (0.8f, 1, 0.1f, 0), (0.3f, 0, 0.6f, 1)), Of("b", (0.7f, 1, 0.2f, 0), (0.4f, 0, 0.9f, 1), (0.1f, 1, 0.5f, 0))];

    /// <summary>A row of candidates whose FVV is as their EVV, ranked by EVV − GVV, watched for 10 s and 1 s.</summary>
    public static RankedRow Of(string user, params (float Evv, float IsEvv, float Gvv, float IsGvv)[] candidates) => new()
    {
        User = user,
        Candidates = [.. candidates.Select((_, i) => "v" + i)],
        Probabilities = [.. candidates.SelectMany(candidate => new[] { candidate.Evv, candidate.Evv, candidate.Gvv })],
        CandidateFlags = [.. candidates.SelectMany(candidate => new[] { candidate.IsEvv, candidate.IsEvv, candidate.IsGvv })],
        CandidateScores = [.. candidates.Select(candidate => candidate.Evv - candidate.Gvv)],
        CandidateWatchSeconds = [.. candidates.Select(candidate => candidate.IsGvv == 1 ? 1f : 10)],
    };

    /// <summary>A row of random labels with probabilities that follow them by a skill, 0 a guess.</summary>
    public static RankedRow Random(string user, long seed, float skill, int candidates = 8)
    {
        var labels = CounterRandom.Of(seed, user.Length, user[^1]);
        var noise = CounterRandom.Of(seed, user.Length, user[^1], (long)(skill * 100));
        return Of(user, [.. Enumerable.Range(0, candidates).Select(i =>
        {
            bool isLiked = labels.Uniform((uint)i) < 0.5;
            float Of(bool isPositive, uint counter) => (float)((noise.Uniform(counter) * (1 - skill)) + (isPositive ? skill : 0));
            return (Of(isLiked, (uint)(2 * i)), isLiked ? 1f : 0, Of(!isLiked, (uint)((2 * i) + 1)), isLiked ? 0f : 1);
        })]);
    }

    public static IDataView View(MLContext ml, params RankedRow[] rows) => ml.Data.LoadFromEnumerable(rows);

    /// <summary>Names the tasks in the list that options have, where it is empty.</summary>
    public static void NameTasks(IReadOnlyList<string> names)
    {
        if (names is List<string> { Count: 0 } list)
            list.AddRange(["EVV", "FVV", "GVV"]);
    }
}
