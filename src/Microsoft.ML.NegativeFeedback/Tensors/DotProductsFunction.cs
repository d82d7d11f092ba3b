using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// The products of a few vectors of a row with a few others of the same row, on a CPU as one operation of autograd's: torch's matrix product of a row so small costs more to begin than to
/// compute, and products that are summed up pass through memory several times.
/// </summary>
internal sealed class DotProductsFunction : autograd.SingleTensorFunction<DotProductsFunction>
{
    public override string Name => nameof(DotProductsFunction);

    /// <summary>Whether its arrays are short enough to be worked on.</summary>
    public static bool CanRun(Tensor left, Tensor right)
        => left.shape[0] == right.shape[0] && left.HasSpan() && right.HasSpan();

    /// <summary>[n, K, d] and [n, c, d] → [n, K, c].</summary>
    public static Tensor Run(Tensor left, Tensor right) => apply(left, right);

    public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
    {
        Tensor left = ((Tensor)inputs[0]).contiguous(), right = ((Tensor)inputs[1]).contiguous();
        context.save_for_backward([left, right]);
        var products = empty(left.shape[0], left.shape[1], right.shape[1]);
        Span<float> p = products.AsSpan(), l = left.AsSpan(), r = right.AsSpan();
        var (leftCount, rightCount, width) = Sizes(left, right);
        for (int i = 0, atLeft = 0; atLeft < l.Length; atLeft += width)
        {
            var ofRow = r.Slice(atLeft / (leftCount * width) * rightCount * width, rightCount * width);
            for (int j = 0; j < rightCount; j++)
                p[i++] = Dot(l.Slice(atLeft, width), ofRow.Slice(j * width, width));
        }

        return products;
    }

    public override List<Tensor> backward(autograd.AutogradContext context, Tensor outputGradient)
    {
        using var scope = NewDisposeScope();
        var saved = context.get_saved_variables();
        Tensor left = saved[0], right = saved[1], ofLeft = empty_like(left), ofRight = empty_like(right);
        Span<float> g = outputGradient.contiguous().AsSpan(), l = left.AsSpan(), r = right.AsSpan(), toLeft = ofLeft.AsSpan(), toRight = ofRight.AsSpan();
        var (leftCount, rightCount, width) = Sizes(left, right);
        for (int row = 0; row < g.Length / (leftCount * rightCount); row++)
        {
            int atLeft = row * leftCount * width, atRight = row * rightCount * width;
            var ofRow = g.Slice(row * leftCount * rightCount, leftCount * rightCount);
            for (int k = 0; k < leftCount; k++)
                Combine(toLeft.Slice(atLeft + (k * width), width), r.Slice(atRight, rightCount * width), ofRow.Slice(k * rightCount, rightCount), 1);
            for (int j = 0; j < rightCount; j++)
                Combine(toRight.Slice(atRight + (j * width), width), l.Slice(atLeft, leftCount * width), ofRow[j..], rightCount);
        }

        return [ofLeft.MoveToOuterDisposeScope(), ofRight.MoveToOuterDisposeScope()];
    }

    private static (int Left, int Right, int Width) Sizes(Tensor left, Tensor right) => ((int)left.shape[1], (int)right.shape[1], (int)left.shape[2]);

    private static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var lefts = MemoryMarshal.Cast<float, Vector<float>>(left);
        var rights = MemoryMarshal.Cast<float, Vector<float>>(right);
        var sums = Vector<float>.Zero;
        for (int i = 0; i < lefts.Length; i++)
            sums += lefts[i] * rights[i];
        float sum = Vector.Sum(sums);
        for (int i = lefts.Length * Vector<float>.Count; i < left.Length; i++)
            sum += left[i] * right[i];
        return sum;
    }

    // sum = Σ factor · values, of vectors behind each other whose factors stand so far apart
    private static void Combine(Span<float> sum, ReadOnlySpan<float> values, ReadOnlySpan<float> factors, int stride)
    {
        int count = values.Length / sum.Length, vectors = sum.Length / Vector<float>.Count;
        for (int i = 0; i < vectors; i++)
        {
            var total = Vector<float>.Zero;
            for (int j = 0; j < count; j++)
                total += new Vector<float>(values.Slice((j * sum.Length) + (i * Vector<float>.Count), Vector<float>.Count)) * factors[j * stride];
            total.CopyTo(sum[(i * Vector<float>.Count)..]);
        }

        for (int i = vectors * Vector<float>.Count; i < sum.Length; i++)
        {
            float total = 0;
            for (int j = 0; j < count; j++)
                total += values[(j * sum.Length) + i] * factors[j * stride];
            sum[i] = total;
        }
    }
}
