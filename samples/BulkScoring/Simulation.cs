using System.Globalization;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;

namespace BulkScoring;

/// <summary>What a job needs that has no data of its own: a model of a simulated catalogue, and partitions of simulated users.</summary>
/// <param name="items">The number of items.</param>
/// <param name="trainingUsers">The users that the model is trained on.</param>
internal sealed class Simulation(int items, int trainingUsers = 1000)
{
    /// <summary>Users that are in memory at a time, and stand in a row group.</summary>
    private const int RowGroupUsers = 2500;

    private const int LongestHistory = 200;

    /// <summary>
    /// Trains SINE for one epoch on a few users, so that the model is what the library makes, however little it has learned. Every item of the catalogue is in it, met or not.
    /// </summary>
    /// <param name="path">The model's file; beside it stands what it was made of.</param>
    /// <param name="cancellation">Stops training.</param>
    /// <returns>Whether it was made, rather than there.</returns>
    public bool MakeModel(string path, CancellationToken cancellation)
    {
        string recipePath = path + ".json", recipe = JsonSerializer.Serialize(new { Items = items, TrainingUsers = trainingUsers });
        if (File.Exists(path) && File.Exists(recipePath) && File.ReadAllText(recipePath) == recipe)
            return false;

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.Delete(recipePath);
        var ml = new MLContext(seed: 1);
        var users = ml.Data.LoadFromEnumerable(Users(ml, 0, trainingUsers).ToList());
        var catalogue = ml.Data.LoadFromEnumerable(Enumerable.Range(1, items).Select(item => new CatalogueItem { Item = item }));
        var model = ml.Transforms.Conversion.MapValueToKey(nameof(UserHistory.Items), keyData: catalogue)
            .Append(ml.Recommendation().Trainers.Sine(new SineTrainer.Options
            {
                MaximumNumberOfEpochs = 1,
                ValidationFraction = 0,
                NumberOfRecommendations = Math.Min(10, items),
                CancellationToken = cancellation,
            }))
            .Append(ml.Transforms.Conversion.MapKeyToValue(nameof(UserRecommendations.RecommendedItems)))
            .Fit(users);
        using (model)
            ml.Model.SaveAtomically(model, users.Schema, path);
        File.WriteAllText(recipePath, recipe);
        return true;
    }

    /// <summary>Writes a partition of users.</summary>
    /// <param name="path">The partition's file.</param>
    /// <param name="first">How many users come before them.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="cancellation">Stops it; nothing is left then.</param>
    /// <returns>Whether it was written, rather than there.</returns>
    public async Task<bool> MakeUsersAsync(string path, int first, int count, CancellationToken cancellation)
    {
        var origin = new Dictionary<string, string> { ["items"] = Text(items), ["first_user"] = Text(first + 1), ["user_count"] = Text(count) };
        if (await WholeParquetFile.IsThereAsync(path, origin, count, cancellation))
            return false;

        var ml = new MLContext();
        await WholeParquetFile.WriteAsync(path, HistoryFile.Schema, origin, async writer =>
        {
            for (int start = 0; start < count; start += RowGroupUsers)
                await HistoryFile.WriteAsync(writer, [.. Users(ml, first + start, Math.Min(RowGroupUsers, count - start))], cancellation);
        }, cancellation);
        return true;

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    private IEnumerable<UserHistory> Users(MLContext ml, int first, int count)
    {
        var feed = ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { VideoCount = items, FirstUserIndex = first, UserCount = count });
        // in a small catalogue nobody has seen everything, or there was nothing to sample
        int length = Math.Clamp(items / 2, 1, LongestHistory);
        var prepare = ml.Transforms.LabelFeedback(FeedbackRule.WatchTime()).Append(ml.Transforms.WindowSequences(maximumLength: length))
            .Append(ml.Transforms.Conversion.ConvertType(nameof(UserHistory.User), outputKind: DataKind.Int64));
        return ml.Data.CreateEnumerable<UserHistory>(prepare.Fit(feed).Transform(feed), reuseRowObject: false);
    }

    private sealed class CatalogueItem
    {
        [ColumnName(nameof(UserHistory.Items))]
        public int Item { get; set; }
    }
}
