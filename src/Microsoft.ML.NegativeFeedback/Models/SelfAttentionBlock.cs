using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// One block of the encoder: q = LN(x); x = q + Attention(q, x, x, causal); x = LN(x); x = x + W₂·relu(W₁·x) (Kang and McAuley
/// 2018, section 3.2, in the order of the published code). Dropout follows the attention weights and both products.
/// </summary>
internal sealed class SelfAttentionBlock : nn.Module<Tensor, BlockContext, Tensor>
{
    // Queries of a sequence up to this length are worked off at once, of a longer one in so many stretches.
    private const long LongestStretch = 64, Stretches = 4;

    private readonly int _width;
    private readonly int _headCount;
    private readonly bool _dropsOutput;
    private readonly LayerNormalization attentionNorm;
    private readonly Parameter inProjectionWeight;
    private readonly Parameter? inProjectionBias;
    private readonly LinearLayer outProjection;
    private readonly LayerNormalization forwardNorm;
    private readonly LinearLayer first;
    private readonly LinearLayer second;

    public SelfAttentionBlock(EncoderSettings settings, long seed, Device device) : base(nameof(SelfAttentionBlock))
    {
        (_width, _headCount) = (settings.Width, settings.HeadCount);
        attentionNorm = new LayerNormalization(_width, device);
        bool isSine = settings.Form == EncoderForm.Sine;
        _dropsOutput = isSine;
        inProjectionWeight = isSine
            ? InProjection(settings, seed, device)
            : InitialWeights.Xavier(CounterRandom.Of(seed, 0), device, 3 * _width, _width);
        inProjectionBias = isSine ? null : new Parameter(zeros(3 * _width, device: device));
        outProjection = new LinearLayer(Weights(1), hasBias: !isSine, device);
        forwardNorm = new LayerNormalization(_width, device);
        first = new LinearLayer(Weights(2), hasBias: true, device);
        second = new LinearLayer(Weights(3), hasBias: true, device);
        RegisterComponents();

        Parameter Weights(int number) => isSine
            ? InitialWeights.XavierNormal(CounterRandom.Of(seed, number), device, _width, _width)
            : InitialWeights.Normal(CounterRandom.Of(seed, number), device, _width, _width);
    }

    // 1 / √d
    private double LogitScale => 1 / Math.Sqrt(_width / _headCount);

    /// <summary>Runs the block.</summary>
    /// <param name="input">[batch, length, d].</param>
    /// <param name="context">What all blocks of a pass share.</param>
    /// <returns>[batch, length, d].</returns>
    public override Tensor forward(Tensor input, BlockContext context)
    {
        var normalized = attentionNorm.call(input);
        var attention = Attention(normalized, input, context);
        var attended = normalized.add(_dropsOutput ? context.Dropout.Apply(attention) : attention, Scalars.One);
        var values = forwardNorm.call(attended);
        var hidden = context.Dropout.Apply(first.call(values)).relu_();
        return values.add(context.Dropout.Apply(second.call(hidden)), Scalars.One);
    }

    public EncoderBlockWeights ToWeights() => new(
        attentionNorm.Weight, attentionNorm.Bias,
        inProjectionWeight.ToArray(), inProjectionBias?.ToArray() ?? new float[3 * _width], outProjection.Weight, outProjection.Bias,
        forwardNorm.Weight, forwardNorm.Bias, first.Weight, first.Bias, second.Weight, second.Bias);

    // W_o·Attention(q, k, v)
    private Tensor Attention(Tensor queryInput, Tensor keyInput, BlockContext context)
    {
        if (_headCount == 1 && inProjectionBias is null)
            return MergedAttention(queryInput, keyInput, context);
        var query = SplitHeads(Project(queryInput, 0).mul(Scalars.Of(LogitScale)));
        var key = SplitHeads(Project(keyInput, 1));
        var value = SplitHeads(Project(keyInput, 2));
        return outProjection.call(JoinHeads(Attend(query, key, value, context), queryInput.shape));
    }

    // With one head and no bias (W_q·x)·(W_k·y) = (W_kᵀ·W_q·x)·y and W_o·Σ α·(W_v·y) = W_o·W_v·Σ α·y: keys and values are the inputs themselves,
    // and two projections do for four.
    private Tensor MergedAttention(Tensor queryInput, Tensor keyInput, BlockContext context)
    {
        var query = nn.functional.linear(queryInput, InProjectionPart(1).t().mm(InProjectionPart(0)).mul(Scalars.Of(LogitScale)));
        return nn.functional.linear(Attend(query, keyInput, keyInput, context), outProjection.Matrix.mm(InProjectionPart(2)));
    }

