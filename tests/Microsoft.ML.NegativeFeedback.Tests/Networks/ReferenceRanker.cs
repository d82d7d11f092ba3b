using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>NCF and DIN as their papers write them, one pair of items after the other, over the parameters of a model.</summary>
internal sealed class ReferenceRanker(PairwiseModel model)
{
    private readonly Dictionary<string, double[]> _parameters = model.Parameters.ToDictionary(
        entry => entry.Name, entry => Array.ConvertAll(entry.Values.ToArray(), value => (double)value));

    public double Score(IReadOnlyList<long> history, long candidate)
        => model.Network is NcfNetwork ? Ncf(history, candidate) : Din(history, candidate);

    private double Ncf(IReadOnlyList<long> history, long candidate)
    {
        var item = Embedding(candidate);
        var user = new double[item.Length];
        foreach (long liked in history)
            user = Sum(user, Embedding(liked), 1.0 / history.Count);
        return Dot(_parameters["product"], Product(user, item)) + Tower([.. user, .. item]);
    }

    private double Din(IReadOnlyList<long> history, long candidate)
    {
        var item = Embedding(candidate);
        var interest = new double[item.Length];
        foreach (long id in history)
        {
            var liked = Embedding(id);
            var hidden = Relu(Layer("attention", "attentionBias", [.. liked, .. item, .. Sum(liked, item, -1), .. Product(liked, item)]));
            interest = Sum(interest, liked, Dot(_parameters["share"], hidden) + _parameters["shareBias"][0]);
        }

        return Tower([.. interest, .. item, .. Product(interest, item)]);
    }

    private double Tower(double[] input)
    {
        var hidden = Relu(Layer("tower.first", "tower.firstBias", input));
        return Dot(_parameters["tower.output"], Relu(Layer("tower.second.weight", "tower.second.bias", hidden)));
    }

    private double[] Embedding(long item) => _parameters["items"].AsSpan((int)item * model.Network.Settings.Width, model.Network.Settings.Width).ToArray();

    private double[] Layer(string weight, string bias, double[] input)
        => [.. _parameters[weight].Chunk(input.Length).Zip(_parameters[bias], (row, shift) => Dot(row, input) + shift)];

    private static double[] Relu(double[] values) => Array.ConvertAll(values, value => Math.Max(value, 0));

    private static double[] Sum(double[] left, double[] right, double factor) => [.. left.Zip(right, (first, second) => first + (factor * second))];

    private static double[] Product(double[] left, double[] right) => [.. left.Zip(right, (first, second) => first * second)];

    private static double Dot(double[] left, double[] right) => Product(left, right).Sum();
}
