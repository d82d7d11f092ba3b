using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>NCF, DIN, CLSR, DIEN and SLi-Rec as their papers write them, one pair of items after the other, over the parameters of a model.</summary>
internal sealed class ReferenceRanker(PairwiseModel model)
{
    private readonly Dictionary<string, double[]> _parameters = model.Parameters.ToDictionary(
        entry => entry.Name, entry => Array.ConvertAll(entry.Values.ToArray(), value => (double)value));

    /// <summary>m of SLi-Rec.</summary>
    public const double TypicalGap = 30;

    /// <param name="history">The liked items.</param>
    /// <param name="candidate">The item that is scored.</param>
    /// <param name="times">Beside the items, and behind them the time of the question; SLi-Rec reads them.</param>
    public double Score(IReadOnlyList<long> history, long candidate, IReadOnlyList<long>? times = null) => model.Network switch
    {
        NcfNetwork => Ncf(history, candidate),
        DinNetwork => Din(history, candidate),
        DienNetwork => Dien(history, candidate),
        ClsrNetwork => Clsr(history, candidate),
        _ => SliRec(history, candidate, times!),
    };

    /// <summary>The auxiliary loss of DIEN, the mean over the steps of a history.</summary>
    public double Auxiliary(IReadOnlyList<long> history, long sampled)
    {
        var interests = Interests(history);
        return history.Count == 1 ? 0
            : Enumerable.Range(1, history.Count - 1).Average(step => -Math.Log(Sigmoid(Dot(interests[step - 1], Embedding(history[step]))))
                - Math.Log(1 - Sigmoid(Dot(interests[step - 1], Embedding(sampled)))));
    }

    private double Dien(IReadOnlyList<long> history, long candidate)
    {
        var (item, interests) = (Embedding(candidate), Interests(history));
        double[] attention = Softmax([.. interests.Select(interest => Dot(interest, Product("attention", item)))]);
        var last = new double[item.Length];
        for (int step = 0; step < interests.Count; step++)
            last = Units("evolution", last, interests[step], attention[step]);
        return Tower([.. last, .. item, .. Product(last, item)]);
    }

    private List<double[]> Interests(IReadOnlyList<long> history)
    {
        var states = new List<double[]>();
        foreach (long liked in history)
            states.Add(Units("extractor", states.Count == 0 ? new double[model.Network.Settings.Width] : states[^1], Embedding(liked), 1));
        return states;
    }

    private double[] Units(string name, double[] h, double[] x, double attention)
    {
        double[][] ofInput = Parts(Layer($"{name}.input.weight", $"{name}.input.bias", x)), ofState = Parts(Product($"{name}.recurrent", h));
        var u = Array.ConvertAll(Sum(ofInput[0], ofState[0], 1), Sigmoid);
        var r = Array.ConvertAll(Sum(ofInput[1], ofState[1], 1), Sigmoid);
        var proposal = Array.ConvertAll(Sum(ofInput[2], Product(r, ofState[2]), 1), Math.Tanh);
        return [.. h.Select((value, i) => ((1 - (attention * u[i])) * value) + (attention * u[i] * proposal[i]))];
    }

    private double SliRec(IReadOnlyList<long> history, long candidate, IReadOnlyList<long> times)
    {
        var item = Embedding(candidate);
        double[][] liked = [.. history.Select(Embedding)];
        double[] longTerm = Mean(Softmax([.. liked.Select(vector => Dot(_parameters["longTerm"], vector))]), liked);
        double[] Time(string name, long gap) => Array.ConvertAll(Layer($"{name}.weight", $"{name}.bias", [Math.Log(1 + (Math.Max(gap, 0) / TypicalGap))]), Math.Tanh);

        double[] c = new double[item.Length], h = c, span = c;
        var states = new List<double[]>();
        for (int step = 0; step < liked.Length; step++)
        {
            var gap = Time("gap", step == 0 ? 0 : times[step] - times[step - 1]);
            span = Time("span", times[history.Count] - times[step]);
            double[][] x = Parts(Layer("input.weight", "input.bias", liked[step])), u = Parts(Product("recurrent", h));
            double[][] ofSpan = Parts(Product("input.span", span)), ofGap = Parts(Product("input.gap", gap));
            double[] Gate(params double[][] terms) => Array.ConvertAll(terms.Aggregate((left, right) => Sum(left, right, 1)), Sigmoid);
            double[] i = Gate(x[0], u[0]), f = Gate(x[1], u[1]), o = Gate(x[2], u[2], ofSpan[0], ofGap[0]), ofTarget = Gate(x[4], ofSpan[1]), ofStep = Gate(x[5], ofGap[1]);
            var proposal = Array.ConvertAll(Sum(x[3], u[3], 1), Math.Tanh);
            c = Sum(Product(Product(f, ofStep), c), Product(Product(i, ofTarget), proposal), 1);
            h = Product(o, Array.ConvertAll(c, Math.Tanh));
            states.Add(h);
        }

        double[] shortTerm = Mean(Softmax([.. states.Select(state => Attention(Product("shortTerm", state), item))]), states);
        double share = Sigmoid(Tower([.. longTerm, .. shortTerm, .. item, .. span], "fusion"));
        double[] fused = [.. longTerm.Zip(shortTerm, (first, second) => (share * first) + ((1 - share) * second))];
        return Tower([.. fused, .. item, .. Product(fused, item)]);
    }

