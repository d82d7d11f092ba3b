using System.Xml.Linq;

namespace Microsoft.ML.NegativeFeedback.Reports;

/// <summary>Groups of bars side by side, from zero.</summary>
internal sealed class BarChart(string title, IReadOnlyList<string> groups, IReadOnlyList<BarSeries> series, string valueLabel, Func<double, string> format)
{
    /// <summary>A label longer than its group is wide is turned; so wide is a letter about.</summary>
    private const double LetterWidth = 6.5;

    /// <summary>With more bars than this there is no room for their values above them.</summary>
    private const int MostLabelledBars = 24;

    private readonly AxisScale _scale = AxisScale.Round(
        [0, .. series.SelectMany(bars => bars.Values).Where(double.IsFinite)], ChartFrame.Bottom, ChartFrame.Top);

    private double GroupWidth => (ChartFrame.Right - ChartFrame.Left) / groups.Count;

    private bool LabelsAreTurned => groups.Max(group => group.Length) * LetterWidth > GroupWidth - 8;

    /// <summary>How many letters of a turned label fit between the middle of the first group and the edge.</summary>
    private int MostLetters => (int)((ChartFrame.Left + (GroupWidth / 2) - 4) / (LetterWidth * 0.82));

    public XElement Draw(string id)
    {
        double longestLabel = LabelsAreTurned ? Math.Min(groups.Max(group => group.Length), MostLetters) * LetterWidth * 0.6 : 0;
        string description = $"Bar chart of {string.Join(", ", series.Select(bars => bars.Name))} for {string.Join(", ", groups)}. The values follow as a table.";
        var shapes = ChartFrame.UpwardAxis(_scale, format, valueLabel).Concat(Bars())
            .Append(ChartFrame.Line("axis", ChartFrame.Left, _scale.Place(0), ChartFrame.Right, _scale.Place(0)))
            .Concat(groups.Select(GroupLabel));
        var legend = ChartFrame.Legend([.. series.Select(bars => bars.Name)],
            i => [ChartFrame.Rectangle(ReportStyle.ColourOf(i), 8, 0, 12, 12)]);
        return ChartFrame.Figure(id, title, description, ChartFrame.Bottom + 32 + longestLabel, shapes, legend, Values());
    }

    private IEnumerable<XElement> Bars()
    {
        double step = GroupWidth * 0.8 / series.Count, width = Math.Min(step - Math.Min(2, step * 0.1), 64);
        for (int group = 0; group < groups.Count; group++)
        {
            for (int i = 0; i < series.Count; i++)
            {
                double value = series[i].Values[group];
                double middle = ChartFrame.Left + ((group + 0.5) * GroupWidth) + ((i - ((series.Count - 1) / 2.0)) * Math.Min(step, 66));
                if (!double.IsFinite(value))
                    continue;
                double end = _scale.Place(value), start = _scale.Place(0);
                var bar = ChartFrame.Rectangle(ReportStyle.ColourOf(i), middle - (width / 2), Math.Min(start, end), width, Math.Abs(end - start));
                bar.Add(Html.Shape("title", $"{groups[group]}, {series[i].Name}: {format(value)}"));
                yield return bar;
                if (groups.Count * series.Count <= MostLabelledBars)
                    yield return ChartFrame.Text(format(value), middle, value < 0 ? end + 14 : end - 5, "middle");
            }
        }
    }

    private XElement GroupLabel(string group, int index)
    {
        double x = ChartFrame.Left + ((index + 0.5) * GroupWidth), y = ChartFrame.Bottom + 20;
        if (!LabelsAreTurned)
            return ChartFrame.Text(group, x, y, "middle");
        // the table has the whole name
        var label = ChartFrame.Text(group.Length <= MostLetters ? group : $"{group[..(MostLetters - 1)]}…", x, y, "end");
        label.Add(Html.Attribute("transform", FormattableString.Invariant($"rotate(-35 {x:0.##} {y:0.##})")));
        return label;
    }

    private XElement Values() => Html.Table(null, ["", .. series.Select(bars => bars.Name)],
        groups.Select((group, i) => (IReadOnlyList<string>)[group, .. series.Select(bars => format(bars.Values[i]))]));
}
