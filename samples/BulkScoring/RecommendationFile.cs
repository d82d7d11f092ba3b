using Parquet;
using Parquet.Schema;

namespace BulkScoring;

/// <summary>What is recommended to a user, best first: a row of scored output.</summary>
public sealed class UserRecommendations
{
    public long User { get; set; }

    public int[] RecommendedItems { get; set; } = [];

    public float[] Scores { get; set; } = [];
}

/// <summary>
/// A Parquet file with recommendations: <c>User</c> Int64, <c>RecommendedItems</c> a list of Int32, best first, <c>Scores</c> a list of Single beside it. Fewer than k stand where fewer items
/// are left to recommend.
/// </summary>
internal static class RecommendationFile
{
    private static readonly DataField<long> UserField = new(nameof(UserRecommendations.User));
    private static readonly ListField ItemsField = ListColumn.FieldOf<int>(nameof(UserRecommendations.RecommendedItems));
    private static readonly ListField ScoresField = ListColumn.FieldOf<float>(nameof(UserRecommendations.Scores));

    public static ParquetSchema Schema { get; } = new(UserField, ItemsField, ScoresField);

    /// <summary>Writes a row group.</summary>
    public static async Task WriteAsync(ParquetWriter writer, IReadOnlyList<UserRecommendations> rows, CancellationToken cancellation)
    {
        // scores of −∞ stand beside places for which no item is left
        int[] counts = [.. rows.Select(row => row.Scores.AsSpan().IndexOf(float.NegativeInfinity) is >= 0 and int end ? end : row.Scores.Length)];
        using var group = writer.CreateRowGroup();
        await group.WriteAsync<long>(UserField, rows.Select(row => row.User).ToArray(), cancellationToken: cancellation);
        await ListColumn.WriteAsync(group, ItemsField, [.. rows.Select((row, i) => row.RecommendedItems[..counts[i]])], cancellation);
        await ListColumn.WriteAsync(group, ScoresField, [.. rows.Select((row, i) => row.Scores[..counts[i]])], cancellation);
        group.CompleteValidate();
    }

    /// <summary>Reads a row group.</summary>
    public static async Task<UserRecommendations[]> ReadAsync(ParquetReader reader, int rowGroup, CancellationToken cancellation)
    {
        var fields = reader.Schema.DataFields;
        using var group = reader.OpenRowGroupReader(rowGroup);
        long[] users = await ListColumn.ReadValuesAsync<long>(group, fields[0], cancellation);
        int[][] items = await ListColumn.ReadListsAsync<int>(group, fields[1], cancellation);
        float[][] scores = await ListColumn.ReadListsAsync<float>(group, fields[2], cancellation);
        return [.. users.Select((user, row) => new UserRecommendations { User = user, RecommendedItems = items[row], Scores = scores[row] })];
    }
}
