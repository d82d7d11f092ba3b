using System.Globalization;
using System.Text;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;
using Xunit.Abstractions;

namespace Microsoft.ML.NegativeFeedback.Tests.Robustness;

/// <summary>Every reader of public logs on files that are nearly right: rows come, all of them and with sound values, or an exception names the file and the line.</summary>
public sealed class ReaderFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const string KuaiRandHeader = "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,play_time_ms,duration_ms,tab";

    private static readonly MLContext Ml = new(seed: 1);

    private static readonly Dictionary<string, LogForm> Forms = new LogForm[]
    {
        new("MovieLens ratings.dat", Ml.Data.LoadMovieLens, "::", HasHeader: false, ("ratings.dat", Lines(null, i => $"{i % 7}::{i}::{i % 5 + 1}::{978_300_760 + i}"))),
        new("MovieLens ratings.csv", Ml.Data.LoadMovieLens, ",", HasHeader: true, ("ratings.csv", Lines("userId,movieId,rating,timestamp", i => $"{i % 7},{i},{i % 5}.5,{978_300_760 + i}"))),
        new("MovieLens .inter", Ml.Data.LoadMovieLens, "\t", HasHeader: true,
            ("ml.inter", Lines("user_id:token\titem_id:token\trating:float\ttimestamp:float", i => $"{i % 7}\t{i}\t{i % 5}\t{978_300_760 + i}.0"))),
        new("KuaiRand as published", Ml.Data.LoadKuaiRand, ",", HasHeader: true, ("log_a.csv", Lines(KuaiRandHeader, KuaiRandLine)), ("log_b.csv", Lines(KuaiRandHeader, KuaiRandLine)),
            ("user_features.csv", "user_id,user_active_degree\n1,full_active\n")),
        new("KuaiRand likes and hates", Ml.Data.LoadKuaiRand, "\t", HasHeader: true, ("explicit.tsv", Lines(
            "user_id\tvideo_id\ttime_ms\tis_follow\tis_comment\tis_forward\tplay_time_ms\tduration_ms\tlabel", i => $"{i % 7}\t{i}\t{i * 1000}\t0\t1\t0\t{i * 100}\t3000\t{i % 2}"))),
        new("WeChat Channels", Ml.Data.LoadWeChatChannels, ",", HasHeader: true,
            ("user_action.csv", Lines("userid,feedid,date_,device,read_comment,comment,like,play,stay,click_avatar,forward,follow,favorite", i => $"{i % 7},{i},{i % 15 + 1},1,0,1,0,{i * 100},5366,0,0,0,1")),
            ("feed_info.csv", Lines("feedid,authorid,videoplayseconds,description,ocr", i => $"{i},{i % 3},{i + 5},\"a, \"\"b\"\"\nand c\",plain"))),
        new("KION", Ml.Data.LoadKion, ",", HasHeader: true, ("interactions.csv", Lines("user_id,item_id,last_watch_dt,total_dur,watched_pct",
            i => $"{i % 7},{i},2021-05-{i % 28 + 1:00},{i * 100},{(i % 3 == 0 ? "" : $"{i}.5")}"))),
    }.ToDictionary(form => form.Name);

    private readonly string _folder = Directory.CreateTempSubdirectory("robustness").FullName;

    public static TheoryData<string> Names => [.. Forms.Keys];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Rows_come_or_the_file_and_the_line_are_named(string name)
    {
        var form = Forms[name];
        var fuzzing = new Fuzzing(name, output).Run(300, random =>
        {
            int mutated = random.Next(form.Files.Length);
            byte[] bytes = Mutations.OfText(Encoding.UTF8.GetBytes(form.Files[mutated].Text), form.Separator, random);
            for (int i = 0; i < form.Files.Length; i++)
                File.WriteAllBytes(Path.Combine(_folder, form.Files[i].Name), i == mutated ? bytes : Encoding.UTF8.GetBytes(form.Files[i].Text));
            // few columns are asked for now and then, whose others may hold what they like
            bool readsAll = random.Next(4) != 0;
            return new FuzzCase(notes =>
            {
                notes.Add($"{form.Files[mutated].Name}:\n{Encoding.Latin1.GetString(bytes)}");
                return Read(form, readsAll);
            }, error => Complaint(error, form));
        });
        Assert.True(fuzzing.AcceptedCount > 0);
    }

    private string Read(LogForm form, bool readsAll)
    {
        var view = form.Open(_folder);
        var rows = readsAll ? DataViewRows.Of(view) : DataViewRows.Of(view, "Item");
        Assert.All(rows.SelectMany(row => row).OfType<float>(), value => Assert.True(float.IsFinite(value) || (form.Name == "KION" && float.IsNaN(value)), $"{value} was read"));
        Assert.Equal(rows.Count, form.Files.Where(file => file.Name is not "feed_info.csv").Sum(file => CountRows(form, File.ReadAllBytes(Path.Combine(_folder, file.Name)))));
        return "";
    }

    /// <summary>The rows of a file, counted without the reader: its lines that are not empty, but for the header. What is no log by its header has none.</summary>
    private static int CountRows(LogForm form, byte[] bytes)
    {
        string text = Encoding.Latin1.GetString(bytes);
        string[] lines = (text.StartsWith("ï»¿", StringComparison.Ordinal) ? text[3..] : text).Split('\n');
        var names = lines[0].Split([form.Separator, "\t"], StringSplitOptions.None).Select(field => field.Split(':')[0].Trim().Trim('"'));
        bool isLog = !form.Name.StartsWith("KuaiRand", StringComparison.Ordinal) || new[] { "user_id", "video_id", "time_ms" }.All(names.Contains);
        return isLog ? lines.Skip(form.HasHeader ? 1 : 0).Count(line => line.Length > (line.EndsWith('\r') ? 1 : 0)) : 0;
    }

    private string? Complaint(Exception error, LogForm form)
    {
        string message = error.Message;
        if (error is not (InvalidDataException or FileNotFoundException))
            return "it is no exception of a reader";
        if (!message.Contains(_folder, StringComparison.Ordinal))
            return "it does not name the file";
        bool namesLine = message.Contains(", line ", StringComparison.Ordinal) || message.Contains("is empty", StringComparison.Ordinal);
        return namesLine || (error is FileNotFoundException && form.Files.Length > 0) ? null : "it does not name the line";
    }

    private static string KuaiRandLine(int i) => $"{i % 7},{i},20220422,200,{i * 1000},1,{i % 2},0,1,0,0,1,{i * 100},45916,1";

    private static string Lines(string? header, Func<int, string> line)
        => string.Concat(Enumerable.Range(0, 12).Select(line).Prepend(header).OfType<string>().Select(text => text + "\n"));

    /// <summary>A form in which a log is handed round.</summary>
    private sealed record LogForm(string Name, Func<string, IDataView> Open, string Separator, bool HasHeader, params (string Name, string Text)[] Files);
}
