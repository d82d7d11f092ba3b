using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>
/// A step of SINE as it is published: every sequence padded to l in front, padding attended to, everything in between kept for all sub-interests of the whole batch,
/// the fusion's weight applied to sub-interest and candidate laid beside each other, torch's dropout and Adam. The baseline that the library's step is timed against.
/// </summary>
internal sealed class PlainSineStep : IDisposable
{
    private readonly SineSettings _settings;
    private readonly SequenceWindows _windows;
    private readonly NegativeSampler _sampler;
    private readonly List<Parameter> _parameters = [];
    private readonly Parameter _items;
    private readonly Parameter _positions;
    private readonly Parameter _prototypes;
    private readonly Parameter _fusionWeight;
    private readonly Parameter _fusionBias;
    private readonly Norm _finalNorm;
    private readonly Block[] _blocks;
    private readonly AdamOptimizer _adam;

    public PlainSineStep(SequenceData data, SineSettings settings, double learningRate)
    {
        _settings = settings;
        var (width, length) = (settings.Encoder.Width, settings.Encoder.MaximumLength);
        _windows = new SequenceWindows(data, SequenceKind.Positives, length + 1, [NetworkInput.Skips]);
        _sampler = new NegativeSampler(new NegativeSamplerSettings(NegativeSamplingMethod.Uniform), data.ItemCount);
        _items = Draw(NetworkParameter.Embeddings("items", CounterRandom.Of(1), data.ItemCount, width, EncoderForm.Sine));
        _positions = Matrix(length, width);
        _prototypes = Matrix(settings.SubInterestCount, width);
        _fusionWeight = Matrix(1, 2 * width);
        _fusionBias = Zeros(1);
        _finalNorm = CreateNorm();
        _blocks = [.. Enumerable.Range(0, settings.Encoder.BlockCount).Select(_ => CreateBlock())];
        _adam = new AdamOptimizer(_parameters.Select((parameter, index) => ($"{index}", parameter)), learningRate, 0.98);
    }

    /// <summary>Takes a step on a batch of rows.</summary>
    /// <returns>The loss before it.</returns>
    public double Step(int[] rows)
    {
        using var scope = NewDisposeScope();
        foreach (var parameter in _parameters)
            parameter.grad = null;
        var (inputs, liked, sampled, skipped) = Collate(rows);
        var features = Project(Encode(inputs)); // [K, batch, length, d]
        var likedLogits = Logits(features, liked);
        var isLabelled = liked.ne(0);
        var sampledLoss = Mean(likedLogits.sub(Logits(features, sampled)), isLabelled);
        var skippedLoss = Mean(likedLogits.sub(Logits(features, skipped)), skipped.ne(0));
        var loss = sampledLoss.add(skippedLoss).add(DistanceCorrelation.OfPairs(_prototypes));
        loss.backward();
        _adam.Step();
        return loss.item<float>();
    }

    public void Dispose()
    {
        _adam.Dispose();
        foreach (var parameter in _parameters)
            parameter.Dispose();
    }

    private Tensor Encode(Tensor inputs)
    {
        long batch = inputs.shape[0], length = inputs.shape[1], width = _settings.Encoder.Width;
        var isItem = inputs.ne(0).unsqueeze(2);
        var values = Dropout(Embed(inputs).mul(Math.Sqrt(width)).add(_positions)).mul(isItem);
        var mask = full(length, length, float.NegativeInfinity).triu_(1);
        foreach (var block in _blocks)
            values = Run(block, values, mask).mul(isItem);
        return Apply(_finalNorm, values);
    }

    private Tensor Run(Block block, Tensor input, Tensor mask)
    {
        var normalized = Apply(block.AttentionNorm, input);
        var query = nn.functional.linear(normalized, block.Query).div(Math.Sqrt(_settings.Encoder.Width));
        var weights = Dropout(query.bmm(nn.functional.linear(input, block.Key).transpose(1, 2)).add(mask).softmax(-1));
        var attention = Dropout(nn.functional.linear(weights.bmm(nn.functional.linear(input, block.Value)), block.Out));
        var values = Apply(block.ForwardNorm, normalized.add(attention));
        var inner = Dropout(nn.functional.linear(values, block.FirstWeight, block.FirstBias)).relu();
        return Dropout(nn.functional.linear(inner, block.SecondWeight, block.SecondBias)).add(values);
    }

