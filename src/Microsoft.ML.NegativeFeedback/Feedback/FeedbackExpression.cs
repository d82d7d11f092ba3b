using System.Globalization;
using Microsoft.ML.NegativeFeedback.Tensors;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Feedback;

/// <summary>
/// What a <see cref="FeedbackRule"/> makes of the evidence of an interaction, written once: computed here, as an ONNX graph over the vectors of a history, and in the language of
/// ML.NET's <c>Expression</c> over scalars, by which labelling is saved.
/// </summary>
internal abstract class FeedbackExpression
{
    /// <summary>A feedback: +1, −1 or 0.</summary>
    public static FeedbackExpression Of(float feedback) => new Constant(feedback);

    /// <summary>One feedback where left ≥ right, another elsewhere.</summary>
    public static FeedbackExpression AtLeast(Quantity left, Quantity right, FeedbackExpression feedback, FeedbackExpression otherwise)
        => new Choice(left, right, feedback, otherwise);

    /// <summary>No feedback but an error.</summary>
    /// <param name="message">What is wrong, of the position of a row and of its evidence.</param>
    /// <param name="summary">The same of any row.</param>
    public static FeedbackExpression Refuse(Func<long, float[], string> message, string summary) => new Refusal(message, summary);

    /// <summary>What a function makes of it, which nothing but itself can compute.</summary>
    public static FeedbackExpression OfFunction(Func<ReadOnlySpan<float>, long, float> label) => new Function(label);

    /// <summary>The feedback of a row.</summary>
    /// <exception cref="InvalidDataException">The row is refused.</exception>
    public abstract float Evaluate(ReadOnlySpan<float> evidence, long row);

    /// <summary>The feedback as a value of a graph, Single; what is refused by a number above 1, see <see cref="GraphOfHistory"/>.</summary>
    protected abstract OnnxValue Write(OnnxGraphBuilder graph, OnnxValue[] evidence, List<string> refusals);

    /// <summary>The feedback in ML.NET's expression language, Single; NaN for what is refused.</summary>
    protected abstract string Text();

    /// <summary>
    /// A graph over the evidence of histories, vectors [1, length] by the columns' names, that gives their feedback: [1, length], or [length] of one that is known. ONNX has no operator that fails: what is refused reaches behind
    /// the end of a constant, and the name of the node, which ONNX Runtime's error tells, says why.
    /// </summary>
    /// <exception cref="NotSupportedException">A rule of one's own is in it.</exception>
    public byte[] GraphOfHistory(IReadOnlyList<string> columnNames, string outputName, int? length)
    {
        var graph = new OnnxGraphBuilder("label");
        OnnxDimension[] shape = [1, length is { } known ? known : "length"];
        var refusals = new List<string>();
        var raw = columnNames.Distinct().ToDictionary(name => name, name => graph.Input(name, DataType.Float, shape));
        // element-wise operators would take a length of 1 for every item's
        string first = columnNames[0];
        var inputs = raw.ToDictionary(input => input.Key, input => graph.Cast(input.Key == first ? input.Value
            : graph.RequireShapeOf($"Column '{input.Key}' has another number of values than '{first}'", input.Value, raw[first]), DataType.Double));
        OnnxValue[] evidence = [.. columnNames.Select(name => inputs[name])];
        var feedback = Write(graph, evidence, refusals);
        var nothing = graph.Constant([0f], 1);
        for (int i = 0; i < refusals.Count; i++)
        {
            var isRefused = graph.Cast(graph.EqualTo(feedback, graph.Scalar(2f + i)), DataType.Int64);
            feedback = graph.Add(feedback, graph.NamedNode(refusals[i], "Gather", [nothing, isRefused]));
        }

        // ML.NET makes a vector of n of [n], and one of 1 × n of [1, n]
        if (length is { } size)
            graph.Output(outputName, graph.Squeeze(feedback, 0), DataType.Float, size);
        else
            graph.Output(outputName, feedback, DataType.Float, shape);
        return graph.ToModel();
    }

    /// <summary>The feedback of an interaction as a text that <c>mlContext.Transforms.Expression</c> takes, with the columns in their order.</summary>
    /// <exception cref="NotSupportedException">A rule of one's own is in it.</exception>
    public string TextOfInteraction(int columnCount) => $"({string.Join(", ", Enumerable.Range(0, columnCount).Select(Quantity.Name))}) => {Text()}";

    private static string Literal(double value, string suffix) => value.ToString("R", CultureInfo.InvariantCulture) + suffix;

    /// <summary>A number that feedback depends on: in double precision everywhere.</summary>
    internal abstract class Quantity
    {
        public static implicit operator Quantity(double value) => new Number(value);

        /// <summary>The evidence of a column.</summary>
        public static Quantity Column(int index) => new Evidence(index);

        /// <summary>
        /// The evidence of a column, at least 0, as the decimals that a log was written in: what a Single tells of them, seven digits. (432 s are 0.72 of 600 s; as binary fractions they are not.)
        /// </summary>
        public static Quantity Decimals(int index) => new SevenDigits(index);

        public static Quantity operator *(double factor, Quantity quantity) => new Product(factor, quantity);

        public static string Name(int column) => $"c{column}";

        public abstract double Evaluate(ReadOnlySpan<float> evidence);

