namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>A history of named items with what came next, as the tests of trainers feed it.</summary>
internal sealed class ToyHistory
{
    public string[] Items { get; set; } = [];

    public float[] Feedback { get; set; } = [];

    public string TargetItem { get; set; } = "";

    public float TargetFeedback { get; set; } = 1;

    public long[] Times { get; set; } = [];

    public long TargetTime { get; set; }
}

/// <summary>What a pipeline recommends to it.</summary>
internal sealed class ToyRecommendation
{
    public string[] RecommendedItems { get; set; } = [];

    public float[] Scores { get; set; } = [];
}

/// <summary>
/// A feed that a sequential model learns in seconds: liked items walk round a ring of their own (item3 → item4 → …), disliked ones are drawn from another set of
/// names. What comes next is a function of the last liked item alone.
/// </summary>
internal static class ToyFeed
{
    public const int RingSize = 24;

    public static ToyHistory[] Histories(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => History(random))];
    }

    public static string Liked(int position) => $"liked{position % RingSize}";

    private static ToyHistory History(Random random)
    {
        int position = random.Next(RingSize);
        var items = new List<string>();
        var feedback = new List<float>();
        for (int i = 0; i < 8; i++)
        {
            items.Add(Liked(position++));
            feedback.Add(1);
            if (random.Next(3) == 0)
            {
                items.Add($"disliked{random.Next(RingSize)}");
                feedback.Add(-1);
            }
        }

        return new ToyHistory
        {
            Items = [.. items],
            Feedback = [.. feedback],
            TargetItem = Liked(position),
            TargetFeedback = 1,
            Times = [.. items.Select((_, i) => 1_700_000_000L + (i * i * 20))],
            TargetTime = 1_700_050_000,
        };
    }
}
