using Microsoft.ML.NegativeFeedback.Models;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>
/// Caser (Tang and Wang 2018): horizontal and vertical filters over the last L items, a fully connected layer; an item's logit is its embedding's dot product
/// with what comes of it. A convolution of so small an image is one matrix product.
/// </summary>
internal sealed class CaserNetwork(CaserWeights weights) : ScoringNetwork
{
    private readonly int _windowLength = weights.WindowLength;
    private readonly int _width = weights.Width;

    public override int ItemCount => weights.ItemCount;

    public override int MaximumLength => weights.MaximumLength;

    public override long ValuesPerCandidate => weights.Width + 1L;

    public override void Check(NextItemGraphOptions options)
    {
        CheckEmbeddings(weights.ItemEmbeddings, weights.ItemCount, _width);
        if (weights.MaximumLength < 1 || weights.MaximumLength > _windowLength)
            throw new ArgumentException($"{weights.MaximumLength} items are none or more than a window of {_windowLength} holds.", nameof(weights));
        for (int i = 0; i < _windowLength; i++)
        {
            if (weights.HorizontalWeights[i].Length != weights.HorizontalBiases[i].Length * (i + 1) * _width)
                throw new ArgumentException($"The filters of height {i + 1} are not of width {_width}.", nameof(weights));
        }
    }

    public override ItemScores Append(OnnxGraphBuilder graph, HistoryValues history, float[] popularity)
    {
        graph.Scope = "items";
        var table = DotProductScores.Table(graph, weights.ItemEmbeddings, _width, popularity);

        graph.Scope = "window";
        // [b, L], oldest first, from newest first with at least L zeros behind
        long[] oldestFirst = [.. Enumerable.Range(0, _windowLength).Select(i => (long)(_windowLength - 1 - i))];
        var items = graph.Gather(graph.PadColumns(history.Items, _windowLength, graph.Scalar(0L)), graph.Int64(oldestFirst), axis: 1);
        var window = graph.Slice(graph.Gather(table, items), axis: 2, start: 0, end: _width);

        graph.Scope = "horizontal";
        var flat = graph.Reshape(window, graph.Int64(0, _windowLength * _width));
        var features = new OnnxValue[_windowLength + 1];
        for (int height = 1; height <= _windowLength; height++)
            features[height - 1] = Horizontal(graph, flat, height);

        graph.Scope = "vertical";
        int verticals = weights.VerticalWeight.Length / _windowLength;
        var sums = graph.MatMul(graph.Transpose(window, 0, 2, 1), graph.Transpose(graph.Constant(weights.VerticalWeight, verticals, _windowLength), 1, 0));
        features[_windowLength] = graph.Reshape(sums, graph.Int64(0, _width * verticals));

        graph.Scope = "output";
        var output = graph.Constant(weights.OutputWeight, _width, weights.OutputWeight.Length / _width);
        var state = graph.Relu(graph.MultiplyTransposed(graph.Concat(axis: 1, features), output, graph.Constant(weights.OutputBias, _width)));
        return new DotProductScores(graph, history, table, state, weights.ItemCount);
    }

    /// <summary>[b, filters]: the highest answer of each filter of a height, over the places where it fits.</summary>
    private OnnxValue Horizontal(OnnxGraphBuilder graph, OnnxValue flat, int height)
    {
        float[] weight = weights.HorizontalWeights[height - 1], bias = weights.HorizontalBiases[height - 1];
        int filters = bias.Length, places = _windowLength - height + 1, inputs = _windowLength * _width, filterInputs = height * _width;
        var atPlaces = new float[places * filters * inputs];
        for (int row = 0; row < places * filters; row++)
            weight.AsSpan(row % filters * filterInputs, filterInputs).CopyTo(atPlaces.AsSpan((row * inputs) + (row / filters * _width)));
        float[] biases = [.. Enumerable.Repeat(bias, places).SelectMany(values => values)];
        var answers = graph.MultiplyTransposed(flat, graph.Constant(atPlaces, places * filters, inputs), graph.Constant(biases, places * filters));
        return graph.Relu(graph.Squeeze(graph.ReduceMaximum(graph.Reshape(answers, graph.Int64(0, places, filters)), 1), 1));
    }
}
