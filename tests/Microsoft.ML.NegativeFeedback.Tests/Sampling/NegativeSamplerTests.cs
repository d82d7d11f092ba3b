using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback.Tests.Sampling;

public sealed class NegativeSamplerTests
{
    private const int Draws = 30_000;

    private static readonly int[] Seen = [1, 4, 5, 6, 20];

    // item i occurs 11 · i times, items 7 and 8 never
    private static readonly long[] Counts = [.. Enumerable.Range(0, 21).Select(item => item is 7 or 8 ? 0 : 11L * item)];

    [Fact]
    public void Uniform_draws_every_unseen_item_alike()
    {
        var expected = Enumerable.Range(0, 21).Select(item => item == 0 || Seen.Contains(item) ? 0.0 : 1).ToArray();
        RequireFit(Many(Sampler(NegativeSamplingMethod.Uniform), Seen), expected);
    }

    [Fact]
    public void Popularity_draws_unseen_items_by_the_power_of_their_counts()
        => RequireFit(Many(Sampler(NegativeSamplingMethod.Popularity), Seen), Popularities(Seen));

    [Fact]
    public void Popularity_is_exact_where_the_user_has_seen_nearly_all_of_it()
    {
        // the unseen items weigh 4 millionths of all: tries fail, and what is drawn is drawn from the gaps
        long[] counts = [0, 900_000, 1, 2, 900_000, 3, 0, 0, 4, 900_000];
        int[] seen = [1, 4, 9];
        var sampler = new NegativeSampler(new NegativeSamplerSettings(NegativeSamplingMethod.Popularity, 1), 9, counts);
        RequireFit(Many(sampler, seen), [0, 0, 1, 2, 0, 3, 0, 0, 4, 0]);
    }

    [Fact]
    public void Items_that_never_occur_are_drawn_when_nothing_else_is_left()
    {
        int[] seen = [.. Enumerable.Range(1, 20).Where(item => item is not (7 or 8))];
        var expected = new double[21];
        expected[7] = expected[8] = 1;
        RequireFit(Many(Sampler(NegativeSamplingMethod.Popularity), seen), expected);
    }

    [Fact]
    public void In_batch_draws_unseen_items_as_often_as_the_batch_has_them()
    {
        var expected = new double[21];
        (expected[2], expected[9], expected[19]) = (3, 1, 2);
        // 0 and 21 are no items
        int[] batch = [2, 4, 9, 2, 20, 19, 2, 19, 5, 0, 21];
        RequireFit(Many(Sampler(NegativeSamplingMethod.InBatch), Seen, batch: batch), expected);
        // so rare that the tries fail and the batch is searched
        int[] rare = [.. Enumerable.Repeat(4, 400), .. batch];
        RequireFit(Many(Sampler(NegativeSamplingMethod.InBatch), Seen, batch: rare), expected);
    }

    [Fact]
    public void In_batch_falls_back_to_the_catalogue()
    {
        var expected = Enumerable.Range(0, 21).Select(item => item == 0 || Seen.Contains(item) ? 0.0 : 1).ToArray();
        RequireFit(Many(Sampler(NegativeSamplingMethod.InBatch), Seen, batch: [1, 4, 4]), expected);
        RequireFit(Many(Sampler(NegativeSamplingMethod.InBatch), Seen), expected);
    }

    [Fact]
    public void Skips_take_their_share_and_are_alike()
    {
        var settings = new NegativeSamplerSettings(NegativeSamplingMethod.Uniform, ObservedSkipShare: 0.3);
        var drawn = Many(new NegativeSampler(settings, 20, []), Seen, skips: [5, 20]);
        // of 15 unseen and 2 skipped items
        var expected = Enumerable.Range(0, 21).Select(item => item == 0 || Seen.Contains(item) ? 0 : 0.7 / 15).ToArray();
        expected[5] = expected[20] = 0.15;
        RequireFit(drawn, expected);
        Assert.DoesNotContain(5, Many(new NegativeSampler(settings, 20, []), Seen));
    }

    [Theory]
    [InlineData(NegativeSamplingMethod.Uniform)]
    [InlineData(NegativeSamplingMethod.Popularity)]
    [InlineData(NegativeSamplingMethod.InBatch)]
    public void The_single_unseen_item_is_found(NegativeSamplingMethod method)
    {
        const int itemCount = 5000;
        foreach (int unseen in new[] { 1, 2, 2500, 4999, 5000 })
        {
            int[] seen = [.. Enumerable.Range(1, itemCount).Where(item => item != unseen)];
            var counts = new long[itemCount + 1];
            Array.Fill(counts, 1000);
            counts[unseen] = 1;
            var negatives = new int[3];
            var sampler = new NegativeSampler(new NegativeSamplerSettings(method), itemCount, counts);
            sampler.Draw(CounterRandom.Of(1), seen, [], seen, negatives);
            Assert.Equal([unseen, unseen, unseen], negatives);
            sampler.DrawDistinct(CounterRandom.Of(1), seen, [], seen, negatives.AsSpan(0, 1));
            Assert.Equal(unseen, negatives[0]);
        }
    }

