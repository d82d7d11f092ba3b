namespace Microsoft.ML.NegativeFeedback.Sampling;

/// <summary>
/// Draws items 1..N in proportion to their weights: from all of them in constant time (the alias method of Walker and Vose), and from
/// those outside a sorted list exactly, gap by gap of that list, by sums of weights.
/// </summary>
internal sealed class PopularityWeights
{
    /// <summary>How many random numbers a draw from all items takes.</summary>
    public const uint NumbersPerDraw = 2;

    /// <summary>[N + 1]: the weight of the items 1..i together.</summary>
    private readonly double[] _sums;

    /// <summary>[N]: out of 2³², how often place i stands for its own item rather than its alias.</summary>
    private readonly uint[] _own;
    private readonly int[] _alias;

    /// <param name="itemCounts">[N + 1]: how often each item occurs; place 0 is not read.</param>
    /// <param name="exponent">The weight of an item is its count to this power, at least 0.</param>
    /// <exception cref="ArgumentException">A count is negative, or all are zero.</exception>
    public PopularityWeights(ReadOnlySpan<long> itemCounts, double exponent)
    {
        var weights = Weights(itemCounts, exponent);
        _sums = new double[weights.Length + 1];
        for (int i = 0; i < weights.Length; i++)
            _sums[i + 1] = _sums[i] + weights[i];
        _own = new uint[weights.Length];
        _alias = new int[weights.Length];
        FillAliases(weights);
    }

    /// <summary>An item out of all.</summary>
    public int Draw(CounterRandom random, uint counter)
    {
        int place = random.Below(_own.Length, counter);
        return (random.Bits(counter + 1) < _own[place] ? place : _alias[place]) + 1;
    }

    /// <summary>The probability that <see cref="Draw"/> gives each of the items 1..N, out of the table that it draws from.</summary>
    public double[] Probabilities()
    {
        var probabilities = new double[_own.Length];
        for (int place = 0; place < _own.Length; place++)
        {
            double own = _own[place] / 4294967296.0;
            probabilities[place] += own / _own.Length;
            probabilities[_alias[place]] += (1 - own) / _own.Length;
        }

        return probabilities;
    }

    /// <summary>An item that is not in the sorted list, or 0 where all of them weigh nothing.</summary>
    public int DrawOutside(ReadOnlySpan<int> seen, CounterRandom random, uint counter)
    {
        double total = 0;
        for (int gap = 0; gap <= seen.Length; gap++)
            total += GapWeight(seen, gap);
        double left = random.Uniform(counter) * total;
        int chosen = -1;
        for (int gap = 0; gap <= seen.Length; gap++)
        {
            double weight = GapWeight(seen, gap);
            if (weight <= 0)
                continue;
            // the last gap of any weight is kept even where rounding leaves more than it weighs
            chosen = gap;
            if (left < weight)
                break;
            left -= weight;
        }

        return chosen < 0 ? 0 : ItemInGap(seen, chosen, left);
    }

    private int ItemInGap(ReadOnlySpan<int> seen, int gap, double left)
    {
        (int low, int high) = Gap(seen, gap);
        double target = Math.Min(_sums[low] + left, Math.BitDecrement(_sums[high]));
        // the first item of the gap whose sum is above the target; it weighs something, since the sum before it is not above
        while (high - low > 1)
        {
            int middle = (low + high) >>> 1;
            if (_sums[middle] > target)
                high = middle;
            else
                low = middle;
        }

        return high;
    }

    private double GapWeight(ReadOnlySpan<int> seen, int gap)
    {
        (int before, int last) = Gap(seen, gap);
        return _sums[last] - _sums[before];
    }

    /// <summary>The items of a gap are those after <c>Before</c> up to <c>Last</c>.</summary>
    private (int Before, int Last) Gap(ReadOnlySpan<int> seen, int gap)
        => (gap == 0 ? 0 : seen[gap - 1], gap == seen.Length ? _own.Length : seen[gap] - 1);

    private static double[] Weights(ReadOnlySpan<long> itemCounts, double exponent)
    {
        long highest = 0;
        for (int item = 1; item < itemCounts.Length; item++)
        {
            if (itemCounts[item] < 0)
                throw new ArgumentException($"Item {item} has the count {itemCounts[item]}: counts are at least 0.", nameof(itemCounts));
            highest = Math.Max(highest, itemCounts[item]);
        }

        if (highest == 0)
            throw new ArgumentException("No item occurs: count items, or sample uniformly.", nameof(itemCounts));
        var weights = new double[itemCounts.Length - 1];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = Math.Pow((double)itemCounts[i + 1] / highest, exponent);
        return weights;
    }

    private void FillAliases(double[] weights)
    {
        int count = weights.Length;
        var share = new double[count];
        var (light, heavy) = (new Stack<int>(count), new Stack<int>(count));
        for (int i = 0; i < count; i++)
        {
            share[i] = weights[i] * count / _sums[count];
            (share[i] < 1 ? light : heavy).Push(i);
        }

        // both are looked at before either is popped: what is popped alone would be lost
        while (light.Count > 0 && heavy.Count > 0)
        {
            int small = light.Pop(), large = heavy.Pop();
            _own[small] = (uint)(share[small] * 4294967296.0);
            _alias[small] = large;
            share[large] -= 1 - share[small];
            (share[large] < 1 ? light : heavy).Push(large);
        }

        // what is left is 1 but for rounding
        foreach (int full in heavy.Concat(light))
            (_own[full], _alias[full]) = (uint.MaxValue, full);
    }
}
