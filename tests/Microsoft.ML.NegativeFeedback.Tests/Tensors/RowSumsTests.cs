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

    [Fact]
    public void A_row_that_the_table_lacks_is_refused()
    {
        using var scope = NewDisposeScope();
        var table = zeros(3, 2);

        Assert.ThrowsAny<ArgumentException>(() => RowSums.Add(table, tensor(new long[] { 3 }), ones(1, 2)));
    }
}
