using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// The algebra as nodes of an ONNX graph under construction. What depends on constants alone (a weight transposed, two weights multiplied) stands in the graph as
/// nodes, too: ONNX Runtime computes it once, when a session opens.
/// </summary>
/// <param name="Graph">The graph.</param>
/// <param name="Value">A value of it.</param>
/// <param name="Rank">Its number of axes.</param>
internal readonly record struct GraphTensor(OnnxGraphBuilder Graph, OnnxValue Value, int Rank) : ITensor<GraphTensor>
{
    /// <summary>
    /// Below −17 σ is the exponential function to the last bit, and there shares do not depend on what every part of a row has in common. So rows below this are
    /// lifted to it, lest every part is 0; beside any part up to 23 that changes nothing.
    /// </summary>
    private const double LowestPart = -40;

    /// <summary>Where an exponent ends: exp of it is neither infinite nor 0, and what is beyond it makes no difference beside the rest.</summary>
    private const double HighestExponent = 80;

    public static GraphTensor operator +(GraphTensor left, GraphTensor right) => left.Binary("Add", right);

    public static GraphTensor operator -(GraphTensor left, GraphTensor right) => left.Binary("Sub", right);

    public static GraphTensor operator *(GraphTensor left, GraphTensor right) => left.Binary("Mul", right);

    public static GraphTensor operator /(GraphTensor left, GraphTensor right) => left.Binary("Div", right);

    public static GraphTensor operator +(GraphTensor left, double right) => left + left.Scalar(right);

    public static GraphTensor operator *(GraphTensor left, double right) => left * left.Scalar(right);

    public GraphTensor PlusTimes(GraphTensor other, double factor) => this + other * factor;

    public GraphTensor Reciprocal() => Unary("Reciprocal");

    public GraphTensor Exp() => Unary("Exp");

    public GraphTensor Log() => Unary("Log");

    public GraphTensor Tanh() => Unary("Tanh");

    public GraphTensor Sigmoid() => Unary("Sigmoid");

    public GraphTensor LogSigmoid() => (this * -1).Unary("Softplus") * -1;

    public GraphTensor Relu() => Unary("Relu");

    public GraphTensor Softmax(int axis) => With(Graph.Softmax(Value, axis));

    public GraphTensor Clamp(double lowest, double highest)
        => With(Graph.Node("Clip", [Value, Graph.Scalar((float)lowest), Graph.Scalar((float)highest)]));

    public GraphTensor EqualTo(GraphTensor other) => Binary("Equal", other);

    public GraphTensor IsAbove(long number) => With(Graph.Greater(Value, Graph.Scalar(number)));

    public GraphTensor IsAtMost(GraphTensor other) => Binary("LessOrEqual", other);

    public GraphTensor Where(GraphTensor whenTrue, GraphTensor whenFalse)
        => new(Graph, Graph.Where(Value, whenTrue.Value, whenFalse.Value), Math.Max(Rank, Math.Max(whenTrue.Rank, whenFalse.Rank)));

    public GraphTensor ToSingle() => With(Graph.Cast(Value, DataType.Float));

    public GraphTensor Detach() => this;

    public GraphTensor Reshape(params ReadOnlySpan<long> shape)
        => new(Graph, Graph.Reshape(Value, Graph.Int64(shape.ToArray())), shape.Length);

    public GraphTensor Permute(params ReadOnlySpan<int> axes) => With(Graph.Transpose(Value, Array.ConvertAll(axes.ToArray(), axis => (long)axis)));

    public GraphTensor Unsqueeze(int axis) => new(Graph, Graph.Unsqueeze(Value, axis), Rank + 1);

    public GraphTensor Squeeze(int axis) => new(Graph, Graph.Squeeze(Value, axis), Rank - 1);

    public GraphTensor Slice(int axis, long start, long end = long.MaxValue) => With(Graph.Slice(Value, axis, start, end));

    public GraphTensor Pad(int axis, long before, long behind)
    {
        var sizes = new long[2 * Rank];
        int index = axis < 0 ? axis + Rank : axis;
        (sizes[index], sizes[index + Rank]) = (before, behind);
        return With(Graph.Node("Pad", [Value, Graph.Int64(sizes)]));
    }

    public static GraphTensor Concat(int axis, params ReadOnlySpan<GraphTensor> values)
        => values[0].With(values[0].Graph.Concat(axis, Array.ConvertAll(values.ToArray(), value => value.Value)));

    public GraphTensor RangeOf(int axis)
    {
        var size = Graph.Gather(Graph.Shape(Value), Graph.Scalar((long)(axis < 0 ? axis + Rank : axis)));
        return new(Graph, Graph.Node("Range", [Graph.Scalar(0L), size, Graph.Scalar(1L)]), 1);
    }

    public GraphTensor Sum(int axis, bool keepAxis = false) => Reduced(Graph.ReduceSum(Value, axis), axis, keepAxis);

    public GraphTensor Maximum(int axis, bool keepAxis = false) => Reduced(Graph.ReduceMaximum(Value, axis), axis, keepAxis);

    public GraphTensor ArgMaximum(int axis) => new(Graph, Graph.ArgMaximum(Value, axis), Rank - 1);

    public GraphTensor CumulativeSum(int axis) => With(Graph.CumulativeSum(Value, axis));

    public GraphTensor MatMul(GraphTensor other) => Binary("MatMul", other);

    public GraphTensor Linear(GraphTensor weight, GraphTensor? bias = null)
    {
        if (Rank == 2)
            return With(bias is { } gemmBias ? Graph.MultiplyTransposed(Value, weight.Value, gemmBias.Value) : Graph.MultiplyTransposed(Value, weight.Value));
        var product = MatMul(weight.Permute(1, 0));
        return bias is { } added ? product + added : product;
    }

    public GraphTensor DotProducts(GraphTensor candidates)
        => MatMul(candidates.Rank == 2 ? candidates.Permute(1, 0) : candidates.Permute(0, 2, 1));

    public GraphTensor Gather(GraphTensor indices) => new(Graph, Graph.Gather(Value, indices.Value), indices.Rank + Rank - 1);

    public GraphTensor LayerNorm(GraphTensor scale, GraphTensor shift, double epsilon)
        => With(Graph.LayerNormalization(Value, scale.Value, shift.Value, (float)epsilon));

    public static GraphTensor CausalAttention(GraphTensor query, GraphTensor key, GraphTensor value, AttentionSettings<GraphTensor> settings)
    {
        int heads = settings.HeadCount;
        var mixed = Weights(query, key, settings).MatMul(Split(value, heads));
        return heads == 1 ? mixed : mixed.Permute(0, 2, 1, 3).Reshape(0, 0, -1);
    }

    public static (GraphTensor Mixed, GraphTensor WeightSums) CausalAttentionWithSums(
        GraphTensor query, GraphTensor key, GraphTensor value, AttentionSettings<GraphTensor> settings)
    {
        var weights = Weights(query, key, settings);
        return (weights.MatMul(value), weights.Sum(-1, keepAxis: true));
    }

    // [b, q, w], or [b, heads, q, w]
    private static GraphTensor Weights(GraphTensor query, GraphTensor key, AttentionSettings<GraphTensor> settings)
    {
        int heads = settings.HeadCount;
        // [.., q, w], a mask a batch where each sequence has one query
        var places = key.RangeOf(1);
        var mask = settings.Newest is { } newest
            ? places.Reshape(1, 1, -1).IsAtMost(newest.Reshape(-1, 1, 1))
            : places.Unsqueeze(0).IsAtMost(places.Unsqueeze(1));
        if (heads > 1 && mask.Rank == 3)
            mask = mask.Unsqueeze(1);

        var scores = Split(query, heads).MatMul(heads == 1 ? key.Permute(0, 2, 1) : Split(key, heads).Permute(0, 1, 3, 2));
        var weights = mask.Where(scores, key.Scalar(double.NegativeInfinity)).Softmax(-1);
        if (settings.Groups is { } groups)
            weights *= heads == 1 ? Factors(groups, settings) : Factors(groups, settings).Unsqueeze(1);
        return weights;
    }

    // [b, w, d] → [b, heads, w, d / heads]
    private static GraphTensor Split(GraphTensor values, int heads) => heads == 1 ? values : values.Reshape(0, 0, heads, -1).Permute(0, 2, 1, 3);

    /// <remarks>
    /// 1 / (1 + e⁻ᵃ·e⁻ᶜ) takes no exponential function a candidate of the catalogue. ONNX's Sigmoid will not do: ONNX Runtime approximates it to 1e-7 of 1, and
    /// small values count in a ratio.
    /// </remarks>
    public static GraphTensor SigmoidShares(GraphTensor stateParts, GraphTensor candidateParts)
    {
        var graph = stateParts.Graph;
        var highest = stateParts.Maximum(1, keepAxis: true);
        var lift = highest.With(graph.Maximum(graph.Subtract(graph.Scalar((float)LowestPart), highest.Value), graph.Scalar(0f)));
        var ofState = ((stateParts + lift) * -1).Clamp(-HighestExponent, HighestExponent).Exp().Unsqueeze(2);
        var ofCandidates = (candidateParts * -1).Clamp(-HighestExponent, -LowestPart).Exp();
        var shares = (ofState * (candidateParts.Rank == 2 ? ofCandidates.Unsqueeze(1) : ofCandidates) + 1).Reciprocal();
        return shares / shares.Sum(1, keepAxis: true);
    }

    public static GraphTensor Scan(GraphTensor initial, GraphTensor[] steps, Func<GraphTensor, GraphTensor[], GraphTensor> cell)
    {
        var graph = initial.Graph;
        var states = graph.Scan(initial.Value, Array.ConvertAll(steps, step => step.Value), (state, values) =>
            cell(new(graph, state, initial.Rank), [.. values.Select((value, i) => new GraphTensor(graph, value, steps[i].Rank - 1))]).Value);
        return new(graph, states, initial.Rank + 1);
    }

    /// <summary>A scalar of Single in the same graph.</summary>
    private GraphTensor Scalar(double value) => new(Graph, Graph.Scalar((float)value), 0);

    // [b, q, w]
    private static GraphTensor Factors(GraphTensor groups, AttentionSettings<GraphTensor> settings)
    {
        var ofQueries = settings.QueryGroups ?? groups;
        if (settings.Newest is { } newest)
            ofQueries = new(groups.Graph, groups.Graph.GatherElements(ofQueries.Value, newest.Unsqueeze(1).Value, axis: 1), 2);
        return ofQueries.Unsqueeze(2).EqualTo(groups.Unsqueeze(1)).Where(groups.Scalar(settings.SameGroup), groups.Scalar(settings.OtherGroup));
    }

    private GraphTensor Unary(string operatorType) => With(Graph.Node(operatorType, [Value]));

    private GraphTensor Binary(string operatorType, GraphTensor other)
        => new(Graph, Graph.Node(operatorType, [Value, other.Value]), Math.Max(Rank, other.Rank));

    private GraphTensor Reduced(OnnxValue kept, int axis, bool keepAxis)
        => keepAxis ? With(kept) : new(Graph, Graph.Squeeze(kept, axis), Rank - 1);

    private GraphTensor With(OnnxValue value) => this with { Value = value };
}
