using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>Where the dropout masks of a training on a CPU come from.</summary>
internal interface IDropoutMasks
{
    /// <summary>The draws of the next mask, and the share of values that it zeroes; 0 for no dropout.</summary>
    (CounterRandom Draws, double Rate) NextMask();
}

/// <summary>
/// Causal attention on a CPU as one operation of autograd's: mask, softmax, dropout and factors are one pass over the weights, and their gradient another, where torch's own operators
/// take three or four each and work off as well what lies behind the mask. That halves the traffic in memory, which is what attention of narrow vectors spends its time on.
/// </summary>
/// <remarks>
/// With P = softmax(q·kᵀ), M what dropout and factors multiply it by and D = P ∗ M, output is D·v. Of its gradient g come v's Dᵀ·g and, as P ∗ (g·vᵀ ∗ M) = D ∗ g·vᵀ, that of the
/// logits, S = D ∗ g·vᵀ − P ∗ Σ D ∗ g·vᵀ, of which q has S·k and k has Sᵀ·q. Where the sums of D's rows are asked for, they are one more column of the output, of a v that is all ones.
/// </remarks>
internal sealed class AttentionFunction : autograd.MultiTensorFunction<AttentionFunction>
{
    /// <summary>Queries of a sequence up to this length are worked off at once, of a longer one in <see cref="Stretches"/>.</summary>
    public const long LongestStretch = 64, Stretches = 4;

    private const string IsShared = "keys are values", HasSums = "sums";

    public override string Name => nameof(AttentionFunction);

    /// <summary>Whether its arrays are short enough to be worked on.</summary>
    public static bool CanRun(Tensor query, Tensor key)
        => query.device_type == DeviceType.CPU && query.dtype == ScalarType.Float32 && query.shape[0] * query.shape[1] * key.shape[1] <= TorchMemory.LongestSpan;

    /// <summary>Attends.</summary>
    /// <param name="query">[n, w, d], n of batch and heads.</param>
    /// <param name="key">[n, w, d].</param>
    /// <param name="value">[n, w, d].</param>
    /// <param name="factors">What the weights are multiplied by, [b, w, w], the same for all heads of a sequence; null for nothing.</param>
    /// <param name="masks">Where dropout comes from; null for none.</param>
    /// <returns>[n, w, d].</returns>
    public static Tensor Run(Tensor query, Tensor key, Tensor value, Tensor? factors, IDropoutMasks? masks)
        => apply(query, key, ReferenceEquals(key, value) ? null! : value, factors!, masks!, false)[0];

    /// <summary>Attends, and sums up the weights as they come out of dropout and factors.</summary>
    /// <returns>[n, w, d] and [n, w, 1].</returns>
    public static (Tensor Mixed, Tensor WeightSums) RunWithSums(Tensor query, Tensor key, Tensor value, Tensor? factors, IDropoutMasks? masks)
    {
        var outputs = apply(query, key, ReferenceEquals(key, value) ? null! : value, factors!, masks!, true);
        return (outputs[0], outputs[1]);
    }

    public override List<Tensor> forward(autograd.AutogradContext context, params object[] inputs)
    {
        Tensor query = (Tensor)inputs[0], key = (Tensor)inputs[1], value = inputs[2] as Tensor ?? key;
        var (factors, masks) = (inputs[3] as Tensor, inputs[4] as IDropoutMasks);
        long length = query.shape[1], stretch = length <= LongestStretch ? length : (length + Stretches - 1) / Stretches;
        var sums = (bool)inputs[5] ? empty(query.shape[0], length, 1) : null;
        var saved = new List<Tensor> { query, key, value };
        var mixed = new List<Tensor>();
        // nothing sees what comes after it: a stretch of queries needs only the keys up to its own end, five eighths of all in four
        for (long end = length, start; end > 0; end = start)
        {
            start = (end - 1) / stretch * stretch;
            var weights = query.narrow(1, start, end - start).bmm(key.narrow(1, 0, end).transpose(1, 2));
            var dropped = Weigh(weights, (int)start, factors, masks?.NextMask() ?? default);
            if (sums is not null)
                sums.narrow(1, start, end - start).copy_(dropped.sum(-1, keepdim: true));
            mixed.Add(dropped.bmm(value.narrow(1, 0, end)));
            saved.Add(weights);
            saved.Add(dropped);
        }

        context.save_for_backward(saved);
        context.save_data(IsShared, inputs[2] is null);
        context.save_data(HasSums, sums is not null);
        mixed.Reverse();
        var joined = mixed.Count == 1 ? mixed[0] : cat(mixed, 1);
        return sums is null ? [joined] : [joined, sums];
    }

