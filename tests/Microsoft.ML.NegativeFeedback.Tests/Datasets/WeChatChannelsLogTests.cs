using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Datasets;

public sealed class WeChatChannelsLogTests : IDisposable
{
    private const string ActionHeader = "userid,feedid,date_,device,read_comment,comment,like,play,stay,click_avatar,forward,follow,favorite\n";
    private const string FeedHeader = "feedid,authorid,videoplayseconds,description,ocr,asr,bgm_song_id,bgm_singer_id,manual_keyword_list,"
        + "machine_keyword_list,manual_tag_list,machine_tag_list,description_char,ocr_char,asr_char\n";

    private const string Actions = ActionHeader
        + "8,71474,1,1,0,1,0,500,5366,0,0,0,1\n"
        + "8,73916,1,1,0,0,1,250,1533,0,1,1,0\n"
        + "9,5,15,2,0,0,0,61000,62000,0,0,0,0\n";

    private static readonly MLContext Context = new(seed: 1);

    private readonly string _folder = Directory.CreateTempSubdirectory("wechat").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ActionsAreJoinedWithTheirVideos()
    {
        Write("user_action.csv", Actions);
        Write("feed_info.csv", FeedHeader
            + "73916,12,9,plain,,,1.0,2.0,,,,,,,\r\n"
            + "71474,\"3\",\"17\",\"a, b and \"\"c\"\",\n1,2,3\r\n\",\"\",5\" screen,,,,,,,,,\r\n");
        Assert.Equal(
            [
                [8, 71474, 1L, 0.5f, 0f, 0f, 1f, 0f, 1f, 17f, 3],
                [8, 73916, 1L, 0.25f, 1f, 1f, 0f, 1f, 0f, 9f, 12],
                [9, 5, 15L, 61f, 0f, 0f, 0f, 0f, 0f, 0f, -1],
            ],
            DataViewRows.Of(
                Context.Data.LoadWeChatChannels(_folder),
                "User", "Item", "Time", "WatchSeconds", "Like", "Follow", "Comment", "Forward", "Favorite", "DurationSeconds", "Author"));
    }

    [Fact]
    public void QuotedTextsMayCrossTheBoundariesOfTheBuffer()
    {
        Write("user_action.csv", ActionHeader + string.Concat(Enumerable.Range(0, 50).Select(item => $"1,{item},1,1,0,0,0,0,0,0,0,0,0\n")));
        string text = string.Join("\"\"", Enumerable.Repeat("words, \n\r\n and words", 500));
        Write("feed_info.csv", FeedHeader
            + string.Concat(Enumerable.Range(0, 50).Select(item => $"{item},{item + 1},{item + 2},\"{text}\",,,,,,,,,,,\"{text}\"\n")));
        Assert.True(new FileInfo(Path.Combine(_folder, "feed_info.csv")).Length > 10 * 65536);
        var log = Context.Data.LoadWeChatChannels(_folder);
        Assert.Equal(Enumerable.Range(1, 50), log.GetColumn<int>("Author"));
        Assert.Equal(Enumerable.Range(2, 50).Select(seconds => (float)seconds), log.GetColumn<float>("DurationSeconds"));
    }

    [Fact]
    public void WhatIsWrongIsNamedByTheLineThatItBeginsIn()
    {
        Write("user_action.csv", Actions);
        const string Good = "71474,3,17,\"two\nlines\",,,,,,,,,,,\n";
        Refused(FeedHeader + Good + "73916,12,long,,,,,,,,,,,,\n", "feed_info.csv, line 4", "videoplayseconds is 'long'");
        Refused(FeedHeader + Good + "73916,12,9,\"never closed,,,,,,,,,,,\n1,2\n", "feed_info.csv, line 4", "never closed");
        Refused(FeedHeader + Good + "73916,12,9,\"one\ntwo\"\n", "feed_info.csv, line 4", "4 field(s)");
        Write("feed_info.csv", FeedHeader);
        Write("user_action.csv", Actions + "9,5,15,2,0,0,3,61000,62000,0,0,0,0\n");
        var error = Assert.Throws<InvalidDataException>(() => DataViewRows.Of(Context.Data.LoadWeChatChannels(_folder)));
        Assert.Contains("user_action.csv, line 5: like is '3'", error.Message);

        void Refused(string feeds, string line, string found)
        {
            Write("feed_info.csv", feeds);
            var error = Assert.Throws<InvalidDataException>(
                () => Context.Data.LoadWeChatChannels(_folder).GetColumn<float>("DurationSeconds").ToArray());
            Assert.Contains(line, error.Message);
            Assert.Contains(found, error.Message);
        }
    }

    [Fact]
    public void AVideoFileThatIsMendedIsReadAgainAndNothingStaysOpen()
    {
        Write("user_action.csv", Actions);
        Write("feed_info.csv", FeedHeader + "71474,3,long,,,,,,,,,,,,\n");
        var log = Context.Data.LoadWeChatChannels(_folder);
        for (int i = 0; i < 3; i++)
            Assert.Throws<InvalidDataException>(() => log.GetColumn<float>("DurationSeconds").ToArray());
        // nobody holds a file, so that it can be opened for nobody else to share
        foreach (string file in Directory.GetFiles(_folder))
            File.Open(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
        Write("feed_info.csv", FeedHeader + "71474,3,17,,,,,,,,,,,,\n");
        Assert.Equal([17f, 0f, 0f], log.GetColumn<float>("DurationSeconds"));
    }

    [Fact]
    public void AMissingFileOrFieldIsNamed()
    {
        Write("user_action.csv", Actions);
        Assert.Contains("feed_info.csv", Assert.Throws<FileNotFoundException>(() => Context.Data.LoadWeChatChannels(_folder)).Message);
        Write("feed_info.csv", "feedid,authorid\n");
        Assert.Contains("'videoplayseconds'", Assert.Throws<InvalidDataException>(() => Context.Data.LoadWeChatChannels(_folder)).Message);
        File.Delete(Path.Combine(_folder, "user_action.csv"));
        Assert.Contains("user_action.csv", Assert.Throws<FileNotFoundException>(() => Context.Data.LoadWeChatChannels(_folder)).Message);
        Assert.Throws<ArgumentException>(() => Context.Data.LoadWeChatChannels(" "));
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
