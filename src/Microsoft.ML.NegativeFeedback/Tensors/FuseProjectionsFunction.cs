using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// <see cref="ITensor{TSelf}.FuseProjections"/> on a CPU as one operation of autograd's: what belongs to the K parts of a row, [n, K, d] in all, lives in the caches and is computed again for the
/// gradient, where torch's own operators carry it through memory some fifteen times.
/// </summary>
/// <remarks>
/// With x_k = o ∗ z_k, t_k = 1 + σ(x_k), γ = softmax(w·(o ∗ t_k)) and m = Σ γ_k t_k the output is o ∗ m. Of its gradient g come γ_k's c_k = g·(o ∗ t_k), the logits' l_k = γ_k (c_k − Σ γ c), and
/// a_k = γ_k g + l_k w, of which t_k has o ∗ a_k; so o has g ∗ m + Σ (l_k w ∗ t_k + σ′ ∗ o ∗ a_k ∗ z_k), z_k has σ′ ∗ o ∗ o ∗ a_k and w has Σ l_k o ∗ t_k.
/// </remarks>
internal sealed class FuseProjectionsFunction : autograd.SingleTensorFunction<FuseProjectionsFunction>
{
    public override string Name => nameof(FuseProjectionsFunction);

    /// <summary>o [n, d], z [K, d] and w [d, 1] → [n, d].</summary>
    public static Tensor Run(Tensor states, Tensor parts, Tensor weight) => apply(states, parts, weight);

    public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
    {
        Tensor states = ((Tensor)inputs[0]).contiguous(), parts = (Tensor)inputs[1], weight = (Tensor)inputs[2], fused = empty_like(states);
        context.save_for_backward([states, parts, weight]);
        if (Lanes.AreWide)
            Fuse(states, new Row<WideLanes>(parts, weight), fused);
        else
            Fuse(states, new Row<VectorLanes>(parts, weight), fused);
        return fused;
    }

    public override List<Tensor> backward(autograd.AutogradContext context, Tensor outputGradient)
    {
        using var scope = NewDisposeScope();
        var saved = context.get_saved_variables();
        Tensor states = saved[0], parts = saved[1], weight = saved[2], gradient = outputGradient.contiguous();
        Tensor ofStates = empty_like(states), ofParts = zeros_like(parts), ofWeight = zeros_like(weight);
        if (Lanes.AreWide)
            Differentiate(states, new Row<WideLanes>(parts, weight), gradient, ofStates, ofParts, ofWeight);
        else
            Differentiate(states, new Row<VectorLanes>(parts, weight), gradient, ofStates, ofParts, ofWeight);
        return [ofStates.MoveToOuterDisposeScope(), ofParts.MoveToOuterDisposeScope(), ofWeight.MoveToOuterDisposeScope()];
    }

    private static void Fuse<T>(Tensor states, Row<T> row, Tensor fused)
        where T : unmanaged, ILanes<T>
    {
        Span<float> o = states.AsSpan(), s = fused.AsSpan();
        for (int i = 0; i < o.Length; i += row.Width)
        {
            row.Read(o.Slice(i, row.Width));
            row.Fuse(s.Slice(i, row.Width));
        }
    }

    private static void Differentiate<T>(Tensor states, Row<T> row, Tensor gradient, Tensor ofStates, Tensor ofParts, Tensor ofWeight)
        where T : unmanaged, ILanes<T>
    {
        Span<float> o = states.AsSpan(), g = gradient.AsSpan(), toStates = ofStates.AsSpan();
        for (int i = 0; i < o.Length; i += row.Width)
        {
            row.Read(o.Slice(i, row.Width));
            row.Differentiate(g.Slice(i, row.Width), toStates.Slice(i, row.Width));
        }

        row.TakeSums(ofParts.AsSpan(), ofWeight.AsSpan());
    }

