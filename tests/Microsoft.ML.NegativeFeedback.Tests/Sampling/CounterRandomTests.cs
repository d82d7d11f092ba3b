using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback.Tests.Sampling;

public sealed class CounterRandomTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(1003)]
    public void A_mask_is_the_same_whether_made_in_vectors_or_one_by_one(int length)
    {
        var random = CounterRandom.Of(5, length);
        var mask = new float[length];
        random.FillDropoutMask(mask, 0.25);
        for (int i = 0; i < length; i++)
            Assert.Equal(random.Bits((uint)i) >= 0.25 * 4294967296.0 ? 1 / 0.75f : 0, mask[i]);
    }

    [Fact]
    public void Neighbouring_keys_and_counters_give_unrelated_numbers()
    {
        const int count = 20_000;
        double sum = 0, lagged = 0, acrossKeys = 0;
        var (first, second) = (CounterRandom.Of(1, 1, 1), CounterRandom.Of(1, 1, 2));
        for (uint i = 0; i < count; i++)
        {
            double value = first.Uniform(i) - 0.5;
            sum += value;
            lagged += value * (first.Uniform(i + 1) - 0.5);
            acrossKeys += value * (second.Uniform(i) - 0.5);
        }

        // means of independent uniforms: standard deviations 0.0020 and, for products, 0.0006
        Assert.InRange(sum / count, -0.01, 0.01);
        Assert.InRange(lagged / count, -0.003, 0.003);
        Assert.InRange(acrossKeys / count, -0.003, 0.003);
    }

    [Fact]
    public void A_permutation_holds_every_number_once_and_follows_its_key()
    {
        int[] order = CounterRandom.Of(3, 1).Permutation(1000);
        Assert.Equal(Enumerable.Range(0, 1000), order.Order());
        Assert.Equal(order, CounterRandom.Of(3, 1).Permutation(1000));
        Assert.NotEqual(order, CounterRandom.Of(3, 2).Permutation(1000));
        Assert.NotEqual(CounterRandom.Of(1, 3).Bits(0), CounterRandom.Of(3, 1).Bits(0));
    }
}
