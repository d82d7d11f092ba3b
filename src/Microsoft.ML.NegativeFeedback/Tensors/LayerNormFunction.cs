using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// <see cref="ITensor{TSelf}.LayerNorm"/> on a CPU as one operation of autograd's: a row stays in the caches until all is done that it takes, where torch's own goes over rows and columns by
/// turns, half as long again for rows of 50.
/// </summary>
/// <remarks>With x̂ = (x − mean)·r, r = 1 / √(variance + ε) and h = g ∗ scale, g the output's gradient, x has r (h − mean(h) − x̂ mean(h ∗ x̂)), the scale has Σ g ∗ x̂ and the shift Σ g.</remarks>
internal sealed class LayerNormFunction : autograd.SingleTensorFunction<LayerNormFunction>
{
    public override string Name => nameof(LayerNormFunction);

    /// <summary>Normalises rows.</summary>
    /// <param name="values">[.., d].</param>
    /// <param name="scale">[d].</param>
    /// <param name="shift">[d].</param>
    /// <param name="epsilon">ε.</param>
    /// <returns>[.., d].</returns>
    public static Tensor Run(Tensor values, Tensor scale, Tensor shift, double epsilon) => apply(values, scale, shift, epsilon);

    public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
    {
        Tensor values = ((Tensor)inputs[0]).contiguous(), scale = (Tensor)inputs[1], shift = (Tensor)inputs[2], normal = empty_like(values);
        var moments = empty(values.numel() / scale.shape[0], 2);
        context.save_for_backward([values, scale, moments]);
        if (Lanes.AreWide)
            Normalize<WideLanes>(values, scale, shift, (float)(double)inputs[3], normal, moments);
        else
            Normalize<VectorLanes>(values, scale, shift, (float)(double)inputs[3], normal, moments);
        return normal;
    }

    public override List<Tensor> backward(autograd.AutogradContext context, Tensor outputGradient)
    {
        using var scope = NewDisposeScope();
        var saved = context.get_saved_variables();
        Tensor ofValues = empty_like(saved[0]), ofScale = empty_like(saved[1]), ofShift = empty_like(saved[1]), gradient = outputGradient.contiguous();
        if (Lanes.AreWide)
            Differentiate<WideLanes>(saved, gradient, ofValues, ofScale, ofShift);
        else
            Differentiate<VectorLanes>(saved, gradient, ofValues, ofScale, ofShift);
        return [ofValues.MoveToOuterDisposeScope(), ofScale.MoveToOuterDisposeScope(), ofShift.MoveToOuterDisposeScope(), null!];
    }

    private static void Normalize<T>(Tensor values, Tensor scale, Tensor shift, float epsilon, Tensor normal, Tensor moments)
        where T : unmanaged, ILanes<T>
    {
        Span<float> x = values.AsSpan(), y = normal.AsSpan(), ofRows = moments.AsSpan();
        var row = new Row<T>(scale.AsSpan());
        var shifts = new LaneSpace<T>(Lanes.CountOf<T>(row.Width)).Take(shift.AsSpan());
        for (int i = 0, at = 0; i < x.Length; i += row.Width)
        {
            (ofRows[at++], ofRows[at++]) = row.Standardize(x.Slice(i, row.Width), epsilon);
            row.Write(shifts, y.Slice(i, row.Width));
        }
    }

    private static void Differentiate<T>(List<Tensor> saved, Tensor gradient, Tensor ofValues, Tensor ofScale, Tensor ofShift)
        where T : unmanaged, ILanes<T>
    {
        Span<float> x = saved[0].AsSpan(), ofRows = saved[2].AsSpan(), g = gradient.AsSpan(), toValues = ofValues.AsSpan();
        var row = new Row<T>(saved[1].AsSpan());
        for (int i = 0, at = 0; i < x.Length; i += row.Width, at += 2)
        {
            row.Standardize(x.Slice(i, row.Width), mean: ofRows[at], inverse: ofRows[at + 1]);
            row.Differentiate(g.Slice(i, row.Width), ofRows[at + 1], toValues.Slice(i, row.Width));
        }

        row.TakeSums(ofScale.AsSpan(), ofShift.AsSpan());
    }

