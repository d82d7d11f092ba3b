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
/// A step of PNFRec as it is published: every sequence padded to l, a logit for every item at every position, torch's dropout and cross
/// entropy, autograd throughout. The baseline that the library's step is timed against.
/// </summary>
internal sealed class PlainPnfRecStep : IDisposable
{
    private const long IgnoredLabel = -100;

    private readonly EncoderSettings _encoder;
    private readonly NextItemLoss _loss;
    private readonly SequenceWindows _positives;
    private readonly SequenceWindows _negatives;
    private readonly List<Parameter> _parameters = [];
    private readonly Parameter _items;
    private readonly Parameter _positions;
    private readonly Norm _finalNorm;
    private readonly Block[] _positiveBlocks;
    private readonly Block[] _negativeBlocks;
    private readonly AdamOptimizer _adam;

    public PlainPnfRecStep(SequenceData data, EncoderSettings encoder, NextItemLoss loss, double learningRate)
    {
        (_encoder, _loss) = (encoder, loss);
        var (width, length, blocks) = (encoder.Width, encoder.MaximumLength, encoder.BlockCount);
        _positives = new SequenceWindows(data, SequenceKind.Positives, length + 1);
        _negatives = new SequenceWindows(data, SequenceKind.Negatives, length + 1);
        _items = Draw(NetworkParameter.Embeddings("items", CounterRandom.Of(1), data.ItemCount, width, EncoderForm.PnfRec));
        _positions = Normal(length, width);
        _finalNorm = CreateNorm();
        _positiveBlocks = [.. Enumerable.Range(0, blocks).Select(_ => CreateBlock())];
        _negativeBlocks = [.. Enumerable.Range(0, blocks).Select(_ => CreateBlock())];
        _adam = new AdamOptimizer(_parameters.Select((parameter, index) => ($"{index}", parameter)), learningRate);
    }

