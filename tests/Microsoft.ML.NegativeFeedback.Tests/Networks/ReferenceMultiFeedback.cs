using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>What is known of one question, beside the history: a value, or values, by the name of the feature.</summary>
internal sealed record KnownFeatures(IReadOnlyDictionary<string, double[]> Values);

/// <summary>
/// The multi-feedback ranker as its paper's equations have it, one history and one candidate at a time and in double precision, over the parameters of a model.
/// </summary>
internal sealed class ReferenceMultiFeedback(MultiFeedbackModel model, MultiFeedbackSettings settings, RankerFeatures features)
{
    private readonly Dictionary<string, double[]> _parameters = model.Parameters.ToDictionary(
        entry => entry.Name, entry => Array.ConvertAll(entry.Values.ToArray(), value => (double)value));

    /// <summary>The numbers that it computes with, by the names of the parameters.</summary>
    public IReadOnlyDictionary<string, double[]> Parameters => _parameters;

    /// <summary>The log odds of each kind of feedback, [K].</summary>
    /// <param name="items">The history, oldest first; a single 0 where it is empty.</param>
    /// <param name="flags">Beside each item K flags.</param>
    /// <param name="candidate">The item that is asked for.</param>
    /// <param name="known">What is known of the question.</param>
    public double[] Logits(IReadOnlyList<long> items, IReadOnlyList<double[]> flags, long candidate, KnownFeatures known)
    {
        double[] user = Encode(items, flags);
        double[] row = [.. user, .. features.Rows.SelectMany(feature => Embed(feature.Feature, known.Values[feature.Feature.Name]))];
        double[] item = [.. Row("items", (int)candidate, settings.Encoder.Width),
            .. features.Items.SelectMany(feature => Embed(feature.Feature, ValuesOf(feature.Values, (int)candidate)))];
        return Predict([.. Features([.. row, .. item]), .. user]);
    }

    // eq. 3 to 5
    private double[] Encode(IReadOnlyList<long> items, IReadOnlyList<double[]> flags)
    {
        int width = settings.Encoder.Width + (settings.ReadsFeedback ? settings.TaskCount : 0);
        double[][] x = [.. items.Select((id, place) => Sum(
            [.. Row("items", (int)id, settings.Encoder.Width), .. settings.ReadsFeedback ? flags[place] : []], Row("encoder.positions", place, width)))];
        for (int block = 0; block < settings.Encoder.BlockCount; block++)
        {
            string name = $"encoder.block{block}.";
            double[][] attended = Attend(name, x, width);
            x = [.. x.Zip(attended, (own, other) =>
            {
                double[] hidden = Normalize($"{name}attentionNorm", Sum(own, other));
                double[] inner = Relu(Sum(Layer($"{name}first.weight", hidden), _parameters[$"{name}first.bias"]));
                return Normalize($"{name}forwardNorm", Sum(Sum(Layer($"{name}second.weight", inner), _parameters[$"{name}second.bias"]), hidden));
            })];
        }

        return x[^1];
    }

    private double[][] Attend(string name, double[][] x, int width)
    {
        int heads = settings.Encoder.HeadCount, own = width / heads;
        double[][] Project(string matrix) => [.. x.Select(place => Layer(name + matrix, place))];
        double[][] queries = Project("query"), keys = Project("key"), values = Project("value");
        return [.. x.Select((_, place) => Enumerable.Range(0, heads).SelectMany(head =>
        {
            double[] Part(double[] all) => all[(head * own)..((head + 1) * own)];
            double[] weights = Softmax([.. keys.Take(place + 1).Select(key => Dot(Part(queries[place]), Part(key)) / Math.Sqrt(own))]);
            return weights.Select((weight, other) => Scaled(Part(values[other]), weight)).Aggregate(Sum);
        }).ToArray())];
    }

    // eq. 6 to 8, as MultiFeedbackNetwork reads them
    private double[] Features(double[] known)
    {
        double[] transformed = Product(known, Sum(Layer("features.transform", known), _parameters["features.bias"]));
        double[] slots = Array.ConvertAll(Layer("features.slots", [.. transformed, .. known]), value => 1 / (1 + Math.Exp(-value)));
        return [.. transformed.Select((value, dimension) => value * slots[dimension * slots.Length / transformed.Length])];
    }

    // section 2.3
    private double[] Predict(double[] x)
    {
        double[][] experts = [.. Relu(Sum(Layer("experts.weight", x), _parameters["experts.bias"])).Chunk(settings.ExpertWidth)];
        double[][] gates = [.. Layer("gates", x).Chunk(settings.ExpertCount).Select(Softmax)];
        double[][] towers = [.. _parameters["towers.weight"].Chunk(settings.ExpertWidth * settings.ExpertWidth)];
        double[][] towerBiases = [.. _parameters["towers.bias"].Chunk(settings.ExpertWidth)], outputs = [.. _parameters["outputs.weight"].Chunk(settings.ExpertWidth)];
        return [.. gates.Select((gate, task) =>
        {
            double[] mixed = experts.Zip(gate, Scaled).Aggregate(Sum);
            double[] hidden = Relu(Sum([.. towers[task].Chunk(mixed.Length).Select(weights => Dot(weights, mixed))], towerBiases[task]));
            return Dot(outputs[task], hidden) + _parameters["outputs.bias"][task];
        })];
    }

    private double[] Embed(Feature feature, double[] values) => feature.KeyCount > 0 ? Row($"feature.{feature.Name}", (int)values[0], settings.FeatureWidth)
        : [.. values.Select((value, i) => (value - feature.Means[i]) / feature.Deviations[i])];

    private static double[] ValuesOf(NetworkConstant constant, int item)
        => constant.Integers is { } keys ? [keys[item]] : Array.ConvertAll(constant.Numbers.AsSpan(item * constant.Shape[1], constant.Shape[1]).ToArray(), value => (double)value);

    private double[] Normalize(string name, double[] values)
    {
        double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) + LayerNormalization.Epsilon);
        return Sum(Product(Array.ConvertAll(values, value => (value - mean) / deviation), _parameters[$"{name}.weight"]), _parameters[$"{name}.bias"]);
    }

    private double[] Row(string table, int row, int width) => _parameters[table][(row * width)..((row + 1) * width)];

    private double[] Layer(string weight, double[] input)
    {
        double[] weights = _parameters[weight], sums = new double[weights.Length / input.Length];
        Assert.Equal(weights.Length, sums.Length * input.Length);
        for (int i = 0; i < weights.Length; i++)
            sums[i / input.Length] += weights[i] * input[i % input.Length];
        return sums;
    }

    private static double[] Softmax(double[] values)
    {
        double largest = values.Max();
        double[] exponents = Array.ConvertAll(values, value => Math.Exp(value - largest));
        return Scaled(exponents, 1 / exponents.Sum());
    }

    private static double[] Relu(double[] values) => Array.ConvertAll(values, value => Math.Max(value, 0));

    private static double[] Scaled(double[] values, double factor) => Array.ConvertAll(values, value => value * factor);

    private static double[] Sum(double[] left, double[] right) => Matched(left, right, (first, second) => first + second);

    private static double[] Product(double[] left, double[] right) => Matched(left, right, (first, second) => first * second);

    private static double Dot(double[] left, double[] right) => Product(left, right).Sum();

    private static double[] Matched(double[] left, double[] right, Func<double, double, double> combine)
        => left.Length == right.Length ? [.. left.Zip(right, combine)] : throw new ArgumentException($"{left.Length} and {right.Length} values.");
}