    // Σ α·v, queries scaled: [batch · heads, length, d / heads] each
    private Tensor Attend(Tensor query, Tensor key, Tensor value, BlockContext context)
    {
        long length = query.shape[1];
        if (length <= LongestStretch)
            return Mix(query, key, value, context.CausalMask, context.AttentionFactors, context.Dropout);

        // Nothing sees what comes after it: stretches of queries need only the keys up to their own end, five eighths of all in four. The last comes
        // first, and each takes its keys out of those of the one after it, so that gradients are added to no more rows than they have.
        var queries = query.split((length + Stretches - 1) / Stretches, 1);
        var mixed = new Tensor[queries.Length];
        for (int i = queries.Length - 1; i >= 0; i--)
        {
            long end = key.shape[1], count = queries[i].shape[1], start = end - count;
            mixed[i] = Mix(queries[i], key, value, context.CausalMask.narrow(0, start, count).narrow(1, 0, end),
                context.AttentionFactors?.narrow(1, start, count).narrow(2, 0, end), context.Dropout);
            if (i > 0)
                (key, value) = Beginnings(key, value, start);
        }

        return cat(mixed, 1);
    }

    // one view where keys are the values, so that both gradients meet in it
    private static (Tensor Key, Tensor Value) Beginnings(Tensor key, Tensor value, long length)
    {
        var beginning = key.narrow(1, 0, length);
        return (beginning, ReferenceEquals(key, value) ? beginning : value.narrow(1, 0, length));
    }

    // softmax(mask + q·kᵀ)·v
    private Tensor Mix(Tensor query, Tensor key, Tensor value, Tensor mask, Tensor? factors, Dropout dropout)
    {
        var weights = dropout.Apply(query.bmm(key.transpose(1, 2)).add_(mask, Scalars.One).softmax(-1));
        return Scale(weights, factors).bmm(value);
    }

    // rows [Q; K; V] of the packed projection
    private Tensor Project(Tensor input, int part)
        => nn.functional.linear(
            input, InProjectionPart(part), inProjectionBias?.narrow(0, part * _width, _width));

    private Tensor InProjectionPart(int part) => inProjectionWeight.narrow(0, part * _width, _width);

    // α̂ = β·α (SINE, eq. 9), the same for every head
    private Tensor Scale(Tensor weights, Tensor? factors)
    {
        if (factors is null)
            return weights;
        if (_headCount == 1)
            return weights.mul(factors);
        var shape = weights.shape;
        return weights.view(-1, _headCount, shape[1], shape[2]).mul(factors.unsqueeze(1)).view(shape);
    }

    // three square matrices below each other, each drawn as one
    private static Parameter InProjection(EncoderSettings settings, long seed, Device device)
    {
        int width = settings.Width;
        return new Parameter(Tensors.Of(CounterRandom.Of(seed, 0).Normal(3 * width * width, Math.Sqrt(1.0 / width)), device, 3 * width, width));
    }

    // [batch, length, d] → [batch · heads, length, d / heads]
    private Tensor SplitHeads(Tensor values)
    {
        if (_headCount == 1)
            return values;
        long batch = values.shape[0], length = values.shape[1];
        return values.view(batch, length, _headCount, _width / _headCount).transpose(1, 2)
            .reshape(batch * _headCount, length, _width / _headCount);
    }

    private Tensor JoinHeads(Tensor values, long[] shape)
        => _headCount == 1 ? values
            : values.view(shape[0], _headCount, shape[1], _width / _headCount).transpose(1, 2).reshape(shape);
}

/// <summary>What all blocks of a pass share.</summary>
/// <param name="CausalMask">[length, length], 0 where a query (row) may see a key (column) and −∞ elsewhere.</param>
/// <param name="Dropout">The dropout of the pass.</param>
/// <param name="AttentionFactors">[batch, length, length], what attention weights are multiplied with; null for 1.</param>
internal sealed record BlockContext(Tensor CausalMask, Dropout Dropout, Tensor? AttentionFactors = null);