    /// <summary>A row.</summary>
    private readonly ref struct Row<T>
        where T : unmanaged, ILanes<T>
    {
        private readonly Span<T> _scale, _normal, _gradient, _scaleSums, _shiftSums;
        private readonly T _last;

        public Row(ReadOnlySpan<float> scale)
        {
            (Width, _last) = (scale.Length, Lanes.LastOnes<T>(scale.Length));
            int count = Lanes.CountOf<T>(Width);
            var space = new LaneSpace<T>(5 * count);
            _scale = space.Take(scale);
            _normal = space.Take(count);
            _gradient = space.Take(count);
            _scaleSums = space.Take(count);
            _shiftSums = space.Take(count);
        }

        public int Width { get; }

        /// <summary>Makes x̂ of x.</summary>
        /// <returns>The mean and r.</returns>
        public (float Mean, float Inverse) Standardize(ReadOnlySpan<float> values, float epsilon)
        {
            var x = _normal;
            Lanes.Read(values, x);
            T sum = T.Of(0), squares = T.Of(0);
            foreach (var lanes in x)
                sum += lanes;
            float mean = T.Sum(sum) / Width;
            Subtract(x, mean);
            foreach (var lanes in x)
                squares = T.MultiplyAdd(lanes, lanes, squares);
            float inverse = 1 / MathF.Sqrt((T.Sum(squares) / Width) + epsilon);
            Multiply(x, inverse);
            return (mean, inverse);
        }

        /// <summary>Makes x̂ of x again.</summary>
        public void Standardize(ReadOnlySpan<float> values, float mean, float inverse)
        {
            var x = _normal;
            Lanes.Read(values, x);
            Subtract(x, mean);
            Multiply(x, inverse);
        }

        /// <summary>x̂ ∗ scale + shift.</summary>
        public void Write(ReadOnlySpan<T> shift, Span<float> normal)
        {
            Span<T> x = _normal, scale = _scale, y = _gradient;
            for (int i = 0; i < y.Length; i++)
                y[i] = T.MultiplyAdd(x[i], scale[i], shift[i]);
            Lanes.Write<T>(y, normal);
        }

        /// <summary>Makes x's gradient of the output's; those of scale and shift are summed up over the rows.</summary>
        public void Differentiate(ReadOnlySpan<float> gradient, float inverse, Span<float> ofValues)
        {
            Span<T> x = _normal, scale = _scale, g = _gradient, scaleSums = _scaleSums, shiftSums = _shiftSums;
            Lanes.Read(gradient, g);
            T sum = T.Of(0), products = T.Of(0);
            for (int i = 0; i < g.Length; i++)
            {
                scaleSums[i] = T.MultiplyAdd(g[i], x[i], scaleSums[i]);
                shiftSums[i] += g[i];
                g[i] *= scale[i];
                sum += g[i];
                products = T.MultiplyAdd(g[i], x[i], products);
            }

            T mean = T.Of(T.Sum(sum) / Width), product = T.Of(-T.Sum(products) / Width), inverses = T.Of(inverse);
            for (int i = 0; i < g.Length; i++)
                g[i] = T.MultiplyAdd(x[i], product, g[i] - mean) * inverses;
            Lanes.Write<T>(g, ofValues);
        }

        /// <summary>The gradients of scale and shift.</summary>
        public void TakeSums(Span<float> ofScale, Span<float> ofShift)
        {
            Lanes.Write<T>(_scaleSums, ofScale);
            Lanes.Write<T>(_shiftSums, ofShift);
        }

        private void Subtract(Span<T> x, float mean)
        {
            var means = T.Of(mean);
            foreach (ref var lanes in x)
                lanes -= means;
            x[^1] *= _last;
        }

        private static void Multiply(Span<T> x, float factor)
        {
            var factors = T.Of(factor);
            foreach (ref var lanes in x)
                lanes *= factors;
        }
    }
}
