using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// <see cref="ITensor{TSelf}.FuseProjections"/> on a CPU as one operation of autograd's: what belongs to the K parts of a row, [n, K, d] in all, is written once and read once for the
/// gradient, where torch's own operators carry it through memory some fifteen times.
/// </summary>
/// <remarks>
/// With x_k = o ∗ z_k, t_k = 1 + σ(x_k), γ = softmax(w·(o ∗ t_k)) and m = Σ γ_k t_k the output is o ∗ m. Of its gradient g come γ_k's c_k = g·(o ∗ t_k), the logits' l_k = γ_k (c_k − Σ γ c), and
/// a_k = γ_k g + l_k w, of which t_k has o ∗ a_k; so o has g ∗ m + Σ (l_k w ∗ t_k + σ′ ∗ o ∗ a_k ∗ z_k), z_k has σ′ ∗ o ∗ o ∗ a_k and w has Σ l_k o ∗ t_k.
/// </remarks>
internal sealed class FuseProjectionsFunction : autograd.SingleTensorFunction<FuseProjectionsFunction>
{
    public override string Name => nameof(FuseProjectionsFunction);

    /// <summary>Whether it can: spans reach over all that it keeps.</summary>
    public static bool CanRun(Tensor states, Tensor parts)
        => states.HasSpan() && states.shape[0] * parts.shape[0] * (states.shape[1] + Vector<float>.Count) <= TorchMemory.LongestSpan;