    /// <summary>Takes a step on a batch of rows.</summary>
    /// <returns>The loss before it.</returns>
    public double Step(int[] rows)
    {
        using var scope = NewDisposeScope();
        foreach (var parameter in _parameters)
            parameter.grad = null;
        var (inputs, labels) = Collate(_positives, rows);
        var (negativeInputs, negativeLabels) = Collate(_negatives, rows);
        var hidden = Encode(inputs, _positiveBlocks);
        var loss = CrossEntropy(hidden, labels)
            .add(CrossEntropy(Encode(negativeInputs, _negativeBlocks), negativeLabels).mul(_loss.NegativeWeight))
            .add(Contrast(hidden, inputs, labels, negativeInputs).mul(_loss.ContrastWeight));
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

    private Tensor Encode(Tensor inputs, Block[] blocks)
    {
        long batch = inputs.shape[0], length = inputs.shape[1], width = _encoder.Width;
        var isItem = inputs.ne(0).unsqueeze(2);
        var values = _items.index_select(0, inputs.view(-1)).view(batch, length, width).mul(Math.Sqrt(width)).add(_positions);
        values = Dropout(values).mul(isItem);
        var mask = full(length, length, float.NegativeInfinity).triu_(1);
        foreach (var block in blocks)
            values = Run(block, values, mask).mul(isItem);
        return Apply(_finalNorm, values);
    }

    private Tensor Run(Block block, Tensor input, Tensor mask)
    {
        long width = _encoder.Width;
        var normalized = Apply(block.AttentionNorm, input);
        var query = Project(normalized, 0).mul(1 / Math.Sqrt(width));
        var weights = Dropout(query.bmm(Project(input, 1).transpose(1, 2)).add(mask).softmax(-1));
        var attention = nn.functional.linear(weights.bmm(Project(input, 2)), block.OutWeight, block.OutBias);
        var values = Apply(block.ForwardNorm, normalized.add(attention));
        var inner = Dropout(nn.functional.linear(values, block.FirstWeight, block.FirstBias)).relu();
        return Dropout(nn.functional.linear(inner, block.SecondWeight, block.SecondBias)).add(values);

        Tensor Project(Tensor source, int part) => nn.functional.linear(
            source, block.InWeight.narrow(0, part * width, width), block.InBias.narrow(0, part * width, width));
    }

    private Tensor CrossEntropy(Tensor hidden, Tensor labels)
    {
        var logits = hidden.matmul(_items.t());
        return nn.functional.cross_entropy(logits.view(-1, logits.shape[2]), labels.view(-1), ignore_index: IgnoredLabel);
    }

    private Tensor Contrast(Tensor hidden, Tensor inputs, Tensor labels, Tensor negatives)
    {
        long width = _encoder.Width;
        var positions = inputs.view(-1).ne(0).nonzero().squeeze(1);
        var rows = hidden.view(-1, width).index_select(0, positions);
        var next = _items.index_select(0, labels.view(-1).index_select(0, positions));
        var nextSimilarity = rows.mul(next).sum(1);
        var vectors = _items.index_select(0, negatives.view(-1)).view(negatives.shape[0], -1, width);
        var similarities = hidden.bmm(vectors.transpose(1, 2)).exp().mul(negatives.ne(0).unsqueeze(1));
        var sums = similarities.view(-1, negatives.shape[1]).index_select(0, positions).sum(1);
        return sums.add(nextSimilarity.exp()).log().sub(nextSimilarity).mean();
    }

    private (Tensor Inputs, Tensor Labels) Collate(SequenceWindows windows, int[] rows)
    {
        int length = _encoder.MaximumLength;
        var (inputs, labels) = (new long[rows.Length * length], new long[rows.Length * length]);
        Array.Fill(labels, IgnoredLabel);
        for (int row = 0; row < rows.Length; row++)
        {
            var items = windows.Items(rows[row]).Span;
            for (int i = 0; i + 1 < items.Length; i++)
                (inputs[(row * length) + i], labels[(row * length) + i]) = (items[i], items[i + 1]);
        }

        return (tensor(inputs, rows.Length, length), tensor(labels, rows.Length, length));
    }

    private Tensor Dropout(Tensor values) => nn.functional.dropout(values, _encoder.DropoutRate, training: true);

    private Tensor Apply(Norm norm, Tensor values)
        => nn.functional.layer_norm(values, [_encoder.Width], norm.Weight, norm.Bias, LayerNormalization.Epsilon);

    private Parameter Add(Parameter parameter)
    {
        _parameters.Add(parameter);
        return parameter;
    }

    private Parameter Normal(int rows, int columns) => Draw(NetworkParameter.Normal("", CounterRandom.Of(_parameters.Count), rows, columns));

    private Parameter Draw(NetworkParameter parameter)
        => Add(new Parameter(TorchMemory.Of(parameter.Draw(), CPU, Array.ConvertAll(parameter.Shape, size => (long)size))));

    private Parameter Zeros(int size) => Add(new Parameter(zeros(size)));

    private Norm CreateNorm() => new(Add(new Parameter(ones(_encoder.Width))), Zeros(_encoder.Width));

    private Block CreateBlock()
    {
        int width = _encoder.Width;
        var inWeight = Draw(NetworkParameter.Xavier("", CounterRandom.Of(_parameters.Count), 3 * width, width));
        return new Block(CreateNorm(), inWeight, Zeros(3 * width),
            Normal(width, width), Zeros(width), CreateNorm(), Normal(width, width), Zeros(width), Normal(width, width), Zeros(width));
    }

    private sealed record Norm(Parameter Weight, Parameter Bias);

    private sealed record Block(
        Norm AttentionNorm, Parameter InWeight, Parameter InBias, Parameter OutWeight, Parameter OutBias,
        Norm ForwardNorm, Parameter FirstWeight, Parameter FirstBias, Parameter SecondWeight, Parameter SecondBias);
}
