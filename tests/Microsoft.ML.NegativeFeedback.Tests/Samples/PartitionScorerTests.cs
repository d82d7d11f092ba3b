using BulkScoring;
using Microsoft.ML.Data;
using Parquet;
using Parquet.Schema;

namespace Microsoft.ML.NegativeFeedback.Tests.Samples;

/// <summary>Partitions of Parquet through samples/BulkScoring: what is scored, what is not scored twice, and what is said of files that are no partitions.</summary>
public sealed class PartitionScorerTests(PartitionScorerTests.Models models) : IClassFixture<PartitionScorerTests.Models>, IDisposable
{
    private const int ItemCount = 60, K = 10;

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly MLContext _ml = new();

    private string Input => Path.Combine(_folder, "in.parquet");

    private string Output => Path.Combine(_folder, "out.parquet");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Users_get_what_the_model_recommends_row_for_row()
    {
        UserHistory[] histories = [History(7, 1, 2, 3), History(8), History(9, ItemCount + 1), History(10, [.. Enumerable.Range(1, ItemCount - 4)])];
        await WriteInputAsync(histories[..3], histories[3..]);
        using var scorer = Scorer();

        Assert.Equal(new ScoredPartition(4, WasThere: false), await scorer.ScoreAsync(Input, Output));

        var model = _ml.Recommendation().ScoreInBatches(_ml.Model.Load(models.First, out _));
        var expected = _ml.Data.CreateEnumerable<UserRecommendations>(model.Transform(_ml.Data.LoadFromEnumerable(histories)), reuseRowObject: false).ToArray();
        var actual = await ReadOutputAsync();
        Assert.Equal([7, 8, 9, 10], actual.Select(row => row.User));
        Assert.All(expected.Zip(actual).Take(3), rows =>
        {
            Assert.Equal(rows.First.RecommendedItems, rows.Second.RecommendedItems);
            Assert.Equal(rows.First.Scores, rows.Second.Scores);
        });
        // four items are left for the last user, and nothing stands in the place of the others
        Assert.Equal(Enumerable.Range(ItemCount - 3, 4), actual[3].RecommendedItems.Order());
        Assert.Equal(4, actual[3].Scores.Length);
    }

    [Fact]
    public async Task A_job_that_was_cut_short_goes_on_to_the_same_rows()
    {
        var random = new Random(1);
        await WriteInputAsync([.. Enumerable.Range(1, 600).Select(user => History(user, random.GetItems(Enumerable.Range(1, ItemCount).ToArray(), random.Next(40)))).Chunk(200)]);
        using var scorer = Scorer();
        string whole = Path.Combine(_folder, "whole.parquet");
        await scorer.ScoreAsync(Input, whole);

        using var cancellation = new CancellationTokenSource();
        var stop = new Recorder<long>(_ => cancellation.Cancel());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scorer.ScoreAsync(Input, Output, stop, cancellation.Token));
        Assert.False(File.Exists(Output));
        // what a killed process leaves
        File.WriteAllText(Output + ".tmp", "PAR1 and no more");

