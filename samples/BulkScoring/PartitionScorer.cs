using System.Globalization;
using System.Security.Cryptography;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;
using Parquet;

namespace BulkScoring;

/// <summary>How a partition came to be scored.</summary>
/// <param name="UserCount">Its users.</param>
/// <param name="WasThere">Whether a whole output of the same histories, model and k was there, so that nothing was done.</param>
public sealed record ScoredPartition(long UserCount, bool WasThere);

/// <summary>
/// Scores one partition of users after the other with a saved model: Parquet in, top-k of the whole catalogue, Parquet out. It holds a row group at a time, knows nothing of consoles or of other
/// partitions, and may be shared by threads, each with a partition of its own.
/// </summary>
/// <remarks>
/// An output appears whole. In its footer stand the SHA-256 of the model file and of the input, and k: an output that has the same is not made again, so that a job goes on where it was killed; any
/// other output of that name is made anew.
/// </remarks>
public sealed class PartitionScorer : IDisposable
{
    private readonly MLContext _ml;
    private readonly TransformerChain<ITransformer> _model;
    private readonly NextItemTransformer _recommender;
    private readonly string _modelHash;
    private readonly int _k;

    /// <summary>Opens a model.</summary>
    /// <remarks>
    /// A model that was saved to recommend k or more is asked as it is, with all that <see cref="NextItemTransformer.With"/> told it, and the first k are taken. One that recommends fewer is asked anew
    /// for k, as it was trained: a file does not say what else it was told, so that allowed and denied items, a least score and whether seen items are left out, where chosen after training, are lost.
    /// </remarks>
    /// <param name="ml">Says where it scores: <see cref="MLContext.GpuDeviceId"/>, <see cref="MLContext.FallbackToCpu"/>.</param>
    /// <param name="modelPath">A chain from item numbers to item numbers, saved by <c>ml.Model.SaveAtomically</c>.</param>
    /// <param name="k">How many items are recommended to each user.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The model reads or gives other columns than partitions have.</exception>
    /// <exception cref="ArgumentException">It is no model of the library, or has fewer than k items.</exception>
    public PartitionScorer(MLContext ml, string modelPath, int k)
    {
        if (!File.Exists(modelPath))
            throw new FileNotFoundException($"There is no model '{modelPath}'.", modelPath);
        (_ml, _k, _modelHash) = (ml, k, HashOf(modelPath));
        // one after the other, since each holds the model's weights
        ITransformer[] steps;
        var saved = ml.Model.Load(modelPath, out DataViewSchema? schema);
        using (saved as IDisposable)
            steps = [.. ml.Recommendation().ScoreInBatches(saved)];
        _recommender = steps.OfType<NextItemTransformer>().Single();
        try
        {
            var columns = Recommended(modelPath, schema, steps);
            // how many items the model knows is told by the type of its keys
            ItemCount = (int)((KeyDataViewType)((VectorDataViewType)columns[nameof(UserHistory.Items)].Type).ItemType).Count;
            _recommender = Enough(columns);
            _model = new TransformerChain<ITransformer>([.. steps.Select(step => step is NextItemTransformer ? _recommender : step)]);
            var scored = _model.GetOutputSchema(PartitionSchema);
            Check(modelPath, scored, nameof(UserRecommendations.RecommendedItems), NumberDataViewType.Int32);
            Check(modelPath, scored, nameof(UserRecommendations.Scores), NumberDataViewType.Single);
        }
        catch
        {
            Dispose();
            throw;
        }

        // opening leaves several copies of the weights behind, which would stay until the collector sees a need
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>The size of the catalogue.</summary>
    public int ItemCount { get; }

    /// <summary>Scores a partition, unless it is scored.</summary>
    /// <param name="inputPath">Histories: <c>User</c> Int64, <c>Items</c> a list of Int32, <c>Feedback</c> a list of Single, in row groups that fit into memory.</param>
    /// <param name="outputPath">Where the recommendations go: <c>User</c>, <c>RecommendedItems</c>, <c>Scores</c>, row for row.</param>
    /// <param name="progress">Told after every row group how many users are scored.</param>
    /// <param name="cancellation">Stops between users; what was there under the output's name stays.</param>
    /// <exception cref="ArgumentException">Input and output are one file.</exception>
    /// <exception cref="FileNotFoundException">There is no input.</exception>
    /// <exception cref="InvalidDataException">The input is damaged, empty, or lacks a column of the right type; the message names file and column.</exception>
    public async Task<ScoredPartition> ScoreAsync(string inputPath, string outputPath, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        if (FullPath.AreSame(inputPath, outputPath))
            throw new ArgumentException($"The recommendations would be written over the histories '{inputPath}': name another output.", nameof(outputPath));
        await using var histories = await HistoryFile.OpenAsync(inputPath, cancellation);
        var origin = new Dictionary<string, string>
        {
            ["model_sha256"] = _modelHash,
            ["input_sha256"] = HashOf(inputPath),
            ["k"] = _k.ToString(CultureInfo.InvariantCulture),
        };
        if (await WholeParquetFile.IsThereAsync(outputPath, origin, histories.RowCount, cancellation))
            return new ScoredPartition(histories.RowCount, WasThere: true);

        await WholeParquetFile.WriteAsync(outputPath, RecommendationFile.Schema, origin, writer => ScoreAsync(histories, writer, progress, cancellation), cancellation);
        return new ScoredPartition(histories.RowCount, WasThere: false);
    }

    /// <summary>Frees the model.</summary>
    public void Dispose() => _recommender.Dispose();

    private async Task ScoreAsync(HistoryFile histories, ParquetWriter writer, IProgress<long>? progress, CancellationToken cancellation)
    {
        long count = 0;
        for (int group = 0; group < histories.RowGroupCount; group++)
        {
            var rows = await histories.ReadAsync(group, cancellation);
            var scored = new List<UserRecommendations>(rows.Length);
            var view = _model.Transform(_ml.Data.LoadFromEnumerable(rows));
            foreach (var row in _ml.Data.CreateEnumerable<UserRecommendations>(view, reuseRowObject: false))
            {
                cancellation.ThrowIfCancellationRequested();
                if (row.Scores.Length > _k)
                    (row.RecommendedItems, row.Scores) = (row.RecommendedItems[.._k], row.Scores[.._k]);
                scored.Add(row);
            }

            await RecommendationFile.WriteAsync(writer, scored, cancellation);
            progress?.Report(count += rows.Length);
        }
    }

    private DataViewSchema PartitionSchema => _ml.Data.LoadFromEnumerable<UserHistory>([]).Schema;

    // the columns of a partition with what the recommender adds to them
    private DataViewSchema Recommended(string modelPath, DataViewSchema? saved, ITransformer[] steps)
    {
        if (saved is not null)
        {
            Check(modelPath, saved, nameof(UserHistory.Items), NumberDataViewType.Int32);
            Check(modelPath, saved, nameof(UserHistory.Feedback), NumberDataViewType.Single);
        }

        try
        {
            return steps.Take(Array.IndexOf(steps, _recommender) + 1).Aggregate(PartitionSchema, (columns, step) => step.GetOutputSchema(columns));
        }
        catch (Exception error) when (saved is null && error is (ArgumentException or InvalidOperationException))
        {
            // without a schema, what the steps can read is found by asking them
            throw new InvalidDataException($"The model '{modelPath}' does not go with the partitions: {error.Message}", error);
        }
    }

    // asked anew, the recommender forgets what it was told
    private NextItemTransformer Enough(DataViewSchema columns)
    {
        if (_k >= 1 && _k <= ItemCount && columns.GetColumnOrNull(nameof(UserRecommendations.RecommendedItems))?.Type is VectorDataViewType { Size: var size } && size >= _k)
            return _recommender;
        using (_recommender)
            return _recommender.With(new ScoringOptions { NumberOfRecommendations = _k });
    }

    private static void Check(string modelPath, DataViewSchema columns, string name, DataViewType type)
    {
        var found = columns.GetColumnOrNull(name)?.Type;
        if (found is not VectorDataViewType vector || !vector.ItemType.Equals(type))
            throw new InvalidDataException($"The model '{modelPath}' has {(found is null ? "no column" : $"{found} in column")} '{name}', which must be a vector of {type} to go with the partitions.");
    }

    private static string HashOf(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
