using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>The shape of a self-attention encoder.</summary>
/// <param name="Width">Embedding width d; a multiple of <paramref name="HeadCount"/>.</param>
/// <param name="MaximumLength">Number of positions l: how many of the most recent items are read.</param>
/// <param name="BlockCount">Number of blocks.</param>
/// <param name="HeadCount">Attention heads.</param>
/// <param name="DropoutRate">Share of activations that training zeroes, in [0, 1).</param>
/// <param name="Form">In whose published form.</param>
internal sealed record EncoderSettings(
    int Width, int MaximumLength, int BlockCount, int HeadCount, double DropoutRate, EncoderForm Form = EncoderForm.PnfRec);

/// <summary>The published implementations agree on the blocks but for these details.</summary>
internal enum EncoderForm
{
    /// <summary>Biases in attention; weights N(0, 0.02), the attention's in-projection Xavier uniform.</summary>
    PnfRec,

    /// <summary>No biases in attention, dropout behind its output; weights Xavier normal.</summary>
    Sine,

    /// <summary>Normalised behind each layer, with flags of 0 and 1 beside the items' vectors, which therefore begin about as large; weights Xavier normal.</summary>
    MultiFeedback,
}

/// <summary>
/// The self-attention encoder of Kang and McAuley (2018): embedding · √d + position, then blocks, each q = LN(x); x = q + Attention(q, x, x, causal); x = LN(x);
/// x = x + W₂·relu(W₁·x), and a last LN. Sequences are padded behind, so that no item ever sees padding.
/// </summary>
internal class SelfAttentionEncoder
{
    private readonly EncoderSettings _settings;
    private readonly SelfAttentionBlock[] _blocks;

    /// <param name="settings">The shape.</param>
    /// <param name="prefix">What the names of the blocks' parameters begin with.</param>
    /// <param name="positions">The position table [l, d].</param>
    /// <param name="finalNorm">The last normalisation.</param>
    /// <param name="seed">What the blocks' initial weights follow from.</param>
    public SelfAttentionEncoder(EncoderSettings settings, string prefix, NetworkParameter positions, LayerNormalization finalNorm, long seed)
    {
        (_settings, Positions, FinalNorm) = (settings, positions, finalNorm);
        _blocks = [.. Enumerable.Range(0, settings.BlockCount)
            .Select(i => new SelfAttentionBlock(settings, $"{prefix}block{i}.", CounterRandom.Of(seed, i).Bits64()))];
    }

    /// <summary>Row 0 belongs to the oldest item that is kept.</summary>
    public NetworkParameter Positions { get; }

    public LayerNormalization FinalNorm { get; }

    /// <summary>The parameters of the blocks.</summary>
    public IEnumerable<NetworkParameter> BlockParameters => _blocks.SelectMany(block => block.Parameters);

    /// <summary>Everything that the encoder learns.</summary>
    public IEnumerable<NetworkParameter> Parameters => [Positions, .. BlockParameters, .. FinalNorm.Parameters];

    /// <summary>The values of the largest tensor that a place of a sequence takes, which is asked at its newest place: there the last block attends from that place alone.</summary>
    public long ValuesPerPlace => Math.Max(_settings.Width + 1L, _settings.HeadCount * (_settings.BlockCount > 1 ? (long)_settings.MaximumLength : 1));

    /// <summary>Whether it computes the same with zeros behind the numbers of every vector: several heads would divide them among each other.</summary>
    public bool AllowsRoundWidths => _settings.HeadCount == 1;

    /// <summary>The encoder as SINE and what it is compared with have it: a position table and a last normalisation of its own, Xavier normal.</summary>
    public static SelfAttentionEncoder OfSine(EncoderSettings settings, long seed) => new(settings, "encoder.blocks.",
        NetworkParameter.XavierNormal("encoder.positions", CounterRandom.Of(seed, 1), settings.MaximumLength, settings.Width),
        new LayerNormalization("encoder.finalNorm", settings.Width), CounterRandom.Of(seed, 2).Bits64());

