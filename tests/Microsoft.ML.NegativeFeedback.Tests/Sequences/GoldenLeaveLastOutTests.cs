using System.Text.Json;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

/// <summary>
/// The published preprocessing and datasets of SINE (X1*): training, validation and test rows of every user with three positives. The published
/// rows hold positives alone and, while training, the negative just before each; they are cut out of ours, which hold everything.
/// </summary>
public sealed class GoldenLeaveLastOutTests
{
    private static readonly MLContext Context = new(seed: 1);

    public static TheoryData<string> Files => GoldenColumns.FilesLike("X1*.json");

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryRowIsThePublishedOne(string file)
    {
        var golden = GoldenColumns.Read(file);
        int length = golden.GetProperty("config").Integer("max_len");
        int candidates = golden.GetProperty("config").Integer("candidate_len");
        var split = Context.Data.LeaveLastOut(
            LogRows.View(Log(golden.GetProperty("behaviours_tsv").GetString()!)), new LeaveLastOutOptions { MaximumPositiveCount = length });
        var train = split.TrainSet.As<History>().ToDictionary(row => row.User);
        var validation = split.ValidationSet.As<Ranking>().ToDictionary(row => row.User);
        var test = split.TestSet.As<Ranking>().ToDictionary(row => row.User);

        var users = golden.GetProperty("users").EnumerateArray().ToDictionary(user => int.Parse(user.GetProperty("user").GetString()!));
        int[] usable = [.. users.Where(user => user.Value.GetProperty("train_row").GetProperty("usable").GetBoolean()).Select(user => user.Key)];
        Assert.Equal(usable, train.Keys.Order());
        Assert.Equal((users.Count - usable.Length, usable.Length), (split.Counts.UsersLeftOut, split.Counts.Rows));
        foreach (int user in usable)
        {
            var expected = users[user];
            var read = expected.GetProperty("read_behaviors");
            var published = PublishedTraining(train[user]);
            Assert.Equal(Lists(read.GetProperty("train")), [[.. published.Select(one => one.Item)], [.. published.Select(one => one.Liked)]]);
            Assert.Equal(Lists(read.GetProperty("train_history"))[0], Positives(validation[user]));
            CompareTrainRow(expected.GetProperty("train_row"), train[user], length);
            CompareRanking(expected.GetProperty("valid_row"), validation[user], length, candidates);
            CompareRanking(expected.GetProperty("test_row"), test[user], length, candidates);
            Assert.Equal(train[user].Items, validation[user].Items);
            Assert.Empty(train[user].Candidates);
            Assert.Empty(train[user].CandidateLabels);
        }
    }

    /// <summary>The rows of the published text; a user's are in order, users are interleaved.</summary>
    private static IEnumerable<LogRow> Log(string behaviours)
        => behaviours.Split('\n', StringSplitOptions.RemoveEmptyEntries).SelectMany(line =>
        {
            string[] fields = line.Split('\t');
            return fields[1].Split(' ').Zip(fields[2].Split(' '), (item, feedback) => (Item: int.Parse(item), IsLiked: feedback == "1"))
                .Select((one, time) => new LogRow(int.Parse(fields[0]), one.Item, time, one.IsLiked ? 1 : -1));
        }).OrderBy(row => row.Time * 7 % 5).ThenByDescending(row => row.Time);

    private static List<(int Item, int Liked)> PublishedTraining(History row)
        => [.. row.Items.Select((item, i) => (item, row.Feedback[i] > 0 ? 1 : 0))
            .Where((_, i) => row.Feedback[i] > 0 || row.Feedback[i + 1] > 0)];

    private static void CompareTrainRow(JsonElement expected, History row, int length)
    {
        int[] places = [.. Enumerable.Range(0, row.Items.Length).Where(i => row.Feedback[i] > 0)];
        Assert.Equal(expected.Integers("input_seq"), PadLeft(places[..^1].Select(place => row.Items[place]), length));
        Assert.Equal(expected.Integers("pos"), PadLeft(places[1..].Select(place => row.Items[place]), length));
        Assert.Equal(
            expected.Integers("neg_fdbk"),
            PadLeft(places[1..].Select(place => row.Feedback[place - 1] < 0 ? row.Items[place - 1] : 0), length));
    }

    private static void CompareRanking(JsonElement expected, Ranking row, int length, int candidates)
    {
        int count = expected.Integer("slice_point");
        Assert.Equal(expected.Integers("input_seq"), PadLeft(Positives(row), length));
        Assert.Equal(expected.Integers("item_indices")[..count], row.Candidates);
        Assert.Equal(expected.Integers("labels")[..count].Select(label => (float)label), row.CandidateLabels);
        Assert.Equal(candidates, expected.Integers("labels").Length);
        Assert.Equal((row.Candidates[0], 1f), (row.TargetItem, row.TargetFeedback));
    }

    private static IEnumerable<int> Positives(History row) => row.Items.Where((_, i) => row.Feedback[i] > 0);

    private static IEnumerable<int> PadLeft(IEnumerable<int> items, int length)
    {
        int[] last = [.. items];
        return Enumerable.Repeat(0, length - last.Length).Concat(last);
    }

    private static int[][] Lists(JsonElement lists)
        => [.. lists.EnumerateArray().Select(list => list.EnumerateArray().Select(value => value.GetInt32()).ToArray())];

    private class History
    {
        public int User { get; set; }

        public int[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];

        public int[] Candidates { get; set; } = [];

        public float[] CandidateLabels { get; set; } = [];
    }

    private sealed class Ranking : History
    {
        public int TargetItem { get; set; }

        public float TargetFeedback { get; set; }
    }
}
