using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>FeedRec as its network's page writes it, in double precision, an item after the other, over the parameters of a model.</summary>
internal sealed class ReferenceFeedRec(PairwiseModel model)
{
    private readonly int _width = model.Network.Settings.Width, _heads = model.Network.Settings.HeadCount;

    private readonly Dictionary<string, double[]> _parameters = model.Parameters.ToDictionary(
        entry => entry.Name, entry => Array.ConvertAll(entry.Values.ToArray(), value => (double)value));

    public double Score(long[] items, float[] feedback, long candidate)
    {
        double[] user = Plus(Times("user.weight", [.. Interests(items, feedback).SelectMany(vector => vector)]), _parameters["user.bias"]);
        return Dot(user, Row("items", candidate));
    }

    /// <summary>The cosine of positive and negative interest (eq. 7).</summary>
    public double Cosine(long[] items, float[] feedback)
    {
        double[][] vectors = Interests(items, feedback);
        double[] positive = [.. vectors[0], .. vectors[1]], negative = [.. vectors[2], .. vectors[3]];
        double norms = Math.Sqrt(Dot(positive, positive) * Dot(negative, negative));
        return norms == 0 ? 0 : Dot(positive, negative) / norms;
    }

    // s⁺, w⁺, s⁻, w⁻
    private double[][] Interests(long[] items, float[] feedback)
    {
        double[][] all = Transformer("all.", [.. items.Select((item, j) => Plus(Plus(Scaled(Row("items", item), Math.Sqrt(_width)),
            Row("kinds", feedback[j] > 0 ? 0 : feedback[j] < 0 ? 1 : 2)), Row("positions", items.Length - 1 - j)))], _ => true);
        double[] liked = Pooled("liked.", all, [.. feedback.Select(value => value > 0)]), skipped = Pooled("skipped.", all, [.. feedback.Select(value => value < 0)]);
        bool[] isNeither = [.. feedback.Select(value => value == 0)];
        double[][] neither = Chosen(Transformer("neither.", all, j => isNeither[j]), isNeither);
        return [liked, Mixed(neither, value => Dot(value, liked) / Math.Sqrt(_width)), skipped, Mixed(neither, value => Dot(value, skipped) / Math.Sqrt(_width))];
    }

    private double[] Pooled(string kind, double[][] all, bool[] isKind)
        => Mixed(Chosen(Transformer(kind, all, j => isKind[j]), isKind), value => Dot(_parameters[$"{kind}pooling.query"],
            Array.ConvertAll(Plus(Times($"{kind}pooling.weight", value), _parameters[$"{kind}pooling.bias"]), Math.Tanh)));

    private double[][] Transformer(string name, double[][] x, Func<int, bool> isHeeded)
    {
        double[][] projected = Array.ConvertAll(x, row => Times($"{name}in", row));
        int size = _width / _heads;
        return [.. x.Select((row, i) =>
        {
            var attended = new List<double>();
            for (int head = 0; head < _heads; head++)
            {
                double[] query = Part(projected[i], 0, head);
                int[] heeded = [.. Enumerable.Range(0, x.Length).Where(isHeeded)];
                attended.AddRange(Mixed([.. heeded.Select(j => Part(projected[j], 2, head))],
                    [.. heeded.Select(j => Dot(query, Part(projected[j], 1, head)) / Math.Sqrt(size))], size));
            }

            double[] y = Norm($"{name}attentionNorm", Plus(row, Times($"{name}out", [.. attended])));
            double[] hidden = Array.ConvertAll(Plus(Times($"{name}first.weight", y), _parameters[$"{name}first.bias"]), value => Math.Max(value, 0));
            return Norm($"{name}forwardNorm", Plus(y, Plus(Times($"{name}second.weight", hidden), _parameters[$"{name}second.bias"])));
        })];

        double[] Part(double[] packed, int index, int head) => packed.AsSpan((index * _width) + (head * size), size).ToArray();
    }

    private double[] Norm(string name, double[] values)
    {
        double mean = values.Average(), variance = values.Average(value => (value - mean) * (value - mean));
        return [.. values.Select((value, i) => ((value - mean) / Math.Sqrt(variance + LayerNormalization.Epsilon) * _parameters[$"{name}.weight"][i]) + _parameters[$"{name}.bias"][i])];
    }

    private double[] Mixed(double[][] values, Func<double[], double> score) => Mixed(values, Array.ConvertAll(values, value => score(value)), _width);

    // softmax; 0 of nothing
    private static double[] Mixed(double[][] values, double[] scores, int width)
    {
        double[] weights = Array.ConvertAll(scores, score => Math.Exp(score - scores.Max()));
        return values.Zip(weights).Aggregate(new double[width], (sum, entry) => Plus(sum, Scaled(entry.First, entry.Second / weights.Sum())));
    }

    private static double[][] Chosen(double[][] rows, bool[] isChosen) => [.. rows.Where((_, i) => isChosen[i])];

    private double[] Row(string table, long index) => _parameters[table].AsSpan((int)index * _width, _width).ToArray();

    private double[] Times(string weight, double[] input) => [.. _parameters[weight].Chunk(input.Length).Select(row => Dot(row, input))];

    private static double[] Scaled(double[] values, double factor) => Array.ConvertAll(values, value => factor * value);

    private static double[] Plus(double[] left, double[] right) => [.. left.Zip(right, (first, second) => first + second)];

    private static double Dot(double[] left, double[] right) => left.Zip(right, (first, second) => first * second).Sum();
}