    /// <summary>Encodes sequences.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="history">The sequences.</param>
    /// <param name="embedded">Their items [b, w, d].</param>
    /// <param name="attention">What attention heeds beside order; null for nothing.</param>
    /// <returns>Hidden vectors at the places that are asked for, [n, d].</returns>
    public T Encode<T>(Pass<T> pass, History<T> history, T embedded, AttentionSettings<T>? attention = null)
        where T : struct, ITensor<T>
    {
        attention = (attention ?? new(_settings.HeadCount)) with { Dropout = _settings.DropoutRate > 0 && pass.Drops ? pass : null };
        var x = pass.Of(Positions).Gather(embedded.RangeOf(1)).PlusTimes(embedded, Math.Sqrt(_settings.Width));   // [b, w, d]
        x = AtItems(pass.Dropout(x), history, isLast: _blocks.Length == 0);
        for (int i = 0; i < _blocks.Length; i++)
        {
            // of the last block only what is asked for: the newest place of each sequence
            bool isNarrow = history.Newest is not null && i == _blocks.Length - 1;
            x = isNarrow ? _blocks[i].Run(pass, history.Select(x).Unsqueeze(1), x, attention with { Newest = history.Newest })   // [b, 1, d]
                : AtItems(_blocks[i].Run(pass, x, x, attention), history, isLast: i == _blocks.Length - 1);
        }

        bool isSelected = history.Newest is not null && _blocks.Length > 0;
        return FinalNorm.Run(pass, isSelected ? x.Squeeze(1) : history.Select(x));
    }

    /// <summary>The values [b, w, d] as the next block is to see them, or behind the last, of which padding may be anything.</summary>
    protected virtual T AtItems<T>(T values, History<T> history, bool isLast)
        where T : struct, ITensor<T>
        => values;
}

/// <summary>One block. Dropout follows the attention weights and both products.</summary>
internal sealed class SelfAttentionBlock
{
    private readonly EncoderSettings _settings;
    private readonly LayerNormalization _attentionNorm, _forwardNorm;
    private readonly NetworkParameter _inProjection, _outProjection, _first, _second, _firstBias, _secondBias;
    private readonly NetworkParameter? _inBias, _outBias;

    public SelfAttentionBlock(EncoderSettings settings, string prefix, long seed)
    {
        _settings = settings;
        int width = settings.Width;
        bool isSine = settings.Form == EncoderForm.Sine;
        (_attentionNorm, _forwardNorm) = (new($"{prefix}attentionNorm", width), new($"{prefix}forwardNorm", width));
        // rows [Q; K; V]: three square matrices below each other, each drawn as one, or one that is drawn whole
        _inProjection = isSine
            ? new($"{prefix}inProjectionWeight", [3 * width, width], () => CounterRandom.Of(seed, 0).Normal(3 * width * width, Math.Sqrt(1.0 / width))) { Parts = 3 }
            : NetworkParameter.Xavier($"{prefix}inProjectionWeight", CounterRandom.Of(seed, 0), 3 * width, width, parts: 3);
        (_inBias, _outBias) = isSine ? (null, null)
            : (NetworkParameter.Zeros($"{prefix}inProjectionBias", 3 * width, parts: 3), NetworkParameter.Zeros($"{prefix}outProjection.bias", width));
        (_outProjection, _first, _second) = (Square("outProjection", 1), Square("first", 2), Square("second", 3));
        (_firstBias, _secondBias) = (NetworkParameter.Zeros($"{prefix}first.bias", width), NetworkParameter.Zeros($"{prefix}second.bias", width));

        NetworkParameter Square(string name, int number) => isSine
            ? NetworkParameter.XavierNormal($"{prefix}{name}.weight", CounterRandom.Of(seed, number), width, width)
            : NetworkParameter.Normal($"{prefix}{name}.weight", CounterRandom.Of(seed, number), width, width);
    }

    public IEnumerable<NetworkParameter> Parameters
        => new NetworkParameter?[] { _inProjection, _inBias, _outProjection, _outBias, _first, _firstBias, _second, _secondBias }
            .OfType<NetworkParameter>().Concat(_attentionNorm.Parameters).Concat(_forwardNorm.Parameters);

