using Microsoft.ML.Data;
using Xunit.Abstractions;

namespace Microsoft.ML.NegativeFeedback.Tests.Datasets;

public sealed class KuaiRandLogTests(ITestOutputHelper output) : IDisposable
{
    private const string Header = "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,"
        + "play_time_ms,duration_ms,profile_stay_time,comment_stay_time,is_profile_enter,is_rand,tab\n";

    private static readonly MLContext Context = new(seed: 1);
    private static readonly string[] Columns =
        ["User", "Item", "Time", "WatchSeconds", "DurationSeconds", "Like", "Follow", "Comment", "Forward", "Hate"];

    private readonly string _folder = Directory.CreateTempSubdirectory("kuairand").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ThePublishedForm()
    {
        Write("log.csv", Header
            + "0,7,20220422,200,1650564384412,1,1,0,1,0,0,1,46186,45916,0,7639,0,0,1\n"
            + "3,31000000,20220423,2300,1650564384413,0,0,1,0,1,1,0,0,0,0,0,0,1,4\n");
        Assert.Equal(
            [
                [0, 7, 1650564384412L, 46.186f, 45.916f, 1f, 0f, 1f, 0f, 0f],
                [3, 31_000_000, 1650564384413L, 0f, 0f, 0f, 1f, 0f, 1f, 1f],
            ],
            DataViewRows.Of(Context.Data.LoadKuaiRand(Path.Combine(_folder, "log.csv")), Columns));
    }

    [Fact]
    public void TheSubsetOfLikesAndHates()
    {
        Write("explicit.tsv", "user_id\tvideo_id\ttime_ms\tis_follow\tis_comment\tis_forward\tplay_time_ms\tduration_ms\tlabel\n"
            + "1\t2\t5\t0\t0\t0\t1500\t3000\t1\n1\t3\t4\t0\t0\t0\t500\t3000\t0\n");
        Assert.Equal(
            [[1, 2, 5L, 1.5f, 3f, 1f, 0f, 0f, 0f, 0f], [1, 3, 4L, 0.5f, 3f, 0f, 0f, 0f, 0f, 1f]],
            DataViewRows.Of(Context.Data.LoadKuaiRand(_folder), Columns));
    }

    [Fact]
    public void AStrayTabInAHeaderHidesNoLogOfAFolder()
    {
        const string Line = "0,7,20220422,200,1650564384412,1,1,0,1,0,0,1,46186,45916,0,7639,0,0,1\n";
        Write("log_a.csv", Header + Line);
        Write("log_b.csv", Header.Replace("duration_ms", "duration\t_ms") + Line);
        var error = Assert.Throws<InvalidDataException>(() => Context.Data.LoadKuaiRand(_folder));
        Assert.Contains("log_b.csv, line 1", error.Message);
        Assert.Contains("duration_ms", error.Message);
    }

    [Fact]
    public void TheLogsOfAFolderFollowEachOtherByName()
    {
        Write("log_standard_4_22_to_5_08.csv", Header + Line(3) + Line(4));
        Write("log_standard_4_08_to_4_21.csv", Header + Line(1) + Line(2));
        Write("log_empty.csv", Header);
        Write("user_features.csv", "user_id,user_active_degree\n1,full_active\n");
        Write("notes.txt", "no log");
        Write("nothing.csv", "");
        var view = Context.Data.LoadKuaiRand(_folder);
        Assert.Equal([1, 2, 3, 4], view.GetColumn<int>("User"));
        Assert.Equal([1L, 2, 3, 4], view.GetColumn<long>("Time"));
        using var cursor = view.GetRowCursor([view.Schema["User"]]);
        var getter = cursor.GetGetter<int>(view.Schema["User"]);
        Assert.Throws<InvalidOperationException>(() =>
        {
            int user = 0;
            getter(ref user);
        });
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<long>(view.Schema["Time"]));