        Assert.False((await scorer.ScoreAsync(Input, Output)).WasThere);
        Assert.Equal(File.ReadAllBytes(whole), File.ReadAllBytes(Output));
        Assert.Equal([Input, Output, whole], Directory.EnumerateFiles(_folder).Order());
    }

    [Fact]
    public async Task What_is_scored_is_not_scored_again_unless_model_k_or_users_differ()
    {
        await MakeUsersAsync(40);
        Assert.False(await WasThereAsync(models.First, K));
        byte[] first = File.ReadAllBytes(Output);
        Assert.True(await WasThereAsync(models.First, K));
        Assert.Equal(first, File.ReadAllBytes(Output));

        Assert.False(await WasThereAsync(models.First, K + 1));
        Assert.Equal(K + 1, (await ReadOutputAsync()).Max(row => row.RecommendedItems.Length));
        Assert.False(await WasThereAsync(models.Second, K + 1));
        Assert.True(await WasThereAsync(models.Second, K + 1));
        await MakeUsersAsync(41);
        Assert.False(await WasThereAsync(models.Second, K + 1));

        // half of a file
        File.WriteAllBytes(Output, File.ReadAllBytes(Output)[..^100]);
        Assert.False(await WasThereAsync(models.Second, K + 1));
        Assert.Equal(41, (await ReadOutputAsync()).Length);
    }

    [Fact]
    public async Task A_partition_as_others_write_it_is_read()
    {
        // as Spark has it: everything may be missing, and other columns stand between
        var (user, other) = (new DataField<long?>("User"), new DataField<int?>("Region"));
        ListField items = new("Items", new DataField<int?>("element")), feedback = new("Feedback", new DataField<float?>("element"));
        await WriteAsync(new ParquetSchema(other, user, items, feedback), async group =>
        {
            await group.WriteAsync<int>(other, new int?[] { 1, null, 2 });
            await group.WriteAsync<long>(user, new long?[] { 5, 6, 7 });
            // [1, 2], no list, []
            await group.WriteAllPartsAsync<int>((DataField)items.Item, new[] { 1, 2 }, new[] { 3, 3, 0, 1 }, new[] { 0, 1, 0, 0 }, default);
            await group.WriteAllPartsAsync<float>((DataField)feedback.Item, new[] { 1f, -1 }, new[] { 3, 3, 0, 1 }, new[] { 0, 1, 0, 0 }, default);
        });
        await using var file = await HistoryFile.OpenAsync(Input, default);
        var rows = await file.ReadAsync(0, default);
        Assert.Equal([(5, "1 2", "1 -1"), (6, "", ""), (7, "", "")], rows.Select(row => ((int)row.User, string.Join(' ', row.Items), string.Join(' ', row.Feedback))));
    }

    [Fact]
    public async Task A_missing_element_is_named()
    {
        var user = new DataField<long>("User");
        ListField items = new("Items", new DataField<int?>("element")), feedback = new("Feedback", new DataField<float>("element"));
        await WriteAsync(new ParquetSchema(user, items, feedback), async group =>
        {
            await group.WriteAsync<long>(user, new long[] { 5 });
            await group.WriteAllPartsAsync<int>((DataField)items.Item, new[] { 1 }, new[] { 3, 2 }, new[] { 0, 1 }, default);
            await group.WriteAllPartsAsync<float>((DataField)feedback.Item, new[] { 1f, -1 }, new[] { 2, 2 }, new[] { 0, 1 }, default);
        });
        await AssertRefusedAsync("'Items'", "row 0", "missing element");
    }

    [Theory]
    [InlineData("")]
    [InlineData("no Parquet at all, and longer than the magic numbers of a file")]
    public async Task What_is_no_Parquet_is_named(string content)
    {
        File.WriteAllText(Input, content);
        await AssertRefusedAsync("no Parquet file");
    }

    [Fact]
    public async Task A_damaged_partition_is_named()
    {
        await MakeUsersAsync(40);
        byte[] bytes = File.ReadAllBytes(Input);
        File.WriteAllBytes(Input, bytes[..^50]);
        await AssertRefusedAsync("no Parquet file");
        bytes.AsSpan(4, bytes.Length / 2).Fill(0xFF);
        File.WriteAllBytes(Input, bytes);
        await AssertRefusedAsync("column");
    }

    [Fact]
    public async Task A_partition_without_rows_or_with_lists_of_different_lengths_is_named()
    {
        await WriteInputAsync([]);
        await AssertRefusedAsync("no rows");
        await WriteInputAsync([new UserHistory { User = 3, Items = [1, 2], Feedback = [1] }]);
        await AssertRefusedAsync("user 3", "2 items", "1 values");
    }

    [Fact]
    public async Task A_missing_column_and_one_of_another_type_are_named()
    {
        var (user, longs) = (new DataField<long>("User"), new ListField("Items", new DataField<long>("element")));
        await WriteAsync(new ParquetSchema(user), group => group.WriteAsync<long>(user, new long[] { 1 }));
        await AssertRefusedAsync("no column 'Items'", "'User'");
        await WriteAsync(new ParquetSchema(user, longs), async group =>
        {
            await group.WriteAsync<long>(user, new long[] { 1 });
            await group.WriteAllPartsAsync<long>((DataField)longs.Item, new long[] { 1 }, new[] { 2 }, new[] { 0 }, default);
        });
        await AssertRefusedAsync("'Items' is a list of Int64", "a list of Int32");
        var text = new DataField<string>("User");
        await WriteAsync(new ParquetSchema(text), group => group.WriteAsync(text, new[] { "a" }));
        await AssertRefusedAsync("'User' is String", "Int64");
    }

    [Fact]
    public void What_is_no_model_for_partitions_is_refused()
    {
        Assert.Contains("nowhere.zip", Assert.Throws<FileNotFoundException>(() => new PartitionScorer(_ml, Path.Combine(_folder, "nowhere.zip"), K)).Message);
        Assert.Contains($"{ItemCount}", Assert.Throws<ArgumentOutOfRangeException>(() => new PartitionScorer(_ml, models.First, ItemCount + 1)).Message);
    }

    [Fact]
    public async Task A_partition_is_not_written_over_by_its_recommendations()
    {
        await MakeUsersAsync(40);
        byte[] histories = File.ReadAllBytes(Input);
        using var scorer = Scorer();
        var error = await Assert.ThrowsAsync<ArgumentException>(() => scorer.ScoreAsync(Input, Path.Combine(_folder, ".", "in.parquet")));
        Assert.Contains(Input, error.Message);
        Assert.Equal(histories, File.ReadAllBytes(Input));
    }

    [Fact]
    public async Task A_model_that_was_saved_without_the_schema_of_its_input_scores_partitions()
    {
        await MakeUsersAsync(40);
        using var scorer = Scorer();
        await scorer.ScoreAsync(Input, Output);
        var expected = await ReadOutputAsync();

        string saved = Save(models.First, withSchema: false);
        Assert.False(await WasThereAsync(saved, K));
        Assert.Equal(expected.Select(row => string.Join(' ', row.RecommendedItems)), (await ReadOutputAsync()).Select(row => string.Join(' ', row.RecommendedItems)));

        // a model of texts
        var users = _ml.Data.LoadFromEnumerable([new Texts { Items = ["a", "b", "c"], Feedback = [1, 1, 1] }, new Texts { Items = ["b", "d", "c"], Feedback = [1, 1, 1] }]);
        var model = _ml.Transforms.Conversion.MapValueToKey("Items").Append(_ml.Recommendation().Trainers.Sine(new SineTrainer.Options { MaximumNumberOfEpochs = 1, ValidationFraction = 0, NumberOfRecommendations = 1 }))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("RecommendedItems")).Fit(users);
        _ml.Model.SaveAtomically(model, null, saved);
        string reason = Assert.Throws<InvalidDataException>(() => new PartitionScorer(_ml, saved, 1)).Message;
        Assert.All([saved, "Items", "Int32"], text => Assert.Contains(text, reason));
    }

    [Fact]
    public async Task What_a_model_was_told_is_kept_where_it_recommends_enough()
    {
        await MakeUsersAsync(40);
        using var scorer = Scorer();
        await scorer.ScoreAsync(Input, Output);
        var all = await ReadOutputAsync();
        int denied = all[0].RecommendedItems[0];

        await WasThereAsync(Save(models.First, new ScoringOptions { NumberOfRecommendations = K + 5, DeniedItems = [denied] }), K);
        var some = await ReadOutputAsync();
        Assert.Equal(all[0].RecommendedItems[1..], some[0].RecommendedItems[..^1]);
        Assert.All(some, row => Assert.DoesNotContain(denied, row.RecommendedItems));
        Assert.All(some, row => Assert.Equal(K, row.Scores.Length));

        // asked anew for more than it was saved with, as it was trained
        await WasThereAsync(Save(models.First, new ScoringOptions { NumberOfRecommendations = K - 1, DeniedItems = [denied] }), K);
        Assert.Equal(all[0].RecommendedItems, (await ReadOutputAsync())[0].RecommendedItems);
        foreach (int k in new[] { 0, -1 })
            Assert.Throws<ArgumentOutOfRangeException>(() => new PartitionScorer(_ml, models.First, k));
    }

    private string Save(string model, ScoringOptions? options = null, bool withSchema = true)
    {
        string path = Path.Combine(_folder, "saved.zip");
        var steps = _ml.Recommendation().ScoreInBatches(_ml.Model.Load(model, out var schema)).Select(step => step is NextItemTransformer scorer && options is not null ? scorer.With(options) : step);
        _ml.Model.SaveAtomically(new TransformerChain<ITransformer>([.. steps]), withSchema ? schema : null, path);
        return path;
    }

    private async Task<bool> WasThereAsync(string model, int k)
    {
        using var scorer = new PartitionScorer(_ml, model, k);
        return (await scorer.ScoreAsync(Input, Output)).WasThere;
    }

    private PartitionScorer Scorer() => new(_ml, models.First, K);

    private async Task AssertRefusedAsync(params string[] said)
    {
        using var scorer = Scorer();
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => scorer.ScoreAsync(Input, Output));
        Assert.All([Input, .. said], text => Assert.Contains(text, error.Message));
        Assert.False(File.Exists(Output));
    }

    private static UserHistory History(long user, params int[] items)
        => new() { User = user, Items = items, Feedback = [.. items.Select((_, place) => place % 2 == 0 ? 1f : -1)] };

    private Task MakeUsersAsync(int count) => new Simulation(ItemCount).MakeUsersAsync(Input, 0, count, default);

    private Task WriteInputAsync(params UserHistory[][] groups)
        => WholeParquetFile.WriteAsync(Input, HistoryFile.Schema, new Dictionary<string, string>(), async writer =>
        {
            foreach (var rows in groups)
                await HistoryFile.WriteAsync(writer, rows, default);
        }, default);

    private Task WriteAsync(ParquetSchema schema, Func<ParquetRowGroupWriter, Task> write)
        => WholeParquetFile.WriteAsync(Input, schema, new Dictionary<string, string>(), async writer =>
        {
            using var group = writer.CreateRowGroup();
            await write(group);
        }, default);

    private async Task<UserRecommendations[]> ReadOutputAsync()
    {
        await using var reader = await ParquetReader.CreateAsync(Output);
        var rows = new List<UserRecommendations>();
        for (int group = 0; group < reader.RowGroupCount; group++)
            rows.AddRange(await RecommendationFile.ReadAsync(reader, group, default));
        return [.. rows];
    }

    private sealed class Texts
    {
        public string[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];
    }

    /// <summary>Two models of the same items.</summary>
    public sealed class Models : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

        public Models()
        {
            new Simulation(ItemCount, trainingUsers: 30).MakeModel(First, default);
            new Simulation(ItemCount, trainingUsers: 40).MakeModel(Second, default);
        }

        public string First => Path.Combine(_folder, "first.zip");

        public string Second => Path.Combine(_folder, "second.zip");

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
