using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback.Tests.Sampling;

/// <summary>The alias table: what its places give to an item together is the item's share of all weights.</summary>
public sealed class PopularityWeightsTests
{
    [Fact]
    public void The_most_popular_item_keeps_its_share_and_one_that_never_occurs_has_none()
    {
        var probabilities = new PopularityWeights([0, 0, 3, 3, 7, 11], 0.75).Probabilities();
        Assert.Equal(0, probabilities[0]);
        Assert.Equal(0.289, probabilities[3], 3);
        Assert.Equal(0.405, probabilities[4], 3);
    }

    [Fact]
    public void Any_table_adds_up_to_the_weights()
    {
        var catalogues = (
            from itemCount in Gen.Choose(1, 300)
            from highest in Gen.Elements(1, 3, 50, 1_000_000)
            from counts in Gen.Choose(0, highest).ArrayOf(itemCount)
            from occurs in Gen.Choose(0, itemCount - 1)
            from exponent in Gen.Elements(0.0, 0.5, 0.75, 1, 2)
            select (Counts: counts.Select((count, item) => item == occurs ? Math.Max(1, count) : count).ToArray(), Exponent: exponent))
            .ToArbitrary();
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(new Replay(new Rnd(31, 37), null)),
            Prop.ForAll(catalogues, catalogue =>
            {
                double[] weights = [.. catalogue.Counts.Select(count => Math.Pow(count, catalogue.Exponent))];
                double total = weights.Sum();
                var table = new PopularityWeights([0, .. catalogue.Counts.Select(count => (long)count)], catalogue.Exponent);
                return table.Probabilities().Zip(weights, (probability, weight) => Math.Abs(probability - weight / total)).Max() < 1e-8;
            }));
    }
}
