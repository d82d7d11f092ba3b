using System.Numerics;
using System.Runtime.InteropServices;
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
        Tensor states = ((Tensor)inputs[0]).contiguous(), parts = (Tensor)inputs[1], weight = (Tensor)inputs[2];
        context.save_for_backward([states, parts, weight]);
        var fused = empty_like(states);
        Span<float> o = states.AsSpan(), s = fused.AsSpan();
        var row = new Row(parts, weight);
        for (int i = 0; i < o.Length; i += row.Width)
        {
            row.Read(o.Slice(i, row.Width));
            row.Fuse(s.Slice(i, row.Width));
        }

        return fused;
    }

    public override List<Tensor> backward(autograd.AutogradContext context, Tensor outputGradient)
    {
        using var scope = NewDisposeScope();
        var saved = context.get_saved_variables();
        Tensor states = saved[0], parts = saved[1], weight = saved[2], ofStates = empty_like(states), ofParts = zeros_like(parts), ofWeight = zeros_like(weight);
        Span<float> o = states.AsSpan(), g = outputGradient.contiguous().AsSpan(), toStates = ofStates.AsSpan();
        var row = new Row(parts, weight);
        for (int i = 0; i < o.Length; i += row.Width)
        {
            row.Read(o.Slice(i, row.Width));
            row.Differentiate(g.Slice(i, row.Width), toStates.Slice(i, row.Width));
        }

        row.TakeSums(ofParts.AsSpan(), ofWeight.AsSpan());
        return [ofStates.MoveToOuterDisposeScope(), ofParts.MoveToOuterDisposeScope(), ofWeight.MoveToOuterDisposeScope()];
    }

    /// <summary>What a row needs, in vectors: zeros stand behind the width, of which nothing comes, as o is zero there.</summary>
    private sealed class Row
    {
        private readonly int _count, _vectors;
        private readonly Vector<float>[] _parts, _weight, _state, _gradient, _gates, _mean, _result, _partSums, _weightSums;
        private readonly float[] _shares, _logits;

        public Row(Tensor parts, Tensor weight)
        {
            (_count, Width) = ((int)parts.shape[0], (int)parts.shape[1]);
            _vectors = (Width + Vector<float>.Count - 1) / Vector<float>.Count;
            (_parts, _gates, _partSums) = (new Vector<float>[_count * _vectors], new Vector<float>[_count * _vectors], new Vector<float>[_count * _vectors]);
            (_weight, _state, _gradient) = (new Vector<float>[_vectors], new Vector<float>[_vectors], new Vector<float>[_vectors]);
            (_mean, _result, _weightSums) = (new Vector<float>[_vectors], new Vector<float>[_vectors], new Vector<float>[_vectors]);
            (_shares, _logits) = (new float[_count], new float[_count]);
            for (int k = 0; k < _count; k++)
                parts.AsSpan().Slice(k * Width, Width).CopyTo(Numbers(Of(_parts, k)));
            weight.contiguous().AsSpan().CopyTo(Numbers(_weight));
        }

        public int Width { get; }

        /// <summary>Takes o: t, γ and m follow.</summary>
        public void Read(ReadOnlySpan<float> state)
        {
            state.CopyTo(Numbers(_state));
            for (int k = 0; k < _count; k++)
            {
                Span<Vector<float>> z = Of(_parts, k), t = Of(_gates, k);
                var sum = Vector<float>.Zero;
                for (int i = 0; i < t.Length; i++)
                {
                    t[i] = Vector<float>.One + (Vector<float>.One / (Vector<float>.One + VectorExponential.Exp(-_state[i] * z[i])));
                    sum += _weight[i] * _state[i] * t[i];
                }

                _logits[k] = Vector.Sum(sum);
            }

            Softmax();
            _mean.AsSpan().Clear();
            for (int k = 0; k < _count; k++)
                AddTimes(_mean, Of(_gates, k), _shares[k]);
        }

        /// <summary>o ∗ m.</summary>
        public void Fuse(Span<float> fused)
        {
            for (int i = 0; i < _vectors; i++)
                _result[i] = _state[i] * _mean[i];
            Numbers(_result)[..Width].CopyTo(fused);
        }

        /// <summary>Makes o's gradient of the output's; those of z and w are summed up over the rows.</summary>
        public void Differentiate(ReadOnlySpan<float> gradient, Span<float> ofState)
        {
            gradient.CopyTo(Numbers(_gradient));
            float mean = 0;
            for (int k = 0; k < _count; k++)
            {
                var t = Of(_gates, k);
                var sum = Vector<float>.Zero;
                for (int i = 0; i < t.Length; i++)
                    sum += _gradient[i] * _state[i] * t[i];
                _logits[k] = Vector.Sum(sum);
                mean += _shares[k] * _logits[k];
            }

            for (int i = 0; i < _vectors; i++)
                _result[i] = _gradient[i] * _mean[i];
            for (int k = 0; k < _count; k++)
                Differentiate(k, _shares[k], _shares[k] * (_logits[k] - mean));
            Numbers(_result)[..Width].CopyTo(ofState);
        }

        /// <summary>The gradients of z and w.</summary>
        public void TakeSums(Span<float> ofParts, Span<float> ofWeight)
        {
            for (int k = 0; k < _count; k++)
                Numbers(Of(_partSums, k))[..Width].CopyTo(ofParts.Slice(k * Width, Width));
            Numbers(_weightSums)[..Width].CopyTo(ofWeight);
        }

        private void Differentiate(int part, float share, float ofLogit)
        {
            Span<Vector<float>> z = Of(_parts, part), t = Of(_gates, part), sums = Of(_partSums, part);
            for (int i = 0; i < t.Length; i++)
            {
                var ofWeight = _weight[i] * ofLogit;
                var slope = (t[i] - Vector<float>.One) * (new Vector<float>(2) - t[i]) * _state[i] * ((_gradient[i] * share) + ofWeight);
                _result[i] += (ofWeight * t[i]) + (slope * z[i]);
                sums[i] += slope * _state[i];
                _weightSums[i] += _state[i] * t[i] * ofLogit;
            }
        }

        private void Softmax()
        {
            float most = _logits.Max(), sum = 0;
            for (int k = 0; k < _count; k++)
                sum += _shares[k] = MathF.Exp(_logits[k] - most);
            for (int k = 0; k < _count; k++)
                _shares[k] /= sum;
        }

        private Span<Vector<float>> Of(Vector<float>[] values, int part) => values.AsSpan(part * _vectors, _vectors);

        private static Span<float> Numbers(Span<Vector<float>> vectors) => MemoryMarshal.Cast<Vector<float>, float>(vectors);

        private static void AddTimes(Span<Vector<float>> sums, ReadOnlySpan<Vector<float>> values, float factor)
        {
            for (int i = 0; i < sums.Length; i++)
                sums[i] += values[i] * factor;
        }
    }
}
