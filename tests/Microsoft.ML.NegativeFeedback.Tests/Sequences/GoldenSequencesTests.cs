using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Sequences;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

/// <summary>
/// The sequences of the published datasets (X2*): what they feed to the model is cut out of the rows that WindowSequences gives. A
/// training row is the last l + 1 of a kind; its inputs are all but the last of them, its labels all but the first.
/// </summary>
public sealed class GoldenSequencesTests
{
    private static readonly MLContext Context = new(seed: 1);

    public static TheoryData<string> Files => GoldenColumns.FilesLike("X2*.json");

    [Theory]
    [MemberData(nameof(Files))]
    public void TrainingRows(string file)
    {
        var golden = GoldenColumns.Read(file);
        int length = golden.GetProperty("config").Integer("max_length");
        var perFeedback = Windows(golden, new WindowSequencesOptions { MaximumLengthPerFeedback = length + 1 });
        Compare(golden, "train_posneg", perFeedback, (row, name) => name switch
        {
            "input_ids" => Positives(row)[..^1],
            "labels" => Positives(row)[1..],
            "negative_input_ids" => Negatives(row).SkipLast(1),
            _ => Negatives(row).Skip(1),
        });

        var whole = Windows(golden, new WindowSequencesOptions { MaximumLength = length + 1 });
        Compare(golden, "train_whole", whole, (row, name) => name switch
        {
            "input_ids" => row.Items[..^1],
            "labels" => row.Items[1..],
            _ => row.Feedback[..^1].Select(feedback => feedback < 0 ? 1 : 0),
        });
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void HistoriesToPredictFrom(string file)
    {
        var golden = GoldenColumns.Read(file);
        int length = golden.GetProperty("config").Integer("max_length");
        var full = Windows(golden, new WindowSequencesOptions()).ToDictionary(row => row.User, row => row.Items);
        Compare(golden, "predict_positive_eval", Windows(golden, new WindowSequencesOptions { MaximumLengthPerFeedback = length }),
            (row, name) => name == "input_ids" ? Positives(row) : full[row.User]);
        Compare(golden, "predict_whole_eval", Windows(golden, new WindowSequencesOptions { MaximumLength = length }),
            (row, name) => name == "input_ids" ? row.Items : full[row.User]);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void HistoriesToValidateOn(string file)
    {
        // the published target is the last positive, its history everything but the last interaction
        var golden = GoldenColumns.Read(file);
        int length = golden.GetProperty("config").Integer("max_length");
        var full = Windows(golden, new WindowSequencesOptions());
        int[] Target(Sequence row) => [Positives(row)[^1]];
        Compare(golden, "validation_positive_eval", full, (row, name) => name switch
        {
            "target" => Target(row),
            "full_history" => row.Items[..^1],
            _ => Positives(row)[..^1].TakeLast(length),
        });
        Compare(golden, "validation_whole_eval", full, (row, name) => name switch
        {
            "target" => Target(row),
            "full_history" => row.Items[..^1],
            _ => row.Items[..^1].TakeLast(length),
        });
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void PreparedSplit(string file)
    {
        var golden = GoldenColumns.Read(file);
        int threshold = golden.GetProperty("config").Integer("relevance_threshold");
        var prepared = golden.GetProperty("prepare_splitted_data");
        var output = prepared.GetProperty("output");

        // validation and test are each put behind the training part, so that a user may be in both
        var validated = Split("validation", testShare: 0);
        var tested = Split("test", testShare: 1);
        foreach (var split in new[] { validated, tested })
        {
            var train = split.TrainSet.As<LogRow>().OrderBy(row => row.User).ThenBy(row => row.Time).ToArray();
            Assert.Equal(
                output.GetProperty("train").Frame().Select(row => (row.User, row.Item, row.Time, Sign(row.Rating))),
                train.Select(row => (row.User, row.Item, (int)row.Time, row.Feedback)));
            int[][] places = [.. train.GroupBy(row => row.User).Select(rows => Enumerable.Range(0, rows.Count()).ToArray())];
            Assert.Equal(output.GetProperty("train").Integers("time_idx"), places.SelectMany(user => user));
            Assert.Equal(output.GetProperty("train").Integers("time_idx_reversed"), places.SelectMany(user => user.Reverse()));
            Assert.InRange(train.Max(row => row.Item), 1, prepared.Integer("item_count"));
        }

        // ground truth that is positive and negative in two frames there, in one set here
        var expected = Histories(output.GetProperty("test_pos"), output.GetProperty("last_item_pos"))
            .Concat(Histories(output.GetProperty("test_neg"), output.GetProperty("last_item_neg"))).OrderBy(text => text);
        Assert.Equal(expected, Evaluations(tested.TestSet));

        // the validation frame keeps the last interaction, which is its target where it is positive
        var targets = output.GetProperty("validation").Frame().GroupBy(row => row.User)
            .Select(rows => Describe(rows.Key, rows.SkipLast(1), rows.Last())).OrderBy(text => text);
        Assert.Equal(targets, Evaluations(validated.ValidationSet));

        TemporalSplitData Split(string part, double testShare)
        {
            var train = Rows("train");
            var heldOut = Rows(part);
            var split = Context.Data.TemporalSplit(Labelled([.. train, .. heldOut], threshold), new TemporalSplitOptions
            {
                BoundaryQuantile = train.Length / (train.Length + heldOut.Length - 1.0),
                MinimumItemCount = 0,
                MinimumUserCount = 0,
                TestShare = testShare,
            });
            Assert.True(train.Max(row => row.Time) < split.Counts.Boundary);
            Assert.Equal(heldOut.Min(row => row.Time), split.Counts.Boundary);
            return split;
        }

        (int User, int Item, int Rating, int Time)[] Rows(string part)
        {
            string[] columns = [.. prepared.GetProperty("input_columns").EnumerateArray().Select(name => name.GetString()!)];
            int[] order = [.. new[] { "user_id", "item_id", "rating", "timestamp" }.Select(name => Array.IndexOf(columns, name))];
            return [.. prepared.GetProperty("input").GetProperty(part).EnumerateArray()
                .Select(row => row.EnumerateArray().Select(value => value.GetInt32()).ToArray())
                .Select(row => (row[order[0]], row[order[1]] + 1, row[order[2]], row[order[3]]))];
        }

        IEnumerable<string> Histories(JsonElement histories, JsonElement targets)
        {
            var last = targets.Frame().ToDictionary(row => row.User);
            return histories.Frame().GroupBy(row => row.User).Select(rows => Describe(rows.Key, rows, last[rows.Key]));
        }

        string Describe(
            int user, IEnumerable<(int User, int Item, int Rating, int Time)> history, (int User, int Item, int Rating, int Time) target)
        {
            string Signed((int User, int Item, int Rating, int Time) row) => $"{row.Item}{(Sign(row.Rating) > 0 ? '+' : '-')}";
            return $"{user}: {string.Join(' ', history.Select(Signed))} -> {Signed(target)}";
        }

        float Sign(int rating) => rating >= threshold ? 1 : -1;
    }

    private static IEnumerable<string> Evaluations(IDataView view)
    {
        static string Signed(int item, float feedback) => $"{item}{(feedback > 0 ? '+' : '-')}";
        return view.As<Evaluated>()
            .Select(row => $"{row.User}: {string.Join(' ', row.Items.Zip(row.Feedback, Signed))} "
                + $"-> {Signed(row.TargetItem, row.TargetFeedback)}")
            .OrderBy(text => text);
    }

    private static int[] Positives(Sequence row) => [.. row.Items.Where((_, i) => row.Feedback[i] > 0)];

    private static int[] Negatives(Sequence row) => [.. row.Items.Where((_, i) => row.Feedback[i] < 0)];

    /// <summary>Holds every list of the golden items, and the batches that they are padded into, against what the rows give.</summary>
    private static void Compare(JsonElement golden, string name, List<Sequence> rows, Func<Sequence, string, IEnumerable<int>> lists)
    {
        var byUser = rows.ToDictionary(row => row.User);
        var items = golden.GetProperty($"{name}_items").EnumerateArray().ToArray();
        Assert.Equal(golden.Integers("user_order"), items.Select(item => item.Integer("user_id")));
        foreach (var item in items)
        {
            foreach (var list in item.EnumerateObject().Where(list => list.Name != "user_id"))
            {
                int[] expected = list.Value.ValueKind == JsonValueKind.Array ? item.Integers(list.Name) : [list.Value.GetInt32()];
                Assert.Equal(expected, lists(byUser[item.Integer("user_id")], list.Name));
            }
        }

        foreach (var batch in golden.GetProperty($"{name}_batches").EnumerateArray())
        {
            int[] users = batch.GetProperty("user_id").Integers("data");
            foreach (var tensor in batch.EnumerateObject().Where(tensor => tensor.Name != "user_id" && !tensor.Name.EndsWith("mask")))
            {
                var members = users.Select(user => lists(byUser[user], tensor.Name).ToArray()).ToArray();
                int width = members.Max(member => member.Length);
                int padding = tensor.Name.EndsWith("labels") ? -100 : 0;
                Assert.Equal(
                    tensor.Value.Integers("data"),
                    members.SelectMany(member => member.Concat(Enumerable.Repeat(padding, width - member.Length))));
            }
        }
    }

    private static List<Sequence> Windows(JsonElement golden, WindowSequencesOptions options)
    {
        int threshold = golden.GetProperty("config").Integer("relevance_threshold");
        var log = Labelled(golden.GetProperty("interactions").Frame("time_idx"), threshold);
        return LogRows.Windows(log, options).As<Sequence>();
    }

    private static IDataView Labelled((int User, int Item, int Rating, int Time)[] rows, int threshold)
    {
        var log = Context.Data.LoadFromEnumerable(
            rows.Select(row => new Rated { User = row.User, Item = row.Item, Rating = row.Rating, Time = row.Time }).ToArray());
        return new LabelFeedbackEstimator(FeedbackRule.Rating(threshold)).Fit(log).Transform(log);
    }

    private sealed class Rated
    {
        public int User { get; set; }

        public int Item { get; set; }

        public float Rating { get; set; }

        public long Time { get; set; }
    }
}
