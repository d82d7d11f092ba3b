namespace Microsoft.ML.NegativeFeedback.Reports;

/// <summary>Maps values to pixels along an axis, with marks at round numbers.</summary>
internal sealed class AxisScale
{
    private readonly double _least;
    private readonly double _greatest;
    private readonly double _first;
    private readonly double _last;

    private AxisScale(double least, double greatest, double first, double last, IReadOnlyList<double> marks)
        => (_least, _greatest, _first, _last, Marks) = (least, greatest, first, last, marks);

    /// <summary>The values to mark, ascending.</summary>
    public IReadOnlyList<double> Marks { get; }

    /// <summary>An axis from mark to mark that holds all values.</summary>
    /// <param name="values">What it has to hold, finite; none give an axis from 0 to 1.</param>
    /// <param name="first">The pixel of its lower end.</param>
    /// <param name="last">The pixel of its upper end.</param>
    public static AxisScale Round(IReadOnlyCollection<double> values, double first, double last)
    {
        double least = values.DefaultIfEmpty(0).Min(), greatest = values.DefaultIfEmpty(1).Max();
        if (greatest - least <= 1e-9 * Math.Max(Math.Abs(least), Math.Abs(greatest)) || greatest == least)
        {
            double margin = least == 0 ? 0.5 : Math.Abs(least) * 0.1;
            (least, greatest) = (least - margin, greatest + margin);
        }

        double step = RoundStep((greatest - least) / 5);
        double lowest = Math.Floor((least / step) + 1e-9), highest = Math.Ceiling((greatest / step) - 1e-9);
        var marks = new double[(int)(highest - lowest) + 1];
        for (int i = 0; i < marks.Length; i++)
            marks[i] = (lowest + i) * step;
        return new AxisScale(lowest * step, highest * step, first, last, marks);
    }

    /// <summary>An axis that marks the values themselves, where there is room for it, and round numbers otherwise.</summary>
    /// <param name="values">The values, finite.</param>
    /// <param name="first">The pixel of its lower end.</param>
    /// <param name="last">The pixel of its upper end.</param>
    /// <param name="room">How many pixels a mark needs.</param>
    public static AxisScale Exact(IReadOnlyCollection<double> values, double first, double last, double room)
    {
        double[] distinct = [.. values.Distinct().Order()];
        if (distinct.Length < 2)
            return Round(values, first, last);
        double margin = (distinct[^1] - distinct[0]) * 0.04;
        var scale = new AxisScale(distinct[0] - margin, distinct[^1] + margin, first, last, distinct);
        bool hasRoom = distinct.Zip(distinct.Skip(1)).All(pair => scale.Place(pair.Second) - scale.Place(pair.First) >= room);
        return hasRoom ? scale : Round(values, first, last);
    }

    /// <summary>The pixel of a value.</summary>
    public double Place(double value) => _first + ((value - _least) / (_greatest - _least) * (_last - _first));

    /// <summary>1, 2 or 5 times a power of ten, at least the given step.</summary>
    private static double RoundStep(double step)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        return power * (step <= power ? 1 : step <= 2 * power ? 2 : step <= 5 * power ? 5 : 10);
    }
}