    /// <summary>The contrasts of CLSR's interests and proxies after a history (eq. 6 of the network's page).</summary>
    public double Contrast(IReadOnlyList<long> history)
    {
        if (history.Count <= 5)
            return 0;
        var (_, longTerm, shortTerm) = ClsrInterests(history);
        double[] whole = Mean(history), recent = Mean([.. history.TakeLast(3)]);
        return Loss(longTerm, whole, recent) + Loss(shortTerm, recent, whole) + Loss(whole, longTerm, shortTerm) + Loss(recent, shortTerm, longTerm);

        static double Loss(double[] anchor, double[] near, double[] far) => Math.Log(1 + Math.Exp(Dot(anchor, far) - Dot(anchor, near)));
    }

    private double Clsr(IReadOnlyList<long> history, long candidate)
    {
        var item = Embedding(candidate);
        var (state, longTerm, shortTerm) = ClsrInterests(history);
        double share = Sigmoid(Tower([.. state, .. longTerm, .. shortTerm, .. item], "fusion") + _parameters["fusion.outputBias"][0]);
        return Tower([.. longTerm.Zip(shortTerm, (first, second) => (share * first) + ((1 - share) * second)), .. item]);
    }

    private (double[] State, double[] LongTerm, double[] ShortTerm) ClsrInterests(IReadOnlyList<long> history)
    {
        double[][] items = [.. history.Select(Embedding)];
        return (Recurrent(items, "fusionState.")[^1], Attention("longAttention.", Mean(history), items),
            Attention("shortAttention.", Recurrent(items, "intention.")[^1], Recurrent(items, "behaviour.")));
    }

    private double[] Mean(IReadOnlyList<long> items) => items.Aggregate(new double[Embedding(0).Length], (sum, item) => Sum(sum, Embedding(item), 1.0 / items.Count));

    private double[] Attention(string name, double[] query, double[][] values)
    {
        double[] weights = Array.ConvertAll(values, value =>
        {
            var key = Product($"{name}keys", value);
            return Math.Exp(Dot(_parameters[$"{name}share"], Relu(Layer($"{name}attention", $"{name}attentionBias", [.. key, .. query, .. Sum(key, query, -1), .. Product(key, query)]))));
        });
        return values.Zip(weights).Aggregate(new double[query.Length], (sum, entry) => Sum(sum, entry.First, entry.Second / weights.Sum()));
    }

    // Cho et al. 2014, a step after the other
    private double[][] Recurrent(double[][] inputs, string name)
    {
        int width = inputs[0].Length;
        double[] state = new double[width];
        return Array.ConvertAll(inputs, input =>
        {
            var ofInput = Layer($"{name}input.weight", $"{name}input.bias", input);
            var ofState = Product($"{name}recurrent", state);
            double[] update = [.. Enumerable.Range(0, width).Select(i => Sigmoid(ofInput[i] + ofState[i]))];
            double[] reset = [.. Enumerable.Range(width, width).Select(i => Sigmoid(ofInput[i] + ofState[i]))];
            var ofReset = Product($"{name}recurrent", Product(reset, state));
            return state = [.. Enumerable.Range(0, width).Select(i => (update[i] * state[i]) + ((1 - update[i]) * Math.Tanh(ofInput[(2 * width) + i] + ofReset[(2 * width) + i])))];
        });
    }

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
            interest = Sum(interest, liked, Attention(liked, item) + _parameters["shareBias"][0]);
        }

        return Tower([.. interest, .. item, .. Product(interest, item)]);
    }

    private double Attention(double[] read, double[] item)
        => Dot(_parameters["share"], Relu(Layer("attention", "attentionBias", [.. read, .. item, .. Sum(read, item, -1), .. Product(read, item)])));

    private double Tower(double[] input, string name = "tower")
    {
        var hidden = Relu(Layer($"{name}.first", $"{name}.firstBias", input));
        return Dot(_parameters[$"{name}.output"], Relu(Layer($"{name}.second.weight", $"{name}.second.bias", hidden)));
    }

    private double[] Embedding(long item) => _parameters["items"].AsSpan((int)item * model.Network.Settings.Width, model.Network.Settings.Width).ToArray();

    private double[] Layer(string weight, string bias, double[] input)
        => [.. _parameters[weight].Chunk(input.Length).Zip(_parameters[bias], (row, shift) => Dot(row, input) + shift)];

    private double[] Product(string weight, double[] input) => [.. _parameters[weight].Chunk(input.Length).Select(row => Dot(row, input))];

    // d values of each
    private double[][] Parts(double[] values) => [.. values.Chunk(model.Network.Settings.Width)];

    private static double[] Mean(double[] shares, IReadOnlyList<double[]> vectors)
        => vectors.Zip(shares).Aggregate(new double[vectors[0].Length], (sum, part) => Sum(sum, part.First, part.Second));

    private static double[] Softmax(double[] values) => [.. values.Select(value => Math.Exp(value) / values.Sum(Math.Exp))];

    private static double Sigmoid(double value) => 1 / (1 + Math.Exp(-value));

    private static double[] Relu(double[] values) => Array.ConvertAll(values, value => Math.Max(value, 0));

    private static double[] Sum(double[] left, double[] right, double factor) => [.. left.Zip(right, (first, second) => first + (factor * second))];

    private static double[] Product(double[] left, double[] right) => [.. left.Zip(right, (first, second) => first * second)];

    private static double Dot(double[] left, double[] right) => Product(left, right).Sum();
}
