using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Datasets;

public sealed class KionLogTests : IDisposable
{
    private const string Header = "user_id,item_id,last_watch_dt,total_dur,watched_pct\n";

    private static readonly MLContext Context = new(seed: 1);

    private readonly string _folder = Directory.CreateTempSubdirectory("kion").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void DaysAreUnixSecondsAndSharesReachOne()
    {
        Write(Header + "176549,9506,2021-05-11,4250,72.0\n699317,1659,1970-01-02,8317,100\n699317,2,2021-05-12,10,\n");
        object[][] expected = [[176549, 9506, 1620691200L, 4250f, 0.72f], [699317, 1659, 86400L, 8317f, 1f], [699317, 2, 1620777600L, 10f, float.NaN]];
        foreach (string path in new[] { _folder, Path.Combine(_folder, "interactions.csv") })
        {
            Assert.Equal(
                expected, DataViewRows.Of(Context.Data.LoadKion(path), "User", "Item", "Time", "WatchSeconds", "WatchedShare"));
        }
    }

    [Fact]
    public void AnUnknownShareIsRefusedByTheRuleUnlessItsRowsAreLeftOut()
    {
        Write(Header + "1,1,2021-05-11,4250,72\n1,2,2021-05-11,0,\n1,3,2021-05-11,10,0\n");
        var log = Context.Data.LoadKion(_folder);
        var rule = Context.Transforms.LabelFeedback(FeedbackRule.WatchedShare());
        var error = Assert.Throws<InvalidDataException>(() => rule.Fit(log).Transform(log).GetColumn<float>("Feedback").ToArray());
        Assert.Contains("'WatchedShare' is NaN in row 2", error.Message);
        var known = Context.Data.FilterRowsByColumn(log, "WatchedShare", lowerBound: 0);
        Assert.Equal([1f, -1f], rule.Fit(known).Transform(known).GetColumn<float>("Feedback"));
    }

    [Theory]
    [InlineData("1,2,11.05.2021,3,4", "last_watch_dt is '11.05.2021'", "2021-05-11")]
    [InlineData("1,2,2021-02-30,3,4", "last_watch_dt is '2021-02-30'", "2021-05-11")]
    [InlineData("1,2,2021-5-11,3,4", "last_watch_dt is '2021-5-11'", "2021-05-11")]
    [InlineData("1,2,2021-05-11,,4", "total_dur is ''", "a number")]
    [InlineData("1,2,2021-05-11,3,most", "watched_pct is 'most'", "per cent, or nothing")]
    [InlineData("x,2,2021-05-11,3,4", "user_id is 'x'", "a whole number")]
    public void MalformedLinesAreNamed(string line, string found, string expected)
    {
        Write(Header + "1,2,2021-05-11,3,4\n" + line + "\n");
        var error = Assert.Throws<InvalidDataException>(() => DataViewRows.Of(Context.Data.LoadKion(_folder)));
        Assert.Contains("interactions.csv, line 3", error.Message);
        Assert.Contains(found, error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void WhatIsNotThereIsRefusedAtOnce()
    {
        Assert.Contains("interactions.csv", Assert.Throws<FileNotFoundException>(() => Context.Data.LoadKion(_folder)).Message);
        Write("user_id,item_id,last_watch_dt,total_dur\n");
        Assert.Contains("'watched_pct'", Assert.Throws<InvalidDataException>(() => Context.Data.LoadKion(_folder)).Message);
        Write("");
        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => Context.Data.LoadKion(_folder)).Message);
        Assert.Throws<ArgumentException>(() => Context.Data.LoadKion(""));
    }

    private void Write(string text) => File.WriteAllText(Path.Combine(_folder, "interactions.csv"), text);
}
