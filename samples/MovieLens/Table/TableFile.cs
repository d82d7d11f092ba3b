using System.Globalization;
using Common;

namespace MovieLens.Table;

/// <summary>A training of the table.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Alpha">α; null where the model has none.</param>
/// <param name="Seed">The seed.</param>
internal sealed record TableRun(string Model, double? Alpha, int Seed)
{
    /// <summary>All trainings, the first seed of all models before the second.</summary>
    /// <param name="models">Names; none are all, or pnfrec_pn where α is given.</param>
    /// <param name="alphas">Values of α; none are the published ones.</param>
    /// <param name="seeds">How many seeds.</param>
    public static IReadOnlyList<TableRun> All(IReadOnlyList<string> models, IReadOnlyList<double> alphas, int seeds)
    {
        if (models.Count == 0)
            models = alphas.Count == 0 ? PublishedModel.Names : ["pnfrec_pn"];
        return [.. from seed in Enumerable.Range(1, seeds)
                   from model in models
                   from alpha in alphas.Count == 0 ? [PublishedModel.Of(model).Alpha] : alphas.Select(alpha => (double?)alpha)
                   select new TableRun(model, alpha, seed)];
    }

    /// <summary>Such as pnfrec-2, or pnfrec_pn-0.1-2 with an α of its own.</summary>
    public override string ToString()
        => FormattableString.Invariant($"{Model}{(Alpha == PublishedModel.Of(Model).Alpha ? "" : FormattableString.Invariant($"-{Alpha}"))}-{Seed}");
}

/// <summary>What became of a training. Measures are rounded to six decimals, as the file has them.</summary>
internal sealed record TableRow(TableRun Run, int MaximumEpochs)
{
    /// <summary>Epochs trained; null where they were trained elsewhere.</summary>
    public int? Epochs { get; init; }

    public int? BestEpoch { get; init; }

    /// <summary>NDCG_p@10 of the validation users; null where it was not kept.</summary>
    public double? ValidationNdcg { get; init; }

    public double PositiveHitRate { get; init; }

    public double PositiveNdcg { get; init; }

    public double NegativeHitRate { get; init; }

    public double NegativeNdcg { get; init; }

    public double HitRateDifference { get; init; }

    public double NdcgDifference { get; init; }

    /// <summary>Test users whose ground truth was liked.</summary>
    public int PositiveUsers { get; init; }

    /// <summary>Test users whose ground truth was disliked.</summary>
    public int NegativeUsers { get; init; }

    /// <summary>Seconds that the epochs took; null where some of them were trained elsewhere.</summary>
    public double? Seconds { get; init; }

    public double? PeakGigabytes { get; init; }

    /// <summary>The library's version and commit.</summary>
    public string Library { get; init; } = "";

    /// <summary>Items of the longest sequence.</summary>
    public int Length { get; init; }

    /// <summary>Films that the model knows: the classes of its cross entropy.</summary>
    public int Items { get; init; }
}

/// <summary>Where a user's ground truth was in the first ten recommendations of a training's model.</summary>
/// <param name="Run">The training.</param>
/// <param name="User">The test user.</param>
/// <param name="IsLiked">Whether the ground truth was liked.</param>
/// <param name="Rank">From 1; 0 where it was not among them.</param>
internal readonly record struct UserRank(TableRun Run, int User, bool IsLiked, int Rank)
{
    /// <summary>1 / log₂(1 + rank), 0 without one.</summary>
    public double Gain => Rank == 0 ? 0 : 1 / Math.Log2(1 + Rank);
}

/// <summary>The rows of the table as CSV, the ranks of users and the epochs beside them, and the checkpoints of what is not finished. Files are rewritten whole.</summary>
/// <param name="path">The file of rows.</param>
internal sealed class TableFile(string path)
{
    private const string Header = "model,alpha,seed,maximum_epochs,epochs,best_epoch,validation_ndcg_p,hr_p,ndcg_p,hr_n,ndcg_n,delta_hr,delta_ndcg,users_p,users_n,seconds,peak_gb,library,length,items";

    private const string RankHeader = "model,alpha,seed,user,feedback,rank";

    private const string EpochHeader = "model,alpha,seed," + TrainedEpoch.Header;

    public string RanksPath => Path.ChangeExtension(path, ".users.csv");

    public string EpochsPath => Path.ChangeExtension(path, ".epochs.csv");

    public string CheckpointPath(TableRun run) => Path.Combine(path + ".checkpoints", $"{run}.checkpoint");