        public abstract OnnxValue Write(OnnxGraphBuilder graph, OnnxValue[] evidence);

        public abstract string Text();

        private sealed class Number(double value) : Quantity
        {
            public override double Evaluate(ReadOnlySpan<float> evidence) => value;

            public override OnnxValue Write(OnnxGraphBuilder graph, OnnxValue[] evidence) => graph.Double(value);

            public override string Text() => Literal(value, "d");
        }

        private sealed class Evidence(int column) : Quantity
        {
            public override double Evaluate(ReadOnlySpan<float> evidence) => evidence[column];

            public override OnnxValue Write(OnnxGraphBuilder graph, OnnxValue[] evidence) => evidence[column];

            public override string Text() => $"double({Name(column)})";
        }

        private sealed class Product(double factor, Quantity quantity) : Quantity
        {
            public override double Evaluate(ReadOnlySpan<float> evidence) => factor * quantity.Evaluate(evidence);

            public override OnnxValue Write(OnnxGraphBuilder graph, OnnxValue[] evidence) => graph.Multiply(graph.Double(factor), quantity.Write(graph, evidence));

            public override string Text() => $"{Literal(factor, "d")} * {quantity.Text()}";
        }

        // round(x · s) / s with s = 10^(6 − ⌊log₁₀ x⌋). At a power of ten either of two s will do: the number is exact.
        private sealed class SevenDigits(int column) : Quantity
        {
            private const double Least = 1e-30;
            private const double LogOfTen = 2.302585092994046;

            public override double Evaluate(ReadOnlySpan<float> evidence)
            {
                double scale = Math.Pow(10, 6 - Math.Floor(Math.Log(Math.Max(evidence[column], Least)) / LogOfTen));
                return Math.Round(evidence[column] * scale) / scale;
            }

            public override OnnxValue Write(OnnxGraphBuilder graph, OnnxValue[] evidence)
            {
                var magnitude = graph.Node("Floor", [graph.Node("Div", [graph.Node("Log", [graph.Maximum(evidence[column], graph.Double(Least))]), graph.Double(LogOfTen)])]);
                var scale = graph.Node("Pow", [graph.Double(10), graph.Subtract(graph.Double(6), magnitude)]);
                return graph.Node("Div", [graph.Node("Round", [graph.Multiply(evidence[column], scale)]), scale]);
            }

            public override string Text()
            {
                string value = $"double({Name(column)})";
                string scale = $"10d ^ (6d - floor(log(max({value}, {Literal(Least, "d")})) / {Literal(LogOfTen, "d")}))";
                return $"with(s = {scale}; round({value} * s) / s)";
            }
        }
    }

    private sealed class Constant(float feedback) : FeedbackExpression
    {
        public override float Evaluate(ReadOnlySpan<float> evidence, long row) => feedback;

        protected override OnnxValue Write(OnnxGraphBuilder graph, OnnxValue[] evidence, List<string> refusals) => graph.Scalar(feedback);

        protected override string Text() => Literal(feedback, "f");
    }

    private sealed class Choice(Quantity left, Quantity right, FeedbackExpression feedback, FeedbackExpression otherwise) : FeedbackExpression
    {
        public override float Evaluate(ReadOnlySpan<float> evidence, long row)
            => left.Evaluate(evidence) >= right.Evaluate(evidence) ? feedback.Evaluate(evidence, row) : otherwise.Evaluate(evidence, row);

        protected override OnnxValue Write(OnnxGraphBuilder graph, OnnxValue[] evidence, List<string> refusals)
        {
            var isAtLeast = graph.Node("GreaterOrEqual", [left.Write(graph, evidence), right.Write(graph, evidence)]);
            return graph.Where(isAtLeast, feedback.Write(graph, evidence, refusals), otherwise.Write(graph, evidence, refusals));
        }

        // a comparison with NaN is none in that language, and neither is what hangs on it
        protected override string Text() => $"({left.Text()} >= {right.Text()} ? {feedback.Text()} : {otherwise.Text()})";
    }

    private sealed class Refusal(Func<long, float[], string> message, string summary) : FeedbackExpression
    {
        public override float Evaluate(ReadOnlySpan<float> evidence, long row) => throw new InvalidDataException(message(row, evidence.ToArray()));

        protected override OnnxValue Write(OnnxGraphBuilder graph, OnnxValue[] evidence, List<string> refusals)
        {
            if (!refusals.Contains(summary))
                refusals.Add(summary);
            return graph.Scalar(2f + refusals.IndexOf(summary));
        }

        protected override string Text() => "na(0f)";
    }

    private sealed class Function(Func<ReadOnlySpan<float>, long, float> label) : FeedbackExpression
    {
        public override float Evaluate(ReadOnlySpan<float> evidence, long row) => label(evidence, row);

        protected override OnnxValue Write(OnnxGraphBuilder graph, OnnxValue[] evidence, List<string> refusals) => throw CannotBeSaved();

        protected override string Text() => throw CannotBeSaved();

        private static NotSupportedException CannotBeSaved() => new("A rule of one's own, FeedbackRule.Custom, cannot be saved: no model file holds code. "
            + "Use the rules of FeedbackRule, or label in code and save the chain that starts at the labelled histories.");
    }
}
