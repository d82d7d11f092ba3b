using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>A network's run on a graph: its parameters are constants.</summary>
internal sealed class GraphPass : Pass<GraphTensor>
{
    private readonly OnnxGraphBuilder _graph;
    private readonly NetworkWeights _weights;
    private readonly Dictionary<NetworkParameter, GraphTensor> _constants = [];
    private readonly Dictionary<NetworkConstant, GraphTensor> _fixed = [];

    /// <param name="graph">The graph.</param>
    /// <param name="weights">The trained numbers.</param>
    /// <param name="popularity">[N + 1], to stand behind the items' vectors; null for a table of those alone.</param>
    public GraphPass(OnnxGraphBuilder graph, NetworkWeights weights, float[]? popularity)
    {
        (_graph, _weights) = (graph, weights);
        if (popularity is not null)
            ScoredItems = WithPopularity(popularity);
    }

    /// <summary>
    /// [N + 1, d + 1], where it was asked for: behind an item's vector stands its popularity, zeros for padding. One product then gives scores, or popularity beside
    /// an empty history.
    /// </summary>
    public OnnxValue? ScoredItems { get; }

    public override GraphTensor Of(NetworkParameter parameter)
    {
        if (_constants.TryGetValue(parameter, out var constant))
            return constant;
        if (parameter == _weights.Network.Items && ScoredItems is { } table)
            return _constants[parameter] = new GraphTensor(_graph, table, 2).Slice(1, 0, -1);
        long[] shape = Array.ConvertAll(parameter.Shape, size => (long)size);
        var written = _graph.NamedConstant(GraphWeights.Name(parameter), _weights.Values[parameter.Name], shape);
        if (parameter == _weights.Network.Items)
            NoteItems(written);
        return _constants[parameter] = new GraphTensor(_graph, written, shape.Length);
    }

    public override GraphTensor Of(NetworkConstant constant)
    {
        if (_fixed.TryGetValue(constant, out var value))
            return value;
        long[] shape = Array.ConvertAll(constant.Shape, size => (long)size);
        var written = constant.Numbers is { } numbers ? _graph.Constant(numbers, shape) : _graph.Constant(constant.Integers!, shape);
        return _fixed[constant] = new GraphTensor(_graph, written, shape.Length);
    }

    public override GraphTensor Lookup(NetworkParameter table, GraphTensor rows)
        => table == _weights.Network.Items && ScoredItems is { } scored
            ? new GraphTensor(_graph, scored, 2).Gather(rows).Slice(-1, 0, -1)
            : Of(table).Gather(rows);

    public override GraphTensor LookupFrozen(NetworkParameter table, GraphTensor rows) => Lookup(table, rows);

    private OnnxValue WithPopularity(float[] popularity)
    {
        var vectors = _weights.Values[_weights.Network.Items.Name].AsSpan();
        int width = _weights.Network.Settings.Width;
        var table = new float[popularity.Length * (width + 1L)];
        for (int item = 1; item < popularity.Length; item++)
        {
            vectors.Slice(item * width, width).CopyTo(table.AsSpan(item * (width + 1)));
            table[(item * (width + 1)) + width] = popularity[item];
        }

        var written = _graph.Constant(table, popularity.Length, width + 1);
        NoteItems(written);
        return written;
    }

    private void NoteItems(OnnxValue table)
    {
        _graph.Metadata(ItemVectors.TableMetadata, table.Name);
        _graph.Metadata(ItemVectors.WidthMetadata, _weights.Network.Settings.Width);
    }
}
