using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;
using MovieLens;
using MovieLens.Table;

namespace Microsoft.ML.NegativeFeedback.Tests.Samples;

public sealed class MovieLensTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public MovieLensTests()
    {
        // halves of the films are liked by halves of the users
        var random = new Random(1);
        var lines = from user in Enumerable.Range(1, 120)
                    from film in random.GetItems(Enumerable.Range(1, 40).ToArray(), 30).Distinct()
                    let rating = (film % 2 == user % 2 ? 4 : 1) + random.Next(2)
                    select $"{user}::{film}::{rating}::{random.Next(1_000_000)}";
        File.WriteAllLines(Path.Combine(_folder, "ratings.dat"), lines);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_killed_table_goes_on_to_the_rows_of_one_that_was_not()
    {
        string killed = Path.Combine(_folder, "killed.csv"), whole = Path.Combine(_folder, "whole.csv");
        using (var process = ChildProcess.Start(_folder, "MovieLens", Arguments(killed)))
        {
            while (process.StandardOutput.ReadLine() is { } line && !line.Contains("epoch   2"))
            {
            }

            process.Kill();
            process.WaitForExit();
        }

        Assert.False(File.Exists(killed));
        Assert.True(File.Exists(new TableFile(killed).CheckpointPath(new TableRun("sasrec_p", null, 1))));

        string resumed = ChildProcess.Run("MovieLens", Arguments(killed)), never = ChildProcess.Run("MovieLens", Arguments(whole));
        Assert.True(Epochs(resumed) < Epochs(never), resumed);
        TableRow[] expected = Comparable(whole), actual = Comparable(killed);
        Assert.Equal(["sasrec_p", "pnfrec_pn"], expected.Select(row => row.Run.Model));
        Assert.All(expected, row => Assert.Equal((50, 40), (row.Length, row.Items)));
        Assert.Equal(expected, actual);
        Assert.Equal(new TableFile(whole).ReadRanks(), new TableFile(killed).ReadRanks());
        var epochs = new TableFile(whole).ReadEpochs();
        Assert.Equal(expected.Sum(row => row.Epochs), epochs.Count);
        Assert.All(expected, row => Assert.Equal(row.ValidationNdcg!.Value, epochs.Single(of => of.Run == row.Run && of.Epoch.Epoch == row.BestEpoch).Epoch.ValidationNdcg!.Value, 5));
        Assert.Equal(Comparable(epochs), Comparable(new TableFile(killed).ReadEpochs()));
        // what the ranks say is what the row says
        var hits = new TableFile(whole).ReadRanks().Where(rank => rank.Run.Model == "sasrec_p" && rank.IsLiked).Select(rank => rank.Rank > 0 ? 1.0 : 0).ToArray();
        Assert.Equal((expected[0].PositiveUsers, expected[0].PositiveHitRate), (hits.Length, Math.Round(hits.Average(), 6)));
        Assert.Equal([".lock"], Directory.GetFiles(killed + ".checkpoints").Select(Path.GetFileName));

        string again = ChildProcess.Run("MovieLens", Arguments(killed));
        Assert.Equal(0, Epochs(again));
        Assert.Contains("2 trainings, 0 of them to do", again);
        Assert.Contains("PNFRec_pn", again);
    }

    [Fact]
    public void One_process_at_a_time_adds_rows_of_one_kind()
    {
        var file = new TableFile(Path.Combine(_folder, "new", "rows.csv"));
        using (file.Lock())
            Assert.Contains("Another process", Assert.Throws<IOException>(() => file.Lock()).Message);
        file.Lock().Dispose();
        file.Add(new TableRow(new TableRun("sasrec", null, 1), MaximumEpochs: 3), [], []);
        var error = Assert.Throws<InvalidDataException>(() => TableTraining.Run(_folder, [new TableRun("sasrec", null, 1)], Path.Combine(_folder, "new", "rows.csv"), 4, null, default));
        Assert.Contains("--epochs 3", error.Message);
    }

    [Fact]
    public void Rows_and_ranks_are_read_as_they_were_written()
    {
        var file = new TableFile(Path.Combine(_folder, "rows.csv"));
        TableRow[] rows = [Row("pnfrec", 0.45, 1, 0.1), Row("sasrec_p", null, 1, double.NaN) with { ValidationNdcg = null, Epochs = null, BestEpoch = null, Seconds = null, PeakGigabytes = null }];
        UserRank[] ranks = [new(rows[0].Run, 7, IsLiked: true, 3), new(rows[0].Run, 8, IsLiked: false, 0)];
        TrainedEpoch[] epochs = [new(1, 1, 12.5, 0.0123, 30.5), new(2, 1, 11.5, null, 31)];
        file.Add(rows[0], ranks, epochs);
        // as a process leaves it that was killed between the ranks and the row
        file.Add(rows[1], [new(rows[1].Run, 7, IsLiked: true, 1)], [epochs[1]]);
        File.WriteAllLines(Path.Combine(_folder, "rows.csv"), File.ReadLines(Path.Combine(_folder, "rows.csv")).Take(2).ToArray());
        file.Add(rows[1], [new(rows[1].Run, 7, IsLiked: true, 2)], [epochs[0]]);
        Assert.Equal(rows, file.Read());
        Assert.Equal([.. ranks, new(rows[1].Run, 7, IsLiked: true, 2)], file.ReadRanks());
        Assert.Equal([(rows[0].Run, epochs[0]), (rows[0].Run, epochs[1]), (rows[1].Run, epochs[0])], file.ReadEpochs());
        File.AppendAllText(file.EpochsPath, "pnfrec,0.45,1,2,1,11.5\n");
        Assert.Contains("Line 5", Assert.Throws<InvalidDataException>(() => file.ReadEpochs()).Message);

        File.AppendAllText(Path.Combine(_folder, "rows.csv"), "pnfrec,0.45,1,100\n");
        Assert.Contains("Line 4", Assert.Throws<InvalidDataException>(() => file.Read()).Message);
        File.WriteAllText(Path.Combine(_folder, "rows.csv"), "something else\n");
        Assert.Contains("does not begin with", Assert.Throws<InvalidDataException>(() => file.Read()).Message);
        Assert.Throws<FileNotFoundException>(() => new TableFile(Path.Combine(_folder, "nowhere.csv")).ReadExisting());
    }

    [Fact]
    public void Tables_have_mean_and_deviation_beside_what_is_published_and_alpha_has_a_table_and_plots_of_its_own()
    {
        TableRow[] rows = [Row("pnfrec", 0.45, 1, 0.1), Row("pnfrec", 0.45, 2, 0.2), Row("pnfrec", 0.45, 3, 0.3), Row("pnfrec_pn", 0.45, 1, 0.1), Row("pnfrec_pn", 0.1, 1, 0.2)];
        var tables = TableReport.Tables(rows).ToArray();
        string[] lines = [.. tables[0].ToMarkdown().Split('\n').Select(line => string.Join('|', line.Split('|', StringSplitOptions.TrimEntries)))];
        Assert.Equal("||HR_p@10|NDCG_p@10|ΔHR@10|ΔNDCG@10|Seeds|Epochs|", lines[0]);
        Assert.Equal("|PNFRec|0.2000 ± 0.1000|0.2000 ± 0.1000|0.2000 ± 0.1000|0.2000 ± 0.1000|1 to 3|12|", lines[2]);
        Assert.Equal("|published|0.1716 ± 0.0083|0.1041 ± 0.0026|0.0724 ± 0.0152|0.0484 ± 0.0055|five||", lines[3]);
        Assert.StartsWith("|PNFRec_pn|0.1000|", lines[4]);
        Assert.Equal(["0.1", "0.45"], tables[1].Rows.Select(row => row[0]));
        Assert.Contains("ΔNDCG@10 over α", TableReport.PageOf(rows, []).ToString());
        Assert.Contains("PNFRec: NDCG_p@10 of the validation users over epochs", TableReport.PageOf(rows, [(rows[0].Run, new TrainedEpoch(1, 1, 12.5, 0.0123, 30.5)), (rows[0].Run, new TrainedEpoch(2, 2, 11.5, 0.02, 30.5))]).ToString());
        Assert.Single(TableReport.Tables(rows[..4]));
        // another file's
        Assert.Equal("4 trainings of 1 to 3", TableReport.Tables([.. rows, Row("pnfrec", 0.45, 2, 0.4)]).First().Rows[0][^2]);
    }

    [Fact]
    public void What_was_trained_otherwise_has_a_row_of_its_own_and_no_place_in_the_same_file()
    {
        TableRow[] rows = [Row("sasrec", null, 1, 0.1), Row("sasrec", null, 2, 0.2) with { Items = 3412 }, Row("sasrec", null, 3, 0.3) with { Items = 3412, Length = 50 }];
        Assert.Equal(["SASRec, 3706 films", "SASRec, 3412 films", "SASRec, length 50, 3412 films", "published"], TableReport.Tables(rows).Single().Rows.Select(row => row[0]));
        string path = Path.Combine(_folder, "rows.csv");
        new TableFile(path).Add(rows[1], [], []);
        var error = Assert.Throws<InvalidDataException>(() => TableTraining.Run(_folder, [rows[0].Run with { Seed = 5 }], path, 100, null, default));
        Assert.Contains("know 3412 films; these will know 40", error.Message);
    }

    [Fact]
    public void Seeds_come_before_models_and_alpha_is_figure_2_unless_a_model_is_named()
    {
        Assert.Equal(12, TableRun.All([], [], 2).Count);
        Assert.All(TableRun.All([], [], 2).Take(6), run => Assert.Equal(1, run.Seed));
        Assert.Equal(["pnfrec_pn-0.1-1", "pnfrec_pn-1"], TableRun.All([], [0.1, 0.45], 1).Select(run => run.ToString()));
    }

    [Fact]
    public void A_bootstrap_tells_a_lead_from_none()
    {
        // the model finds what 60 of 100 users liked and nothing of what they disliked, the baseline 20 and as much of either
        UserRank[] ranks = [.. from user in Enumerable.Range(0, 200)
                               from model in new[] { "pnfrec", "sasrec_p" }
                               from seed in new[] { 1, 2 }
                               let isLiked = user < 100
                               let isHit = model == "pnfrec" ? user < 60 : user % 100 < 20
                               select new UserRank(new TableRun(model, PublishedModel.Of(model).Alpha, seed), user, isLiked, isHit ? 1 : 0)];
        var rows = UserBootstrap.Compare(ranks, PublishedModel.Of("pnfrec"), PublishedModel.Of("sasrec_p"), draws: 500, seed: 1).Rows.ToDictionary(row => row[0]);
        Assert.Equal(["0.6000", "0.2000", "+0.4000"], rows["HR_p@10"].Skip(1).Take(3));
        Assert.Equal(["0.6000", "0.0000", "+0.6000"], rows["ΔHR@10"].Skip(1).Take(3));
        Assert.Equal("0.0 %", rows["HR_p@10"][^1]);
        string[] interval = rows["HR_p@10"][4].Split(" to ");
        Assert.InRange(double.Parse(interval[0], System.Globalization.CultureInfo.InvariantCulture), 0.25, 0.35);
        Assert.InRange(double.Parse(interval[1], System.Globalization.CultureInfo.InvariantCulture), 0.45, 0.55);
        Assert.Throws<InvalidDataException>(() => UserBootstrap.Compare([.. ranks.Where(rank => rank.Run.Model == "pnfrec")], PublishedModel.Of("pnfrec"), PublishedModel.Of("sasrec_p"), 10, 1));
    }

    /// <summary>Section 4.2.2 of the paper; until aae04a8 all were trained with 50.</summary>
    [Theory]
    [InlineData("pnfrec", 50)]
    [InlineData("sasrec_p", 50)]
    [InlineData("sasrec_c", 100)]
    [InlineData("sasrec", 100)]
    public void Models_read_as_many_items_as_published(string model, int length)
    {
        var ml = new MLContext(seed: 1);
        var histories = ToyFeed.Histories(12, seed: 1);
        var names = histories.SelectMany(history => history.Items.Append(history.TargetItem)).Distinct().Select(name => new { Name = name });
        var rows = ml.Data.LoadFromEnumerable(histories);
        var keyed = ml.Transforms.Conversion.MapValueToKey([new("Items"), new("TargetItem")], keyData: ml.Data.LoadFromEnumerable(names)).Fit(rows).Transform(rows);
        var choice = new TrainingChoice(PublishedModel.Of(model), Seed: 1, Epochs: 1, Threads: 1, Checkpoint: null);
        using var trained = PublishedModel.Create(ml, choice, keyed, new Progress<TrainingProgress>(), default).Fit(keyed);
        string graph = Path.Combine(_folder, "model.onnx");
        trained.ExportToOnnx(graph);
        var constants = ModelProto.Parser.ParseFrom(File.ReadAllBytes(graph)).Graph.Initializer;
        Assert.Contains(constants, constant => constant.Dims.SequenceEqual([length, 231]));
    }

    private string[] Arguments(string results)
        => ["table", "--data", _folder, "--results", results, "--seeds", "1", "--models", "sasrec_p,pnfrec_pn", "--epochs", "5", "--threads", "1"];

    private static int Epochs(string output) => output.Split("  epoch ").Length - 1;

    private static TableRow[] Comparable(string path)
    {
        var rows = new TableFile(path).Read();
        Assert.All(rows, row => Assert.True(row is { Seconds: > 0, PeakGigabytes: > 0, Library.Length: > 4 }, $"{row}"));
        return [.. rows.Select(row => row with { Seconds = 0, PeakGigabytes = 0 })];
    }

    private static (TableRun, TrainedEpoch)[] Comparable(IEnumerable<(TableRun Run, TrainedEpoch Epoch)> epochs) => [.. epochs.Select(of => (of.Run, of.Epoch with { Seconds = 0 }))];

    private static TableRow Row(string model, double? alpha, int seed, double value) => new(new TableRun(model, alpha, seed), MaximumEpochs: 100)
    {
        Epochs = 12,
        BestEpoch = 2,
        ValidationNdcg = value,
        PositiveHitRate = value,
        PositiveNdcg = value,
        NegativeHitRate = value / 2,
        NegativeNdcg = value / 2,
        HitRateDifference = value,
        NdcgDifference = value,
        PositiveUsers = 310,
        NegativeUsers = 244,
        Seconds = 12.5,
        PeakGigabytes = 0.9,
        Library = "0.1.0+abcdef0",
        Length = PublishedModel.Of(model).Length,
        Items = 3706,
    };
}
