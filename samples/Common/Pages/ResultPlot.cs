using System.Globalization;
using ScottPlot;

namespace Common;

/// <summary>A line of a plot.</summary>
/// <param name="Name">As the legend has it.</param>
/// <param name="Points">Its points; they are drawn in the order of x, those without a value not at all.</param>
public sealed record PlotLine(string Name, IReadOnlyList<PlotPoint> Points);

/// <summary>A point of a line.</summary>
/// <param name="X">Where, to the right.</param>
/// <param name="Y">How much, upwards.</param>
/// <param name="StandardDeviation">Drawn to both sides; null where it is unknown.</param>
public readonly record struct PlotPoint(double X, double Y, double? StandardDeviation = null);

/// <summary>A bar in every group of a plot.</summary>
/// <param name="Name">As the legend has it.</param>
/// <param name="Values">A value a group; NaN where there is none.</param>
public sealed record PlotBars(string Name, IReadOnlyList<double> Values);

/// <summary>A plot with what is to be said of it, and its values.</summary>
public sealed class ResultPlot
{
    private const int Width = 760, Height = 360;

    // they differ in lightness as well as in hue, and lines in their marks besides
    private static readonly string[] Colours = ["#1d5fbf", "#c4560a", "#0d7d5a", "#8a3fb8", "#b3261e", "#6b7280", "#97740a", "#0a7a91"];
    private static readonly MarkerShape[] Marks = [MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond];

    private readonly Plot _plot;

    private ResultPlot(string title, string description, Plot plot, ResultTable values) => (Title, Description, _plot, Values) = (title, description, plot, values);

    public string Title { get; }

    /// <summary>What the plot shows, for who cannot see it.</summary>
    public string Description { get; }

    public ResultTable Values { get; }

    /// <summary>Lines over a number.</summary>
    /// <param name="title">What the plot shows.</param>
    /// <param name="horizontalLabel">What goes right, with its unit.</param>
    /// <param name="verticalLabel">What goes up, with its unit.</param>
    /// <param name="lines">The lines.</param>
    /// <param name="format">How values are written.</param>
    public static ResultPlot Lines(string title, string horizontalLabel, string verticalLabel, IReadOnlyList<PlotLine> lines, string format = "0.0000")
    {
        var plot = Empty(horizontalLabel, verticalLabel, lines.Count);
        foreach (var (index, line) in lines.Index())
        {
            PlotPoint[] points = [.. line.Points.Where(point => double.IsFinite(point.Y)).OrderBy(point => point.X)];
            var colour = Color.FromHex(Colours[index % Colours.Length]);
            PlotPoint[] spread = [.. points.Where(point => point.StandardDeviation > 0)];
            if (spread.Length > 0)
                plot.Add.ErrorBar([.. spread.Select(point => point.X)], [.. spread.Select(point => point.Y)], [.. spread.Select(point => point.StandardDeviation!.Value)]).Color = colour;
            var drawn = plot.Add.Scatter(Array.ConvertAll(points, point => point.X), Array.ConvertAll(points, point => point.Y));
            (drawn.Color, drawn.LineWidth, drawn.MarkerShape, drawn.MarkerSize, drawn.LegendText) = (colour, 2, Marks[index % Marks.Length], 9, line.Name);
        }

        plot.Axes.Left.TickGenerator = Ticks(format.Replace('0', '#').Replace("#.", "0."));
        double[] places = [.. lines.SelectMany(line => line.Points).Select(point => point.X).Distinct().Order()];
        // numbers that something stands at, where there is room for them
        bool haveRoom = places.Length > 1 && places.Zip(places.Skip(1)).All(pair => pair.Second - pair.First >= 0.06 * (places[^1] - places[0]));
        plot.Axes.Bottom.TickGenerator = haveRoom
            ? new ScottPlot.TickGenerators.NumericManual(places, [.. places.Select(place => Text(place, "0.####"))]) : Ticks("0.####");
        bool hasSpread = lines.Any(line => line.Points.Any(point => point.StandardDeviation is not null));
        var rows = places.Select(x => (IReadOnlyList<string>)
            [Text(x, "0.####"), .. lines.Select(line => string.Join("; ", line.Points.Where(point => point.X == x).Select(point => Words(point, format))))]);
        return new ResultPlot(title, $"Lines of {string.Join(", ", lines.Select(line => line.Name))}: {verticalLabel} over {horizontalLabel}{(hasSpread ? ", with one standard deviation to both sides" : "")}.",
            plot, new ResultTable(title, [horizontalLabel, .. lines.Select(line => line.Name)], [.. rows]));
    }