        static string Line(int number) => $"{number},7,20220422,200,{number},1,1,0,1,0,0,1,46186,45916,0,7639,0,0,1\n";
    }

    [Theory]
    [InlineData("0,7,20220422,200,yesterday,1,1,0,1,0,0,1,46186,45916,0,7639,0,0,1", "time_ms is 'yesterday'", "milliseconds since 1970")]
    [InlineData("0,7,20220422,200,1,1,2,0,1,0,0,1,46186,45916,0,7639,0,0,1", "is_like is '2'", "0 or 1")]
    [InlineData("0,7,20220422,200,1,1,1,0,1,0,0,1,long,45916,0,7639,0,0,1", "play_time_ms is 'long'", "a number of milliseconds")]
    [InlineData("0,7,20220422,200,1,1,1,0,1,0,0,1,46186,1e300,0,7639,0,0,1", "duration_ms is '1e300'", "a number of milliseconds")]
    [InlineData("0,7,20220422,200,1", "5 field(s)", "','")]
    public void MalformedLinesAreNamed(string line, string found, string expected)
    {
        Write("log.csv", Header + "0,7,20220422,200,1,1,1,0,1,0,0,1,46186,45916,0,7639,0,0,1\n" + line);
        var error = Assert.Throws<InvalidDataException>(() => DataViewRows.Of(Context.Data.LoadKuaiRand(_folder)));
        Assert.Contains($"{Path.Combine(_folder, "log.csv")}, line 3", error.Message);
        Assert.Contains(found, error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void WhatIsNoLogIsRefusedAtOnce()
    {
        Write("users.csv", "user_id,user_active_degree\n1,full_active\n");
        Assert.Contains("time_ms", Assert.Throws<FileNotFoundException>(() => Context.Data.LoadKuaiRand(_folder)).Message);
        Assert.Contains("'video_id'",
            Assert.Throws<InvalidDataException>(() => Context.Data.LoadKuaiRand(Path.Combine(_folder, "users.csv"))).Message);
        Write("log.csv", "user_id,video_id,time_ms,play_time_ms,duration_ms,is_follow,is_comment,is_forward\n");
        Assert.Contains("'is_like'", Assert.Throws<InvalidDataException>(() => Context.Data.LoadKuaiRand(_folder)).Message);
        Assert.Throws<FileNotFoundException>(() => Context.Data.LoadKuaiRand(Path.Combine(_folder, "nowhere")));
        Assert.Throws<ArgumentException>(() => Context.Data.LoadKuaiRand(""));
    }

    [Fact]
    public void TheRealSubset()
    {
        if (SharedData.Find("kuairand") is not { } folder)
        {
            output.WriteLine("KuaiRand is not on this machine: nothing was tested. NEGATIVEFEEDBACK_DATA names the folder above it.");
            return;
        }

        var log = Context.Data.LoadKuaiRand(folder);
        int[] users = [.. log.GetColumn<int>("User")];
        Assert.Equal((41_828, 664), (users.Length, users.Distinct().Count()));
        Assert.Equal(9_359, log.GetColumn<int>("Item").Distinct().Count());
        Assert.Equal(7_738, log.GetColumn<float>("DurationSeconds").Count(seconds => seconds == 0));
        Assert.Equal((33_745, 8_083), (log.GetColumn<float>("Like").Count(flag => flag == 1), log.GetColumn<float>("Hate").Count(flag => flag == 1)));
        Assert.Equal((1649346288441L, 1650556315790L), (log.GetColumn<long>("Time").Min(), log.GetColumn<long>("Time").Max()));

        // of the rows with a duration 62 % were watched over half; of what is left some of the 17 % under three seconds
        var known = Context.Data.FilterRowsByColumn(log, "DurationSeconds", lowerBound: float.Epsilon);
        float[] feedback = [.. Context.Transforms.LabelFeedback(FeedbackRule.WatchTime()).Fit(known).Transform(known).GetColumn<float>("Feedback")];
        Assert.Equal((34_090, 21_210), (feedback.Length, feedback.Count(label => label == 1)));
        var refused = Context.Transforms.LabelFeedback(FeedbackRule.WatchTime()).Fit(log).Transform(log);
        var error = Assert.Throws<InvalidDataException>(() => refused.GetColumn<float>("Feedback").ToArray());
        Assert.Contains("'DurationSeconds' is 0 in row 2", error.Message);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