    public override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> outputGradients)
    {
        using var scope = NewDisposeScope();
        var outputGradient = outputGradients[0];
        var ofSums = (bool)context.get_data(HasSums) ? outputGradients[1] : null;
        bool isShared = (bool)context.get_data(IsShared);
        var saved = context.get_saved_variables();
        Tensor query = saved[0], key = saved[1], value = saved[2];
        var ofQueries = new List<Tensor>();
        Tensor? ofKeys = null, ofValues = null;
        long end = query.shape[1];
        for (int i = 3; i < saved.Count; i += 2)
        {
            Tensor weights = saved[i], dropped = saved[i + 1];
            long count = weights.shape[1], start = end - count;
            Tensor queries = query.narrow(1, start, count), keys = key.narrow(1, 0, end), gradient = outputGradient.narrow(1, start, count);
            var logits = gradient.bmm(value.narrow(1, 0, end).transpose(1, 2));
            if (ofSums is not null)
                logits.add_(ofSums.narrow(1, start, count), Scalars.One);
            Differentiate(logits, weights, dropped, (int)start);
            ofQueries.Add(logits.bmm(keys));
            ofKeys = Sum(ofKeys, logits.transpose(1, 2).bmm(queries));
            var ofDropped = dropped.transpose(1, 2).bmm(gradient);
            if (isShared)
                ofKeys = Sum(ofKeys, ofDropped);
            else
                ofValues = Sum(ofValues, ofDropped);
            end = start;
        }

        ofQueries.Reverse();
        var ofQuery = ofQueries.Count == 1 ? ofQueries[0] : cat(ofQueries, 1);
        return [ofQuery.MoveToOuterDisposeScope(), ofKeys!.MoveToOuterDisposeScope(), ofValues?.MoveToOuterDisposeScope()!, null!, null!, null!];

        // of the keys that a stretch reads, all of which the one before it has read
        static Tensor Sum(Tensor? sum, Tensor values)
        {
            if (sum is null)
                return values;
            sum.narrow(1, 0, values.shape[1]).add_(values, Scalars.One);
            return sum;
        }
    }

    /// <summary>Makes P of logits, in place, and D.</summary>
    private static Tensor Weigh(Tensor weights, int start, Tensor? factors, (CounterRandom Draws, double Rate) mask)
    {
        int queries = (int)weights.shape[1], end = (int)weights.shape[2];
        bool isDropped = mask.Rate > 0 || factors is not null;
        var dropped = isDropped ? empty_like(weights) : weights;
        Span<float> p = weights.AsSpan(), d = dropped.AsSpan(), f = factors is null ? [] : factors.AsSpan();
        int heads = factors is null ? 1 : (int)(weights.shape[0] / factors.shape[0]), length = factors is null ? 0 : (int)factors.shape[2];
        for (int row = 0; row < p.Length / end; row++)
        {
            int count = start + (row % queries) + 1, first = row * end;
            var ofRow = p.Slice(first, count);
            if (Lanes.AreWide)
                Softmax<WideLanes>(ofRow);
            else
                Softmax<VectorLanes>(ofRow);
            p[(first + count)..(first + end)].Clear();
            if (!isDropped)
                continue;
            var product = d.Slice(first, count);
            d[(first + count)..(first + end)].Clear();
            if (mask.Rate > 0)
            {
                mask.Draws.FillDropoutMask(product, mask.Rate, (uint)first);
                TensorPrimitives.Multiply(product, ofRow, product);
            }
            else
            {
                ofRow.CopyTo(product);
            }

            if (factors is not null)
                TensorPrimitives.Multiply(product, f.Slice(((row / queries / heads * length) + count - 1) * length, count), product);
        }

        return dropped;
    }

    /// <summary>Makes S of g·vᵀ, in place.</summary>
    private static void Differentiate(Tensor gradient, Tensor weights, Tensor dropped, int start)
    {
        int queries = (int)weights.shape[1], end = (int)weights.shape[2];
        Span<float> g = gradient.AsSpan(), p = weights.AsSpan(), d = dropped.AsSpan();
        for (int row = 0; row < g.Length / end; row++)
        {
            int count = start + (row % queries) + 1, first = row * end;
            var ofRow = g.Slice(first, end);
            ofRow[count..].Clear();
            SubtractMean(ofRow[..count], p.Slice(first, count), d.Slice(first, count));
        }
    }

    private static void Softmax<T>(Span<float> row)
        where T : unmanaged, ILanes<T>
    {
        float most = TensorPrimitives.Max<float>(row);
        var lanes = Lanes.Within<T>(row);
        var (sums, top) = (T.Of(0), T.Of(most));
        for (int i = 0; i < lanes.Length; i++)
            sums += lanes[i] = Lanes.Exp(lanes[i] - top);
        float sum = T.Sum(sums);
        for (int i = lanes.Length * T.Count; i < row.Length; i++)
            sum += row[i] = MathF.Exp(row[i] - most);
        TensorPrimitives.Multiply(row, 1 / sum, row);
    }

    // g → d ∗ g − p Σ d ∗ g
    private static void SubtractMean(Span<float> g, ReadOnlySpan<float> p, ReadOnlySpan<float> d)
    {
        TensorPrimitives.Multiply(g, d, g);
        TensorPrimitives.MultiplyAdd(p, -TensorPrimitives.Sum<float>(g), g, g);
    }
}
