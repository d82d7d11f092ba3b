using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback.Tests.Sampling;

/// <summary>What holds for every user and catalogue: FsCheck draws small catalogues of which a user has seen anything, but not all.</summary>
public sealed class NegativeSamplerProperties
{
    private static readonly Arbitrary<User> Users = (
        from itemCount in Gen.Choose(1, 40)
        from method in Gen.Elements(Enum.GetValues<NegativeSamplingMethod>())
        from seenPercent in Gen.Choose(0, 100)
        from isSeen in Gen.Choose(1, 100).ArrayOf(itemCount)
        from spared in Gen.Choose(1, itemCount)
        from isSkip in Gen.Choose(0, 1).ArrayOf(itemCount)
        from batch in Gen.Choose(1, itemCount).ArrayOf()
        from counts in Gen.Choose(0, 5).ArrayOf(itemCount)
        from share in Gen.Elements(0, 0.4, 1)
        from seed in Gen.Choose(0, 1_000_000)
        select Make(itemCount, method, [.. isSeen.Select(percent => percent <= seenPercent)], spared, isSkip, batch, counts, share, seed))
        .ToArbitrary();

    [Fact]
    public void Items_are_unseen_or_skips_and_of_the_catalogue()
        => ForAll(user =>
        {
            var negatives = new int[60];
            user.Sampler.Draw(CounterRandom.Of(user.Seed), user.Seen, user.Skips, user.Batch, negatives);
            return negatives.All(user.MayDraw);
        });

    [Fact]
    public void Distinct_items_are_distinct_up_to_the_last()
        => ForAll(user =>
        {
            var negatives = new int[user.ItemCount - user.Seen.Length];
            user.Sampler.DrawDistinct(CounterRandom.Of(user.Seed), user.Seen, user.Skips, user.Batch, negatives);
            return negatives.All(user.MayDraw) && negatives.Distinct().Count() == negatives.Length;
        });

    [Fact]
    public void Nothing_but_key_and_arguments_decides()
        => ForAll(user =>
        {
            int[] first = new int[30], second = new int[30];
            user.Sampler.Draw(CounterRandom.Of(user.Seed), user.Seen, user.Skips, user.Batch, first);
            user.Sampler.Draw(CounterRandom.Of(user.Seed + 1), user.Seen, user.Skips, user.Batch, second);
            user.Sampler.Draw(CounterRandom.Of(user.Seed), user.Seen, user.Skips, user.Batch, second);
            return first.SequenceEqual(second);
        });

    [Fact]
    public void In_batch_stays_in_the_batch_while_that_has_unseen_items()
        => ForAll(user =>
        {
            var negatives = new int[30];
            var sampler = new NegativeSampler(new NegativeSamplerSettings(NegativeSamplingMethod.InBatch), user.ItemCount);
            sampler.Draw(CounterRandom.Of(user.Seed), user.Seen, [], user.Batch, negatives);
            return negatives.All(user.Batch.Contains) || !user.Batch.Except(user.Seen).Any();
        });

    private static User Make(
        int itemCount,
        NegativeSamplingMethod method,
        bool[] isSeen,
        int spared,
        int[] isSkip,
        int[] batch,
        int[] counts,
        double share,
        int seed)
    {
        int[] seen = [.. Enumerable.Range(1, itemCount).Where(item => isSeen[item - 1] && item != spared)];
        int[] skips = [.. seen.Where(item => isSkip[item - 1] == 1)];
        // one item at least occurs
        long[] itemCounts = [0, .. counts.Select((count, i) => i + 1 == spared && counts.All(other => other == 0) ? 1L : count)];
        var sampler = new NegativeSampler(new NegativeSamplerSettings(method, 0.75, share), itemCount, itemCounts);
        return new User(sampler, itemCount, seen, skips, batch, share, seed);
    }

    private static void ForAll(Func<User, bool> holds)
        => Check.One(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(new Replay(new Rnd(23, 29), null)), Prop.ForAll(Users, holds));

    private sealed record User(NegativeSampler Sampler, int ItemCount, int[] Seen, int[] Skips, int[] Batch, double Share, int Seed)
    {
        public bool MayDraw(int item)
            => item >= 1 && item <= ItemCount && (!Seen.Contains(item) || (Share > 0 && Skips.Contains(item)));
    }
}
