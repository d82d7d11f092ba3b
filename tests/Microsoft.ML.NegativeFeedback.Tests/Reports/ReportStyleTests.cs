using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.NegativeFeedback.Reports;

namespace Microsoft.ML.NegativeFeedback.Tests.Reports;

public class ReportStyleTests
{
    [Fact]
    public void Colours_stand_out_from_their_background()
    {
        Assert.Equal(ReportStyle.LightColours.Length, ReportStyle.DarkColours.Length);
        Assert.All(ReportStyle.LightColours, colour => Assert.True(Contrast(colour, ReportStyle.LightBackground) >= 3, colour));
        Assert.All(ReportStyle.DarkColours, colour => Assert.True(Contrast(colour, ReportStyle.DarkBackground) >= 3, colour));
    }

    [Fact]
    public void A_round_axis_holds_every_value_between_few_marks()
    {
        var values = Gen.Choose(-1000, 1000).Select(number => number / 8.0).NonEmptyListOf();
        var cases = from list in values from power in Gen.Choose(-6, 9) select list.Select(value => value * Math.Pow(10, power)).ToArray();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(new Replay(new Rnd(17, 19), null)), Prop.ForAll(cases.ToArbitrary(), list =>
        {
            var axis = AxisScale.Round(list, 300, 20);
            var steps = axis.Marks.Zip(axis.Marks.Skip(1)).Select(pair => pair.Second - pair.First).ToArray();
            return axis.Marks.Count is >= 2 and <= 8
                && list.All(value => axis.Place(value) is >= 19.99 and <= 300.01)
                && Math.Abs(axis.Place(axis.Marks[0]) - 300) < 1e-6 && Math.Abs(axis.Place(axis.Marks[^1]) - 20) < 1e-6
                && steps.All(step => Math.Abs(step - steps[0]) < 1e-6 * steps[0]);
        }));
    }

    [Fact]
    public void Marks_stand_at_the_values_where_there_is_room()
    {
        Assert.Equal([2, 3, 5, 7], AxisScale.Exact([5, 2, 3, 7, 3], 0, 600, room: 30).Marks);
        // 0.001 and 0.01 would write over each other
        Assert.Equal([0, 0.2, 0.4, 0.6, 0.8, 1], AxisScale.Exact([0.001, 0.01, 1], 0, 600, room: 30).Marks.Select(mark => Math.Round(mark, 9)));
    }

    /// <summary>The contrast of two colours as WCAG 2 defines it, from 1 to 21.</summary>
    private static double Contrast(string first, string second)
    {
        double[] luminances = [.. new[] { Luminance(first), Luminance(second) }.Order()];
        return (luminances[1] + 0.05) / (luminances[0] + 0.05);
    }

    private static double Luminance(string colour)
    {
        double[] parts = [.. Convert.FromHexString(colour[1..]).Select(part => part / 255.0)
            .Select(part => part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4))];
        return (0.2126 * parts[0]) + (0.7152 * parts[1]) + (0.0722 * parts[2]);
    }
}
