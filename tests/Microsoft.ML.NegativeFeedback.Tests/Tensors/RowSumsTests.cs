using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Tensors;

public sealed class RowSumsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(50)]
    public void Rows_are_added_as_by_torch(int width)
    {
        using var scope = NewDisposeScope();
        long[] indices = [3, 0, 3, 4, 1, 3, 0];
        var table = tensor(CounterRandom.Of(1).Normal(5 * width, 1), 5, width);
        var rows = tensor(CounterRandom.Of(2).Normal(indices.Length * width, 1), indices.Length, width);
        float[] expected = table.mul(1).index_add_(0, tensor(indices), rows, Scalars.One).ToArray();

        RowSums.Add(table, tensor(indices), rows);

        Assert.Equal(expected, table.ToArray());
    }

    [Fact]
    public void Rows_need_not_lie_one_after_the_other()
    {
        using var scope = NewDisposeScope();
        var table = zeros(3, 2);

        RowSums.Add(table, tensor(new long[] { 2, 0 }), tensor([1f, 2, 3, 4], 2, 2).t());

        Assert.Equal([2, 4, 0, 0, 1, 3], table.ToArray());
    }

    /// <summary>How a GPU adds, shown on a CPU.</summary>
    [Theory]
    [InlineData(1e-30f)]
    [InlineData(1f)]
    [InlineData(1e30f)]
    public void Sums_in_any_order_have_the_same_bits_and_are_exact(float scale)
    {
        using var scope = NewDisposeScope();
        const int Count = 4000, Width = 3;
        long[] indices = [.. Enumerable.Range(0, Count).Select(i => (long)(i * i % 7))];
        float[] values = [.. CounterRandom.Of(1).Normal(Count * Width, 1).Select((value, i) => scale * (i % 5 == 0 ? 1e-6f * value : value))];
        int[] other = CounterRandom.Of(2).Permutation(Count);

        float[] sums = Sums(indices, values);

        Assert.Equal(sums, Sums([.. other.Select(i => indices[i])], [.. other.SelectMany(i => values[(i * Width)..((i + 1) * Width)])]));
        for (int i = 0; i < sums.Length; i++)
        {
            double expected = Enumerable.Range(0, Count).Where(row => indices[row] == i / Width).Sum(row => (double)values[(row * Width) + (i % Width)]);
            Assert.Equal(expected / scale, sums[i] / scale, 1e-6 * Math.Max(1, Math.Abs(expected / scale)));
        }

        static float[] Sums(long[] indices, float[] values)
        {
            var table = zeros(8, Width);
            RowSums.AddInAnyOrder(table, tensor(indices), tensor(values, Count, Width));
            return table.ToArray();
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Sums_of_what_is_no_finite_number_are_none(float value)
    {
        using var scope = NewDisposeScope();
        var table = zeros(2);
        RowSums.AddInAnyOrder(table, tensor(new long[] { 0, 0, 0 }), tensor([1f, value, 2]));
        Assert.False(float.IsFinite(table.ToArray()[0]));
    }

    [Fact]
    public void Zeros_add_nothing_and_tables_may_be_lists()
    {
        using var scope = NewDisposeScope();
        var list = tensor([1f, 2, 3]);
        RowSums.AddInAnyOrder(list, tensor(new long[] { 1, 1 }), zeros(2));
        RowSums.AddInAnyOrder(list, tensor(new long[] { 2, 2 }), tensor([0.5f, 1]));
        RowSums.Add(list, tensor(new long[] { 0, 0 }), tensor([0.25f, 1]));
        Assert.Equal([2.25f, 2, 4.5f], list.ToArray());
    }

    [Fact]
    public void A_row_that_the_table_lacks_is_refused()
    {
        using var scope = NewDisposeScope();
        var table = zeros(3, 2);

        Assert.ThrowsAny<ArgumentException>(() => RowSums.Add(table, tensor(new long[] { 3 }), ones(1, 2)));
    }
}