    /// <summary>o [n, d], z [K, d] and w [d, 1] → [n, d].</summary>
    public static Tensor Run(Tensor states, Tensor parts, Tensor weight) => apply(states, parts, weight, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
    {
        Tensor states = ((Tensor)inputs[0]).contiguous(), parts = (Tensor)inputs[1], weight = (Tensor)inputs[2];
        var row = new Row(parts, weight);
        var fused = empty_like(states);
        Span<float> o = states.AsSpan(), s = fused.AsSpan();
        // t and γ of all rows, or of one where nobody will ask for a gradient
        bool isKept = (bool)inputs[3];
        Tensor gates = empty(isKept ? states.shape[0] : 1, row.GateCount), shares = empty(isKept ? states.shape[0] : 1, row.PartCount);
        Span<float> t = gates.AsSpan(), y = shares.AsSpan();
        for (int i = 0; i < states.shape[0]; i++)
        {
            int kept = isKept ? i : 0;
            row.Read(o.Slice(i * row.Width, row.Width), t.Slice(kept * row.GateCount, row.GateCount), y.Slice(kept * row.PartCount, row.PartCount));
            row.Fuse(s.Slice(i * row.Width, row.Width));
        }

        context.save_for_backward([states, parts, weight, gates, shares]);
        return fused;
    }

    public override List<Tensor> backward(autograd.AutogradContext context, Tensor outputGradient)
    {
        using var scope = NewDisposeScope();
        var saved = context.get_saved_variables();
        Tensor states = saved[0], parts = saved[1], weight = saved[2], gates = saved[3], shares = saved[4], ofStates = empty_like(states), ofParts = zeros_like(parts), ofWeight = zeros_like(weight);
        Span<float> o = states.AsSpan(), g = outputGradient.contiguous().AsSpan(), t = gates.AsSpan(), y = shares.AsSpan(), toStates = ofStates.AsSpan();
        var row = new Row(parts, weight);
        for (int i = 0; i < states.shape[0]; i++)
        {
            row.ReadAgain(o.Slice(i * row.Width, row.Width), t.Slice(i * row.GateCount, row.GateCount), y.Slice(i * row.PartCount, row.PartCount));
            row.Differentiate(g.Slice(i * row.Width, row.Width), t.Slice(i * row.GateCount, row.GateCount), toStates.Slice(i * row.Width, row.Width));
        }

        row.TakeSums(ofParts.AsSpan(), ofWeight.AsSpan());
        return [ofStates.MoveToOuterDisposeScope(), ofParts.MoveToOuterDisposeScope(), ofWeight.MoveToOuterDisposeScope(), null!];
    }

    /// <summary>What a row needs, in vectors: zeros stand behind the width, of which nothing comes, as o is zero there.</summary>
    private sealed class Row
    {
        private readonly int _vectors;
        private readonly Vector<float>[] _parts, _weight, _state, _gradient, _mean, _result, _partSums, _weightSums;
        private readonly float[] _shares, _logits;

        public Row(Tensor parts, Tensor weight)
        {
            (PartCount, Width) = ((int)parts.shape[0], (int)parts.shape[1]);
            _vectors = (Width + Vector<float>.Count - 1) / Vector<float>.Count;
            (_parts, _partSums) = (new Vector<float>[PartCount * _vectors], new Vector<float>[PartCount * _vectors]);
            (_weight, _state, _gradient) = (new Vector<float>[_vectors], new Vector<float>[_vectors], new Vector<float>[_vectors]);
            (_mean, _result, _weightSums) = (new Vector<float>[_vectors], new Vector<float>[_vectors], new Vector<float>[_vectors]);
            (_shares, _logits) = (new float[PartCount], new float[PartCount]);
            for (int k = 0; k < PartCount; k++)
                parts.AsSpan().Slice(k * Width, Width).CopyTo(Numbers(Of(_parts, k)));
            weight.contiguous().AsSpan().CopyTo(Numbers(_weight));
        }

        /// <summary>K.</summary>
        public int PartCount { get; }

        /// <summary>d.</summary>
        public int Width { get; }

        /// <summary>The numbers of a row's t_k, with what stands behind the width.</summary>
        public int GateCount => PartCount * _vectors * Vector<float>.Count;

        /// <summary>Takes o: t, γ and m follow.</summary>
        public void Read(ReadOnlySpan<float> state, Span<float> gates, Span<float> shares)
        {
            state.CopyTo(Numbers(_state));
            var all = Vectors(gates);
            for (int k = 0; k < PartCount; k++)
            {
                Span<Vector<float>> z = Of(_parts, k), t = Of(all, k);
                var sum = Vector<float>.Zero;
                for (int i = 0; i < t.Length; i++)
                {
                    t[i] = Vector<float>.One + (Vector<float>.One / (Vector<float>.One + VectorExponential.Exp(-_state[i] * z[i])));
                    sum += _weight[i] * _state[i] * t[i];
                }

                _logits[k] = Vector.Sum(sum);
            }

            Softmax();
            _shares.CopyTo(shares);
            AddUp(all);
        }

        /// <summary>Takes o with its t and γ.</summary>
        public void ReadAgain(ReadOnlySpan<float> state, Span<float> gates, ReadOnlySpan<float> shares)
        {
            state.CopyTo(Numbers(_state));
            shares.CopyTo(_shares);
            AddUp(Vectors(gates));
        }

        /// <summary>o ∗ m.</summary>
        public void Fuse(Span<float> fused)
        {
            for (int i = 0; i < _vectors; i++)
                _result[i] = _state[i] * _mean[i];
            Numbers(_result)[..Width].CopyTo(fused);
        }

        /// <summary>Makes o's gradient of the output's; those of z and w are summed up over the rows.</summary>
        public void Differentiate(ReadOnlySpan<float> gradient, Span<float> gates, Span<float> ofState)
        {
            gradient.CopyTo(Numbers(_gradient));
            var all = Vectors(gates);
            float mean = 0;
            for (int k = 0; k < PartCount; k++)
            {
                var t = Of(all, k);
                var sum = Vector<float>.Zero;
                for (int i = 0; i < t.Length; i++)
                    sum += _gradient[i] * _state[i] * t[i];
                _logits[k] = Vector.Sum(sum);
                mean += _shares[k] * _logits[k];
            }

            for (int i = 0; i < _vectors; i++)
                _result[i] = _gradient[i] * _mean[i];
            for (int k = 0; k < PartCount; k++)
                Differentiate(k, Of(all, k), _shares[k], _shares[k] * (_logits[k] - mean));
            Numbers(_result)[..Width].CopyTo(ofState);
        }

        /// <summary>The gradients of z and w.</summary>
        public void TakeSums(Span<float> ofParts, Span<float> ofWeight)
        {
            for (int k = 0; k < PartCount; k++)
                Numbers(Of(_partSums, k))[..Width].CopyTo(ofParts.Slice(k * Width, Width));
            Numbers(_weightSums)[..Width].CopyTo(ofWeight);
        }

        private void Differentiate(int part, Span<Vector<float>> t, float share, float ofLogit)
        {
            Span<Vector<float>> z = Of(_parts, part), sums = Of(_partSums, part);
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
            for (int k = 0; k < PartCount; k++)
                sum += _shares[k] = MathF.Exp(_logits[k] - most);
            for (int k = 0; k < PartCount; k++)
                _shares[k] /= sum;
        }

        // m
        private void AddUp(Span<Vector<float>> gates)
        {
            _mean.AsSpan().Clear();
            for (int k = 0; k < PartCount; k++)
            {
                var t = Of(gates, k);
                for (int i = 0; i < t.Length; i++)
                    _mean[i] += t[i] * _shares[k];
            }
        }

        private Span<Vector<float>> Of(Span<Vector<float>> values, int part) => values.Slice(part * _vectors, _vectors);

        private static Span<float> Numbers(Span<Vector<float>> vectors) => MemoryMarshal.Cast<Vector<float>, float>(vectors);

        private static Span<Vector<float>> Vectors(Span<float> numbers) => MemoryMarshal.Cast<float, Vector<float>>(numbers);
    }
}
