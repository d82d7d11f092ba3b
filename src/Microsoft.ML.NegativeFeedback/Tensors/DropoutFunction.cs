using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// Dropout on a CPU, with the sum or the rectifier that follows it, as one operation of autograd's: masks are drawn a stretch at a time, which stays in the caches, and drawn again for the
/// gradient, where torch's operators would write them out, read them back, and go over all values once more for what follows.
/// </summary>
internal sealed class DropoutFunction : autograd.SingleTensorFunction<DropoutFunction>
{
    // numbers of a mask at a time, 4 KiB
    private const int Stretch = 1024;

    private const string Mask = "mask", Form = "form";

    private enum Then
    {
        Nothing, Sum, Relu
    }

    public override string Name => nameof(DropoutFunction);

    /// <summary>Zeroes a share of the values and scales the others up.</summary>
    /// <param name="values">The values.</param>
    /// <param name="mask">The draws, and the share.</param>
    public static Tensor Run(Tensor values, (CounterRandom Draws, double Rate) mask) => apply(values, null!, mask, Then.Nothing);

    /// <summary>The same, and sets to 0 what is below it.</summary>
    /// <inheritdoc cref="Run"/>
    public static Tensor RunRelu(Tensor values, (CounterRandom Draws, double Rate) mask) => apply(values, null!, mask, Then.Relu);

    /// <summary>The same, and adds it to a sum of the same shape.</summary>
    /// <inheritdoc cref="Run"/>
    public static Tensor RunSum(Tensor sum, Tensor values, (CounterRandom Draws, double Rate) mask) => apply(values, sum, mask, Then.Sum);

    public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
    {
        Tensor values = ((Tensor)inputs[0]).contiguous(), dropped = empty_like(values);
        var sum = (inputs[1] as Tensor)?.contiguous();
        var (draws, rate) = ((CounterRandom, double))inputs[2];
        var then = (Then)inputs[3];
        Span<float> x = values.AsSpan(), y = dropped.AsSpan(), s = sum is null ? [] : sum.AsSpan(), mask = stackalloc float[Stretch];
        for (int start = 0; start < x.Length; start += mask.Length)
        {
            mask = mask[..Math.Min(Stretch, x.Length - start)];
            draws.FillDropoutMask(mask, rate, (uint)start);
            Span<float> from = x.Slice(start, mask.Length), to = y.Slice(start, mask.Length);
            if (then == Then.Sum)
                TensorPrimitives.MultiplyAdd(from, mask, s.Slice(start, mask.Length), to);
            else
                TensorPrimitives.Multiply(from, mask, to);
            if (then == Then.Relu)
                TensorPrimitives.Max(to, 0, to);
        }

        if (then == Then.Relu)
            context.save_for_backward([dropped]);
        context.save_data(Mask, inputs[2]);
        context.save_data(Form, then);
        return dropped;
    }

    public override List<Tensor> backward(autograd.AutogradContext context, Tensor outputGradient)
    {
        using var scope = NewDisposeScope();
        var (draws, rate) = ((CounterRandom, double))context.get_data(Mask);
        var then = (Then)context.get_data(Form);
        Tensor gradient = outputGradient.contiguous(), ofValues = empty_like(gradient);
        Span<float> g = gradient.AsSpan(), toValues = ofValues.AsSpan(), mask = stackalloc float[Stretch];
        if (then == Then.Relu)
        {
            // what came out above 0 was kept
            MultiplyWherePositive(g, (float)(1 / (1 - rate)), context.get_saved_variables()[0].AsSpan(), toValues);
        }
        else
        {
            for (int start = 0; start < g.Length; start += mask.Length)
            {
                mask = mask[..Math.Min(Stretch, g.Length - start)];
                draws.FillDropoutMask(mask, rate, (uint)start);
                TensorPrimitives.Multiply(g.Slice(start, mask.Length), mask, toValues.Slice(start, mask.Length));
            }
        }

        return [ofValues.MoveToOuterDisposeScope(), (then == Then.Sum ? outputGradient.alias().MoveToOuterDisposeScope() : null)!, null!, null!];
    }

    private static void MultiplyWherePositive(ReadOnlySpan<float> values, float factor, ReadOnlySpan<float> conditions, Span<float> products)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var ofConditions = MemoryMarshal.Cast<float, Vector<float>>(conditions);
        var ofProducts = MemoryMarshal.Cast<float, Vector<float>>(products);
        for (int i = 0; i < vectors.Length; i++)
            ofProducts[i] = Vector.ConditionalSelect(Vector.GreaterThan(ofConditions[i], Vector<float>.Zero), vectors[i] * factor, Vector<float>.Zero);
        for (int i = vectors.Length * Vector<float>.Count; i < values.Length; i++)
            products[i] = conditions[i] > 0 ? values[i] * factor : 0;
    }
}