    /// <summary>Bars from zero, in groups; they lie where the groups' names are long.</summary>
    /// <param name="title">What the plot shows.</param>
    /// <param name="groups">The names of the groups.</param>
    /// <param name="series">The bars.</param>
    /// <param name="valueLabel">What is measured, with its unit.</param>
    /// <param name="format">How values are written.</param>
    public static ResultPlot Bars(string title, IReadOnlyList<string> groups, IReadOnlyList<PlotBars> series, string valueLabel, string format = "0.0000")
    {
        const double LetterWidth = 7, GroupWidth = 0.8;
        bool lie = groups.Max(group => group.Length) * LetterWidth > (Width - 80.0) / groups.Count;
        var plot = Empty(lie ? valueLabel : "", lie ? "" : valueLabel, series.Count);
        // what lies counts from below
        double[] places = [.. groups.Select((_, group) => (double)(lie ? groups.Count - 1 - group : group))];
        foreach (var (index, bars) in series.Index())
        {
            double size = GroupWidth / series.Count, offset = (index - ((series.Count - 1) / 2.0)) * size * (lie ? -1 : 1);
            Bar[] finite = [.. bars.Values.Zip(places).Where(pair => double.IsFinite(pair.First)).Select(pair => new Bar
            {
                Value = pair.First,
                Position = pair.Second + offset,
                Size = size * 0.92,
                FillColor = Color.FromHex(Colours[index % Colours.Length]),
                LineWidth = 0,
                Label = Text(pair.First, format),
            })];
            var drawn = plot.Add.Bars(finite);
            (drawn.LegendText, drawn.Horizontal, drawn.ValueLabelStyle.FontSize, drawn.ValueLabelStyle.Bold) = (bars.Name, lie, 12, false);
        }

        IAxis named = lie ? plot.Axes.Left : plot.Axes.Bottom, measured = lie ? plot.Axes.Bottom : plot.Axes.Left;
        (named.TickGenerator, measured.TickGenerator) = (new ScottPlot.TickGenerators.NumericManual(places, [.. groups]), Ticks(format));
        named.MajorTickStyle.Length = 0;
        double[] ends = [0, .. series.SelectMany(bars => bars.Values).Where(double.IsFinite)];
        // room for the values at the bars' ends
        double room = 0.15 * (ends.Max() - ends.Min()), least = ends.Min() < 0 ? ends.Min() - room : 0, most = ends.Max() > 0 ? ends.Max() + room : 0;
        var limits = lie ? new AxisLimits(least, most, -0.5, groups.Count - 0.5) : new AxisLimits(-0.5, groups.Count - 0.5, least, most);
        plot.Axes.SetLimits(limits);
        var rows = groups.Select((group, i) => (IReadOnlyList<string>)[group, .. series.Select(bars => Text(bars.Values[i], format))]);
        return new ResultPlot(title, $"Bars of {string.Join(", ", series.Select(bars => bars.Name))} for {string.Join(", ", groups)}.", plot,
            new ResultTable(title, ["", .. series.Select(bars => bars.Name)], [.. rows]));
    }

    /// <summary>The drawing as a document of SVG.</summary>
    public string ToSvg() => _plot.GetSvgXml(Width, Height);

    private static Plot Empty(string horizontalLabel, string verticalLabel, int seriesCount)
    {
        SampleFont.Use();
        var plot = new Plot();
        plot.Font.Set(SampleFont.Name);
        plot.XLabel(horizontalLabel, 14);
        plot.YLabel(verticalLabel, 14);
        plot.Axes.Bottom.Label.Bold = plot.Axes.Left.Label.Bold = false;
        plot.Axes.Right.IsVisible = plot.Axes.Top.IsVisible = false;
        plot.Grid.MajorLineColor = Color.FromHex("#d9dce3");
        if (seriesCount == 1)
        {
            plot.HideLegend();
        }
        else
        {
            var legend = plot.ShowLegend(Edge.Top).Legend;
            (legend.Orientation, legend.OutlineWidth, legend.ShadowColor, legend.FontSize) = (Orientation.Horizontal, 0, Colors.Transparent, 13);
        }

        return plot;
    }

    private static ScottPlot.TickGenerators.NumericAutomatic Ticks(string format) => new() { LabelFormatter = value => Text(value, format) };

    private static string Words(PlotPoint point, string format)
        => point.StandardDeviation is { } spread && double.IsFinite(point.Y) ? $"{Text(point.Y, format)} ± {Text(spread, format)}" : Text(point.Y, format);

    private static string Text(double value, string format)
    {
        string text = double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "–";
        return text == "-0" ? "0" : text;
    }
}
