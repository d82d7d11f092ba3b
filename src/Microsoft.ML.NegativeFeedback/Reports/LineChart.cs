using System.Globalization;
using System.Xml.Linq;

namespace Microsoft.ML.NegativeFeedback.Reports;

/// <summary>Lines over a number, with their spread where it is known.</summary>
internal sealed class LineChart
{
    private readonly string _title;
    private readonly string _horizontalLabel;
    private readonly string _verticalLabel;
    private readonly LineSeries[] _series;
    private readonly Func<double, string> _format;
    private readonly AxisScale _horizontal;
    private readonly AxisScale _vertical;

    public LineChart(string title, string horizontalLabel, string verticalLabel, IReadOnlyList<LineSeries> series, Func<double, string> format)
    {
        (_title, _horizontalLabel, _verticalLabel, _format) = (title, horizontalLabel, verticalLabel, format);
        _series = [.. series.Select(line => line with { Points = [.. line.Points.OrderBy(point => point.X)] })];
        var points = _series.SelectMany(line => line.Points).ToArray();
        var drawn = points.Where(point => double.IsFinite(point.Y)).ToArray();
        _horizontal = AxisScale.Exact([.. points.Select(point => point.X)], ChartFrame.Left, ChartFrame.Right, room: 34);
        _vertical = AxisScale.Round(
            [.. drawn.Select(point => point.Y - (point.StandardDeviation ?? 0)), .. drawn.Select(point => point.Y + (point.StandardDeviation ?? 0))],
            ChartFrame.Bottom, ChartFrame.Top);
    }

    private bool HasSpread => _series.Any(line => line.Points.Any(point => point.StandardDeviation is not null));

    public XElement Draw(string id)
    {
        string description = $"Line chart of {string.Join(", ", _series.Select(line => line.Name))}: {_verticalLabel} over {_horizontalLabel}"
            + $"{(HasSpread ? ", with bars of one standard deviation to each side" : "")}. The values follow as a table.";
        var shapes = ChartFrame.UpwardAxis(_vertical, _format, _verticalLabel).Concat(HorizontalAxis())
            .Concat(_series.SelectMany((line, i) => Line(line, i)));
        var legend = ChartFrame.Legend([.. _series.Select(line => line.Name)],
            i => [Coloured(ChartFrame.Line("line", 0, 6, 28, 6), i), ChartFrame.Mark(i, 14, 6)]);
        return ChartFrame.Figure(id, _title, description, ChartFrame.Bottom + 48, shapes, legend, Values());
    }

    private IEnumerable<XElement> HorizontalAxis()
    {
        yield return ChartFrame.Line("axis", ChartFrame.Left, ChartFrame.Bottom, ChartFrame.Right, ChartFrame.Bottom);
        foreach (double mark in _horizontal.Marks)
        {
            double x = _horizontal.Place(mark);
            yield return ChartFrame.Line("axis", x, ChartFrame.Bottom, x, ChartFrame.Bottom + 5);
            yield return ChartFrame.Text(Plain(mark), x, ChartFrame.Bottom + 20, "middle", "faint");
        }

        yield return ChartFrame.Text(_horizontalLabel, (ChartFrame.Left + ChartFrame.Right) / 2, ChartFrame.Bottom + 40, "middle", "faint");
    }

    private IEnumerable<XElement> Line(LineSeries line, int index)
    {
        foreach (var run in Runs(line.Points))
        {
            var corners = run.Select(point => (_horizontal.Place(point.X), _vertical.Place(point.Y)));
            yield return Coloured(Html.Shape("polyline", Html.Attribute("class", "line"), Html.Attribute("points", ChartFrame.Points(corners))), index);
        }

        foreach (var point in line.Points.Where(point => double.IsFinite(point.Y)))
        {
            double x = _horizontal.Place(point.X), y = _vertical.Place(point.Y);
            if (point.StandardDeviation is { } spread)
            {
                double low = _vertical.Place(point.Y - spread), high = _vertical.Place(point.Y + spread);
                string style = $"spread {ReportStyle.ColourOf(index)}";
                yield return ChartFrame.Line(style, x, low, x, high);
                yield return ChartFrame.Line(style, x - 4, low, x + 4, low);
                yield return ChartFrame.Line(style, x - 4, high, x + 4, high);
            }

            var mark = ChartFrame.Mark(index, x, y);
            mark.Add(Html.Shape("title", $"{line.Name}, {_horizontalLabel} {Plain(point.X)}: {Words(point)}"));
            yield return mark;
        }
    }

    /// <summary>The stretches of a line between its gaps.</summary>
    private static IEnumerable<List<LinePoint>> Runs(IReadOnlyList<LinePoint> points)
    {
        var run = new List<LinePoint>();
        foreach (var point in points)
        {
            if (double.IsFinite(point.Y))
            {
                run.Add(point);
                continue;
            }

            if (run.Count > 1)
                yield return run;
            run = [];
        }

        if (run.Count > 1)
            yield return run;
    }

    /// <summary>A row a value of x; a line with several points at one x has them all in one cell.</summary>
    private XElement Values()
    {
        var rows = _series.SelectMany(line => line.Points).Select(point => point.X).Distinct().Order()
            .Select(x => (IReadOnlyList<string>)[Plain(x), .. _series.Select(line =>
                string.Join("; ", line.Points.Where(point => point.X == x).Select(Words)))]);
        return Html.Table(null, [_horizontalLabel, .. _series.Select(line => line.Name)], rows);
    }

    private string Words(LinePoint point)
        => point.StandardDeviation is { } spread && double.IsFinite(point.Y) ? $"{_format(point.Y)} ± {_format(spread)}" : _format(point.Y);

    private static XElement Coloured(XElement line, int index)
    {
        line.SetAttributeValue("style", $"stroke: var(--{ReportStyle.ColourOf(index)})");
        line.Add(ChartFrame.DashOf(index));
        return line;
    }

    private static string Plain(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