    /// <summary>What a row needs. Of lanes beyond it nothing comes, as o is zero there.</summary>
    private readonly ref struct Row<T>
        where T : unmanaged, ILanes<T>
    {
        private readonly int _count, _lanes;
        private readonly Span<T> _parts, _weight, _state, _gradient, _gates, _mean, _result, _partSums, _weightSums, _shares;
        private readonly Span<float> _logits;

        public Row(Tensor parts, Tensor weight)
        {
            (_count, Width) = ((int)parts.shape[0], (int)parts.shape[1]);
            _lanes = Lanes.CountOf<T>(Width);
            int ofCount = Lanes.CountOf<T>(_count);
            var space = new LaneSpace<T>((((3 * _count) + 6) * _lanes) + (2 * ofCount));
            _parts = space.Take(_count * _lanes);
            _gates = space.Take(_count * _lanes);
            _partSums = space.Take(_count * _lanes);
            _weight = space.Take(weight.contiguous().AsSpan());
            _state = space.Take(_lanes);
            _gradient = space.Take(_lanes);
            _mean = space.Take(_lanes);
            _result = space.Take(_lanes);
            _weightSums = space.Take(_lanes);
            _shares = space.Take(ofCount);
            _logits = Lanes.Numbers(space.Take(ofCount))[.._count];
            for (int k = 0; k < _count; k++)
                Lanes.Read(parts.AsSpan().Slice(k * Width, Width), Of(_parts, k));
        }

        public int Width { get; }

        private Span<float> Shares => Lanes.Numbers(_shares);

        /// <summary>Takes o: t, γ and m follow.</summary>
        public void Read(ReadOnlySpan<float> state)
        {
            Span<T> o = _state, weight = _weight;
            Lanes.Read(state, o);
            var one = T.Of(1);
            for (int k = 0; k < _count; k++)
            {
                Span<T> z = Of(_parts, k), t = Of(_gates, k);
                var sum = T.Of(0);
                for (int i = 0; i < t.Length; i++)
                {
                    t[i] = one + T.Reciprocal(one + Lanes.Exp(-o[i] * z[i]));
                    sum = T.MultiplyAdd(weight[i] * o[i], t[i], sum);
                }

                _logits[k] = T.Sum(sum);
            }

            Softmax();
            _mean.Clear();
            for (int k = 0; k < _count; k++)
                AddTimes(_mean, Of(_gates, k), Shares[k]);
        }

        /// <summary>o ∗ m.</summary>
        public void Fuse(Span<float> fused)
        {
            for (int i = 0; i < _lanes; i++)
                _result[i] = _state[i] * _mean[i];
            Lanes.Write<T>(_result, fused);
        }

        /// <summary>Makes o's gradient of the output's; those of z and w are summed up over the rows.</summary>
        public void Differentiate(ReadOnlySpan<float> gradient, Span<float> ofState)
        {
            Span<T> g = _gradient, o = _state;
            Lanes.Read(gradient, g);
            float mean = 0;
            for (int k = 0; k < _count; k++)
            {
                var t = Of(_gates, k);
                var sum = T.Of(0);
                for (int i = 0; i < t.Length; i++)
                    sum = T.MultiplyAdd(g[i] * o[i], t[i], sum);
                _logits[k] = T.Sum(sum);
                mean += Shares[k] * _logits[k];
            }

            for (int i = 0; i < _lanes; i++)
                _result[i] = g[i] * _mean[i];
            for (int k = 0; k < _count; k++)
                Differentiate(k, Shares[k], Shares[k] * (_logits[k] - mean));
            Lanes.Write<T>(_result, ofState);
        }

        /// <summary>The gradients of z and w.</summary>
        public void TakeSums(Span<float> ofParts, Span<float> ofWeight)
        {
            for (int k = 0; k < _count; k++)
                Lanes.Write<T>(Of(_partSums, k), ofParts.Slice(k * Width, Width));
            Lanes.Write<T>(_weightSums, ofWeight);
        }

        private void Differentiate(int part, float share, float ofLogit)
        {
            Span<T> z = Of(_parts, part), t = Of(_gates, part), sums = Of(_partSums, part), o = _state, g = _gradient, weight = _weight, result = _result, weightSums = _weightSums;
            T shares = T.Of(share), logits = T.Of(ofLogit), one = T.Of(1), two = T.Of(2);
            for (int i = 0; i < t.Length; i++)
            {
                var ofWeight = weight[i] * logits;
                var slope = (t[i] - one) * (two - t[i]) * o[i] * T.MultiplyAdd(g[i], shares, ofWeight);
                result[i] += T.MultiplyAdd(ofWeight, t[i], slope * z[i]);
                sums[i] = T.MultiplyAdd(slope, o[i], sums[i]);
                weightSums[i] = T.MultiplyAdd(o[i] * t[i], logits, weightSums[i]);
            }
        }

        private void Softmax()
        {
            float most = float.NegativeInfinity, sum = 0;
            foreach (float logit in _logits)
                most = MathF.Max(most, logit);
            for (int k = 0; k < _count; k++)
                Shares[k] = _logits[k] - most;
            foreach (ref var shares in _shares)
                shares = Lanes.Exp(shares);
            foreach (float share in Shares[.._count])
                sum += share;
            foreach (ref var shares in _shares)
                shares *= T.Of(1 / sum);
        }

        private Span<T> Of(Span<T> values, int part) => values.Slice(part * _lanes, _lanes);

        private static void AddTimes(Span<T> sums, ReadOnlySpan<T> values, float factor)
        {
            var factors = T.Of(factor);
            for (int i = 0; i < sums.Length; i++)
                sums[i] = T.MultiplyAdd(values[i], factors, sums[i]);
        }
    }
}
