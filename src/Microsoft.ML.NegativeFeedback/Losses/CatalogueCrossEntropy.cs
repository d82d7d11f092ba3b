using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Losses;

/// <summary>
/// Cross entropy over the whole catalogue at labelled positions, loss and gradients in one pass. The logits of all positions
/// would be far larger than any cache and than the model; they are made, turned into their own gradient and used up a chunk of
/// positions at a time, without autograd.
/// </summary>
internal static class CatalogueCrossEntropy
{
    // Logits of a chunk: on a CPU small enough for a share of the last-level cache, on a GPU large enough to fill it. Rows of a chunk: enough that packing the item
    // table for the product, once a chunk, does not weigh.
    private const long ChunkValuesOnCpu = 2_000_000, ChunkValuesOnGpu = 1L << 26, SmallestChunk = 64;

    // The smallest normal Single: a loss above 87, which no training that learns comes near, is given as 87.
    private const float SmallestProbability = 1.17549435e-38f;

    /// <summary>Computes the loss and adds its gradients.</summary>
    /// <param name="slice">Hidden vectors, item vectors and labels. Row gradients are overwritten, those of the items added to.</param>
    /// <param name="weight">The coefficient of a position's loss, the mean's division included.</param>
    /// <param name="contrast">A term that is read off the same logits, or null.</param>
    /// <returns>The sum of the losses, unweighted: a scalar of the caller's.</returns>
    /// <remarks>
    /// Rows and items are multiplied at round widths (<see cref="RoundWidths"/>), as they come or laid out so, and the logits of rows of the table that are no class are −∞, so that their softmax
    /// is 0: the same numbers.
    /// </remarks>
    public static Tensor Accumulate(SliceTensors slice, double weight, CatalogueContrast? contrast)
    {
        using var outer = NewDisposeScope();
        long count = slice.Rows.shape[0], width = slice.Rows.shape[1], itemCount = slice.Items.shape[0];
        Tensor rows = RoundWidths.Pad(slice.Rows, rows: false), items = RoundWidths.Pad(slice.Items, rows: true);
        Tensor rowGradient = ReferenceEquals(rows, slice.Rows) ? slice.RowGradient : empty_like(rows);
        Tensor itemGradient = ReferenceEquals(items, slice.Items) ? slice.ItemGradient : zeros_like(items);
        long alignedCount = items.shape[0], chunkValues = rows.device_type == DeviceType.CPU ? ChunkValuesOnCpu : ChunkValuesOnGpu;
        long largest = Math.Max(chunkValues / alignedCount, SmallestChunk);
        long chunk = DivideUp(count, DivideUp(count, largest));
        var logits = empty(chunk, alignedCount, device: rows.device);
        Tensor before = logits.narrow(1, 0, slice.FirstClass), behind = logits.narrow(1, slice.EndOfClasses, alignedCount - slice.EndOfClasses);
        var transposedItems = items.t();
        var target = slice.Labels.unsqueeze(1);
        var lossSum = zeros(1, device: rows.device);
        for (long start = 0; start < count; start += chunk)
        {
            using var inner = NewDisposeScope();
            long size = Math.Min(chunk, count - start);
            var chunkRows = rows.narrow(0, start, size);
            var chunkTarget = target.narrow(0, start, size);
            var chunkLogits = logits.narrow(0, 0, size).addmm_(chunkRows, transposedItems, beta: 0);
            before.fill_(Scalars.Of(float.NegativeInfinity));
            behind.fill_(Scalars.Of(float.NegativeInfinity));
            // d CE / d logits = softmax − one-hot
            var gradient = chunkLogits.softmax(1);
            lossSum.sub_(gradient.gather(1, chunkTarget).clamp_min_(Scalars.Of(SmallestProbability)).log_().sum());
            gradient.scatter_add_(1, chunkTarget, full(size, 1, Scalars.Of(-1f), device: rows.device));
            contrast?.Accumulate(chunkLogits, gradient, start);
            rowGradient.narrow(0, start, size).addmm_(gradient, items, beta: 0, alpha: (float)weight);
            itemGradient.addmm_(gradient.t(), chunkRows, beta: 1, alpha: (float)weight);
        }

        if (!ReferenceEquals(rowGradient, slice.RowGradient))
            slice.RowGradient.copy_(rowGradient.narrow(1, 0, width));
        if (!ReferenceEquals(itemGradient, slice.ItemGradient))
            slice.ItemGradient.add_(itemGradient.narrow(0, 0, itemCount).narrow(1, 0, width), Scalars.One);
        contrast?.AddNormGradients(slice.RowGradient, slice.ItemGradient, (float)weight);
        return lossSum.MoveToOuterDisposeScope();
    }

    private static long DivideUp(long count, long by) => (count + by - 1) / by;
}

/// <summary>What a loss sees of a slice, without autograd.</summary>
/// <param name="Rows">Hidden vectors [n, d] of the labelled positions.</param>
/// <param name="RowGradient">[n, d], to be written.</param>
/// <param name="Items">The table of item vectors [items, d].</param>
/// <param name="ItemGradient">[items, d], to be added to.</param>
/// <param name="Labels">[n] items.</param>
/// <param name="FirstClass">The first row of the table that is a class.</param>
/// <param name="EndOfClasses">The one behind the last.</param>
internal readonly record struct SliceTensors(
    Tensor Rows, Tensor RowGradient, Tensor Items, Tensor ItemGradient, Tensor Labels, long FirstClass, long EndOfClasses);