    [Fact]
    public void Distinct_draws_take_every_ordered_pair_alike()
    {
        var sampler = new NegativeSampler(new NegativeSamplerSettings(NegativeSamplingMethod.Uniform), 7, []);
        var pairs = new int[Draws];
        var pair = new int[2];
        for (int i = 0; i < Draws; i++)
        {
            sampler.DrawDistinct(CounterRandom.Of(7, i), [2, 7], [], [], pair);
            pairs[i] = (pair[0] * 8) + pair[1];
        }

        var expected = new double[64];
        int[] unseen = [1, 3, 4, 5, 6];
        foreach (int first in unseen)
        {
            foreach (int second in unseen.Where(item => item != first))
                expected[(first * 8) + second] = 1;
        }

        RequireFit(pairs, expected);
    }

    [Fact]
    public void A_slot_does_not_depend_on_how_many_follow()
    {
        var sampler = new NegativeSampler(new NegativeSamplerSettings(NegativeSamplingMethod.Popularity, ObservedSkipShare: 0.5), 20, Counts);
        int[] few = new int[5], many = new int[50];
        sampler.Draw(CounterRandom.Of(3), Seen, [4], [], few);
        sampler.Draw(CounterRandom.Of(3), Seen, [4], [], many);
        Assert.Equal(few, many[..5]);
        sampler.Draw(CounterRandom.Of(4), Seen, [4], [], many);
        Assert.NotEqual(few, many[..5]);
    }

    [Fact]
    public void Too_few_unseen_items_are_refused_with_the_users_count()
    {
        var sampler = Sampler(NegativeSamplingMethod.Uniform);
        int[] all = [.. Enumerable.Range(1, 20)], negatives = new int[4];
        var none = Assert.Throws<InvalidOperationException>(() => sampler.Draw(CounterRandom.Of(1), all, [], [], negatives));
        Assert.Contains("20 of 20 items", none.Message);
        var few = Assert.Throws<InvalidOperationException>(() => sampler.DrawDistinct(CounterRandom.Of(1), all[3..], [], [], negatives));
        Assert.Contains("17 of 20 items, which leaves 3 to sample from where 4 are needed", few.Message);
        sampler.Draw(CounterRandom.Of(1), all, [], [], []);
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Refused(new(NegativeSamplingMethod.Popularity, -0.1), Counts, "PopularityExponent");
        Refused(new(NegativeSamplingMethod.Popularity, double.NaN), Counts, "PopularityExponent");
        Refused(new(NegativeSamplingMethod.Uniform, ObservedSkipShare: 1.01), Counts, "ObservedSkipShare");
        Refused(new(NegativeSamplingMethod.Uniform, ObservedSkipShare: double.NaN), Counts, "ObservedSkipShare");
        Refused(new((NegativeSamplingMethod)9), Counts, "Method");
        Refused(new(NegativeSamplingMethod.Popularity), Counts[1..], "21 counts");
        Refused(new(NegativeSamplingMethod.Popularity), new long[21], "No item occurs");
        Refused(new(NegativeSamplingMethod.Popularity), [.. Enumerable.Repeat(-1L, 21)], "Item 1");

        static void Refused(NegativeSamplerSettings settings, long[] counts, string message)
            => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => new NegativeSampler(settings, 20, counts)).Message);
    }

    private static NegativeSampler Sampler(NegativeSamplingMethod method) => new(new NegativeSamplerSettings(method), 20, Counts);

    private static double[] Popularities(int[] seen)
        => [.. Counts.Select((count, item) => item == 0 || seen.Contains(item) ? 0 : Math.Pow(count, 0.75))];

    private static int[] Many(NegativeSampler sampler, int[] seen, int[]? skips = null, int[]? batch = null)
    {
        var negatives = new int[Draws];
        sampler.Draw(CounterRandom.Of(11, 5), seen, skips ?? [], batch ?? [], negatives);
        return negatives;
    }

    /// <summary>Pearson's test at five standard deviations of χ², and nothing where nothing is expected.</summary>
    private static void RequireFit(int[] drawn, double[] weights)
    {
        var counts = new int[weights.Length];
        foreach (int value in drawn)
            counts[value]++;
        double statistic = 0;
        int cells = 0;
        for (int value = 0; value < weights.Length; value++)
        {
            double expected = weights[value] / weights.Sum() * drawn.Length;
            if (expected == 0)
            {
                Assert.Equal(0, counts[value]);
                continue;
            }

            statistic += (counts[value] - expected) * (counts[value] - expected) / expected;
            cells++;
        }

        Assert.InRange(statistic, 0, cells - 1 + (5 * Math.Sqrt(2 * (cells - 1))));
    }
}
