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
    private const string Width = "width";

    public override string Name => nameof(LayerNormFunction);

    /// <summary>Normalises rows.</summary>
    /// <param name="values">[.., d].</param>
    /// <param name="scale">[d].</param>
    /// <param name="shift">[d].</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="width">How many of the d columns are normalised, at most d; the others are zero and stay so.</param>
    /// <returns>[.., d].</returns>
    public static Tensor Run(Tensor values, Tensor scale, Tensor shift, double epsilon, int width) => apply(values, scale, shift, epsilon, width);

    public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
    {
        Tensor values = ((Tensor)inputs[0]).contiguous(), scale = (Tensor)inputs[1], shift = (Tensor)inputs[2];
        int width = (int)inputs[4];
        var normal = EmptyLike(values, width);
        var moments = empty(values.numel() / scale.shape[0], 2);
        context.save_for_backward([values, scale, moments]);
        context.save_data(Width, width);
        if (Lanes.AreWide)
            Normalize<WideLanes>(values, scale, shift, (float)(double)inputs[3], normal, moments, width);
        else
            Normalize<VectorLanes>(values, scale, shift, (float)(double)inputs[3], normal, moments, width);
        return normal;
    }

    public override List<Tensor> backward(autograd.AutogradContext context, Tensor outputGradient)
    {
        using var scope = NewDisposeScope();
        var saved = context.get_saved_variables();
        int width = (int)context.get_data(Width);
        Tensor ofValues = EmptyLike(saved[0], width), ofScale = EmptyLike(saved[1], width), ofShift = EmptyLike(saved[1], width), gradient = outputGradient.contiguous();
        if (Lanes.AreWide)
            Differentiate<WideLanes>(saved, gradient, ofValues, ofScale, ofShift, width);
        else
            Differentiate<VectorLanes>(saved, gradient, ofValues, ofScale, ofShift, width);
        return [ofValues.MoveToOuterDisposeScope(), ofScale.MoveToOuterDisposeScope(), ofShift.MoveToOuterDisposeScope(), null!, null!];
    }

    // with zeros in the columns that nothing is written to
    private static Tensor EmptyLike(Tensor values, int width)
    {
        var empty = empty_like(values);
        if (values.shape[^1] > width)
            empty.narrow(-1, width, values.shape[^1] - width).zero_();
        return empty;
    }

    private static void Normalize<T>(Tensor values, Tensor scale, Tensor shift, float epsilon, Tensor normal, Tensor moments, int width)
        where T : unmanaged, ILanes<T>
    {
        Span<float> x = values.AsSpan(), y = normal.AsSpan(), ofRows = moments.AsSpan();
        int kept = (int)scale.shape[0];
        var row = new Row<T>(scale.AsSpan()[..width]);
        var shifts = new LaneSpace<T>(Lanes.CountOf<T>(width)).Take(shift.AsSpan()[..width]);
        for (int i = 0, at = 0; i < x.Length; i += kept)
        {
            (ofRows[at++], ofRows[at++]) = row.Standardize(x.Slice(i, width), epsilon);
            row.Write(shifts, y.Slice(i, width));
        }
    }

    private static void Differentiate<T>(List<Tensor> saved, Tensor gradient, Tensor ofValues, Tensor ofScale, Tensor ofShift, int width)
        where T : unmanaged, ILanes<T>
    {
        Span<float> x = saved[0].AsSpan(), ofRows = saved[2].AsSpan(), g = gradient.AsSpan(), toValues = ofValues.AsSpan();
        int kept = (int)saved[1].shape[0];
        var row = new Row<T>(saved[1].AsSpan()[..width]);
        for (int i = 0, at = 0; i < x.Length; i += kept, at += 2)
        {
            row.Standardize(x.Slice(i, width), mean: ofRows[at], inverse: ofRows[at + 1]);
            row.Differentiate(g.Slice(i, width), ofRows[at + 1], toValues.Slice(i, width));
        }

        row.TakeSums(ofScale.AsSpan()[..width], ofShift.AsSpan()[..width]);
    }

    /// <summary>A row.</summary>
    private readonly ref struct Row<T>
        where T : unmanaged, ILanes<T>
    {
        private readonly Span<T> _scale, _normal, _gradient, _scaleSums, _shiftSums;
        private readonly T _last;
        private readonly int _width;

        public Row(ReadOnlySpan<float> scale)
        {
            (_width, _last) = (scale.Length, Lanes.LastOnes<T>(scale.Length));
            int count = Lanes.CountOf<T>(_width);
            var space = new LaneSpace<T>(5 * count);
            _scale = space.Take(scale);
            _normal = space.Take(count);
            _gradient = space.Take(count);
            _scaleSums = space.Take(count);
            _shiftSums = space.Take(count);
        }

        /// <summary>Makes x̂ of x.</summary>
        /// <returns>The mean and r.</returns>
        public (float Mean, float Inverse) Standardize(ReadOnlySpan<float> values, float epsilon)
        {
            var x = _normal;
            Lanes.Read(values, x);
            T sum = T.Of(0), squares = T.Of(0);
            foreach (var lanes in x)
                sum += lanes;
            float mean = T.Sum(sum) / _width;
            Subtract(x, mean);
            foreach (var lanes in x)
                squares = T.MultiplyAdd(lanes, lanes, squares);
            float inverse = 1 / MathF.Sqrt((T.Sum(squares) / _width) + epsilon);
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

            T mean = T.Of(T.Sum(sum) / _width), product = T.Of(-T.Sum(products) / _width), inverses = T.Of(inverse);
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