    /// <summary>Runs the block.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="queries">[b, q, d]: the input at the places whose output is wanted.</param>
    /// <param name="input">[b, w, d].</param>
    /// <param name="attention">How it attends.</param>
    /// <returns>[b, q, d].</returns>
    public T Run<T>(Pass<T> pass, T queries, T input, AttentionSettings<T> attention)
        where T : struct, ITensor<T>
    {
        var normed = _attentionNorm.Run(pass, queries);
        var attended = Attention(pass, normed, input, attention);
        var x = _forwardNorm.Run(pass, _settings.Form == EncoderForm.Sine ? pass.AddDropout(normed, attended) : normed + attended);
        var hidden = pass.DropoutRelu(x.Linear(pass.Of(_first), pass.Of(_firstBias)));
        return pass.AddDropout(x, hidden.Linear(pass.Of(_second), pass.Of(_secondBias)));
    }

    private T Attention<T>(Pass<T> pass, T queries, T input, AttentionSettings<T> attention)
        where T : struct, ITensor<T>
    {
        double scale = 1 / Math.Sqrt(_settings.Width / _settings.HeadCount);
        if (_settings.HeadCount == 1 && (_inBias is null || !pass.WaitsForLaunches))
        {
            // With one head (W_q·x)·(W_k·y) = (W_kᵀ·W_q·x)·y and W_o·Σ α·(W_v·y) = W_o·W_v·Σ α·y: keys and values are the inputs themselves, and two projections do for
            // four. A key's bias adds the same to every key of a query, which the softmax takes away; a value's comes out Σ α times, once where nothing drops or scales weights.
            var merged = queries.Linear(
                pass.Derived((this, "query"), p => Keys(p).MatMul(p.Of(_inProjection, 0) * scale)),
                _inBias is null ? null : pass.Derived((this, "query bias"), p => (p.Of(_inBias, 0) * scale).Unsqueeze(0).Linear(Keys(p)).Squeeze(0)));
            var values = pass.Derived((this, "value"), p => p.Of(_outProjection).MatMul(p.Of(_inProjection, 2)));
            if (_inBias is null)
                return T.CausalAttention(merged, input, input, attention).Linear(values);
            var shift = pass.Derived((this, "value bias"), p => p.Of(_inBias, 2).Unsqueeze(0).Linear(p.Of(_outProjection)));   // [1, d]
            if (attention is { Groups: null, Dropout: null })
                return T.CausalAttention(merged, input, input, attention).Linear(values, shift.Squeeze(0) + pass.Of(_outBias!));
            var (attended, sums) = T.CausalAttentionWithSums(merged, input, input, attention);
            return attended.Linear(values, pass.Of(_outBias!)) + sums.MatMul(shift);
        }

        var mixed = T.CausalAttention(queries.Linear(pass.Of(_inProjection, 0) * scale, Bias(0) is { } bias ? bias * scale : null),
            input.Linear(pass.Of(_inProjection, 1), Bias(1)), input.Linear(pass.Of(_inProjection, 2), Bias(2)), attention);
        return mixed.Linear(pass.Of(_outProjection), _outBias is null ? null : pass.Of(_outBias));

        T Keys(Pass<T> p) => p.Of(_inProjection, 1).Permute(1, 0);
        T? Bias(int part) => _inBias is null ? null : pass.Of(_inBias, part);
    }
}

/// <summary>Layer normalisation over the last dimension, with a learned scale (1 at first) and shift (0 at first).</summary>
internal sealed class LayerNormalization(string name, int width)
{
    /// <summary>ε of every layer normalisation (Kang and McAuley 2018, as the reference implementations have it).</summary>
    public const double Epsilon = 1e-8;

    private readonly NetworkParameter _scale = NetworkParameter.Ones($"{name}.weight", width), _shift = NetworkParameter.Zeros($"{name}.bias", width);

    public IEnumerable<NetworkParameter> Parameters => [_scale, _shift];

    public T Run<T>(Pass<T> pass, T values)
        where T : struct, ITensor<T>
        => values.LayerNorm(pass.Of(_scale), pass.Of(_shift), Epsilon);
}