    /// <summary>Keeps other processes from this file until it is disposed of, or the process is gone.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public IDisposable Lock()
    {
        Directory.CreateDirectory(path + ".checkpoints");
        try
        {
            return new FileStream(Path.Combine(path + ".checkpoints", ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new IOException($"Another process adds rows to '{path}': wait for it, or take another file.", error);
        }
    }

    /// <summary>The rows; none where there is no file yet.</summary>
    /// <exception cref="InvalidDataException">A line is no row.</exception>
    public IReadOnlyList<TableRow> Read() => File.Exists(path) ? Lines(path, Header, ParseRow) : [];

    /// <summary>The rows of a file that is to be there.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">A line is no row.</exception>
    public IReadOnlyList<TableRow> ReadExisting() => File.Exists(path) ? Read() : throw new FileNotFoundException($"There is no file '{path}' of results.");

    /// <summary>The ranks of users.</summary>
    /// <exception cref="FileNotFoundException">There is no file of them.</exception>
    /// <exception cref="InvalidDataException">A line is no rank.</exception>
    public IReadOnlyList<UserRank> ReadRanks()
        => File.Exists(RanksPath) ? Lines(RanksPath, RankHeader, ParseRank) : throw new FileNotFoundException($"There is no file '{RanksPath}', which the table writes beside '{path}'.");

    /// <summary>The epochs of trainings; none where they were not kept.</summary>
    /// <exception cref="InvalidDataException">A line is no epoch.</exception>
    public IReadOnlyList<(TableRun Run, TrainedEpoch Epoch)> ReadEpochs()
        => File.Exists(EpochsPath) ? Lines(EpochsPath, EpochHeader, fields => (ParseRun(fields), TrainedEpoch.Parse(fields.AsSpan(3)))) : [];

    /// <summary>Adds a training. The row comes last: with it all else is there.</summary>
    public void Add(TableRow row, IEnumerable<UserRank> ranks, IEnumerable<TrainedEpoch> epochs)
    {
        // what a process left that was killed before the row makes way
        var others = File.Exists(RanksPath) ? ReadRanks().Where(rank => rank.Run != row.Run) : [];
        TextFile.WriteWhole(RanksPath, Text(RankHeader, others.Concat(ranks).Select(Format)));
        var allEpochs = ReadEpochs().Where(other => other.Run != row.Run).Concat(epochs.Select(epoch => (row.Run, Epoch: epoch)));
        TextFile.WriteWhole(EpochsPath, Text(EpochHeader, allEpochs.Select(of => $"{Format(of.Run)},{of.Epoch}")));
        TextFile.WriteWhole(path, Text(Header, Read().Append(row).Select(Format)));
    }

    private static string Text(string header, IEnumerable<string> lines) => string.Join('\n', lines.Prepend(header)) + "\n";

    private static T[] Lines<T>(string path, string header, Func<string[], T> parse)
    {
        string[] lines = [.. File.ReadLines(path)];
        if (lines.Length == 0 || lines[0] != header)
            throw new InvalidDataException($"'{path}' does not begin with the line '{header}': name a file that this sample has written, or a new one.");
        return [.. lines.Skip(1).Select((line, number) =>
        {
            string[] fields = line.Split(',');
            try
            {
                return fields.Length == header.Split(',').Length ? parse(fields) : throw new FormatException($"It has {fields.Length} fields.");
            }
            catch (Exception error) when (error is FormatException or OverflowException)
            {
                throw new InvalidDataException($"Line {number + 2} of '{path}' cannot be read: '{line}'. {error.Message}", error);
            }
        })];
    }

    private static string Format(TableRow row) => string.Create(CultureInfo.InvariantCulture,
        $"{Format(row.Run)},{row.MaximumEpochs},{row.Epochs},{row.BestEpoch},{row.ValidationNdcg},{row.PositiveHitRate},{row.PositiveNdcg},{row.NegativeHitRate},{row.NegativeNdcg},")
        + string.Create(CultureInfo.InvariantCulture, $"{row.HitRateDifference},{row.NdcgDifference},{row.PositiveUsers},{row.NegativeUsers},{row.Seconds},{row.PeakGigabytes},{row.Library},{row.Length},{row.Items}");

    private static string Format(UserRank rank) => string.Create(CultureInfo.InvariantCulture, $"{Format(rank.Run)},{rank.User},{(rank.IsLiked ? 1 : -1)},{rank.Rank}");

    private static string Format(TableRun run) => string.Create(CultureInfo.InvariantCulture, $"{run.Model},{run.Alpha},{run.Seed}");

    private static TableRow ParseRow(string[] fields)
    {
        return new TableRow(ParseRun(fields), Whole(3))
        {
            Epochs = fields[4].Length == 0 ? null : Whole(4),
            BestEpoch = fields[5].Length == 0 ? null : Whole(5),
            ValidationNdcg = fields[6].Length == 0 ? null : Real(6),
            PositiveHitRate = Real(7),
            PositiveNdcg = Real(8),
            NegativeHitRate = Real(9),
            NegativeNdcg = Real(10),
            HitRateDifference = Real(11),
            NdcgDifference = Real(12),
            PositiveUsers = Whole(13),
            NegativeUsers = Whole(14),
            Seconds = fields[15].Length == 0 ? null : Real(15),
            PeakGigabytes = fields[16].Length == 0 ? null : Real(16),
            Library = fields[17],
            Length = Whole(18),
            Items = Whole(19),
        };

        int Whole(int field) => int.Parse(fields[field], CultureInfo.InvariantCulture);

        double Real(int field) => double.Parse(fields[field], CultureInfo.InvariantCulture);
    }

    private static UserRank ParseRank(string[] fields)
        => new(ParseRun(fields), int.Parse(fields[3], CultureInfo.InvariantCulture), fields[4] == "1", int.Parse(fields[5], CultureInfo.InvariantCulture));

    private static TableRun ParseRun(string[] fields)
        => PublishedModel.Names.Contains(fields[0])
            ? new TableRun(fields[0], fields[1].Length == 0 ? null : double.Parse(fields[1], CultureInfo.InvariantCulture), int.Parse(fields[2], CultureInfo.InvariantCulture))
            : throw new FormatException($"There is no model '{fields[0]}'.");
}