    private Tensor Project(Tensor states)
    {
        var expanded = states.unsqueeze(0);
        return expanded.add(expanded.mul(_prototypes.view(_settings.SubInterestCount, 1, 1, -1)).sigmoid().mul(expanded));
    }

    private Tensor Logits(Tensor features, Tensor candidates)
    {
        var vectors = Embed(candidates).unsqueeze(0);
        var logits = features.mul(vectors).sum(3);
        var laidBeside = cat([features, vectors.add(features.mul(0))], 3);
        return logits.mul(nn.functional.linear(laidBeside, _fusionWeight, _fusionBias).squeeze(3).softmax(0)).sum(dim: 0);
    }

    private static Tensor Mean(Tensor margins, Tensor isCounted)
    {
        var positions = isCounted.view(-1).nonzero().squeeze(1);
        return margins.view(-1).index_select(0, positions).sigmoid().log().mean().mul(-1);
    }

    private (Tensor Inputs, Tensor Liked, Tensor Sampled, Tensor Skipped) Collate(int[] rows)
    {
        int length = _settings.Encoder.MaximumLength;
        var columns = Enumerable.Range(0, 4).Select(_ => new long[rows.Length * length]).ToArray();
        var negatives = new int[length];
        for (int row = 0; row < rows.Length; row++)
        {
            var items = _windows.Items(rows[row]).Span;
            var skips = _windows.Skips(rows[row]).Span;
            int[] met = [.. items.ToArray().Distinct().Order()];
            _sampler.Draw(CounterRandom.Of(1, rows[row]), met, [], [], negatives.AsSpan(0, items.Length - 1));
            int start = ((row + 1) * length) - items.Length + 1;
            for (int i = 0; i + 1 < items.Length; i++)
            {
                (columns[0][start + i], columns[1][start + i]) = (items[i], items[i + 1]);
                (columns[2][start + i], columns[3][start + i]) = (negatives[i], skips[i + 1]);
            }
        }

        return (At(0), At(1), At(2), At(3));

        Tensor At(int column) => tensor(columns[column], rows.Length, length);
    }

    private Tensor Embed(Tensor indices)
        => _items.index_select(0, indices.view(-1)).view(indices.shape[0], indices.shape[1], _settings.Encoder.Width);

    private Tensor Dropout(Tensor values) => nn.functional.dropout(values, _settings.Encoder.DropoutRate, training: true);

    private Tensor Apply(Norm norm, Tensor values)
        => nn.functional.layer_norm(values, [_settings.Encoder.Width], norm.Weight, norm.Bias, LayerNormalization.Epsilon);

    private Parameter Add(Parameter parameter)
    {
        _parameters.Add(parameter);
        return parameter;
    }

    private Parameter Matrix(int rows, int columns) => Draw(NetworkParameter.XavierNormal("", CounterRandom.Of(_parameters.Count), rows, columns));

    private Parameter Draw(NetworkParameter parameter)
        => Add(new Parameter(TorchMemory.Of(parameter.Draw(), CPU, Array.ConvertAll(parameter.Shape, size => (long)size))));

    private Parameter Zeros(int size) => Add(new Parameter(zeros(size)));

    private Norm CreateNorm() => new(Add(new Parameter(ones(_settings.Encoder.Width))), Zeros(_settings.Encoder.Width));

    private Block CreateBlock()
    {
        int width = _settings.Encoder.Width;
        return new Block(CreateNorm(), Square(), Square(), Square(), Square(), CreateNorm(), Square(), Zeros(width), Square(), Zeros(width));

        Parameter Square() => Matrix(width, width);
    }

    private sealed record Norm(Parameter Weight, Parameter Bias);

    private sealed record Block(
        Norm AttentionNorm, Parameter Query, Parameter Key, Parameter Value, Parameter Out,
        Norm ForwardNorm, Parameter FirstWeight, Parameter FirstBias, Parameter SecondWeight, Parameter SecondBias);
}
