using Microsoft.ML.NegativeFeedback.Tests.Datasets;
using Microsoft.ML.NegativeFeedback.Tests.Sequences;

namespace Microsoft.ML.NegativeFeedback.Tests.Sampling;

/// <summary>A sequence row with names for items.</summary>
public sealed class NamedSequence
{
    public int User { get; set; }

    public string[] Items { get; set; } = [];

    public float[] Feedback { get; set; } = [];
}

/// <summary>What sampling adds to it.</summary>
public sealed class SampledSequence
{
    public int User { get; set; }

    public string[] Names { get; set; } = [];
}

/// <summary>Sequences to sample negatives for.</summary>
internal static class SequenceRows
{
    public const int UserCount = 300;
    public const int ItemCount = 40;

    public static readonly MLContext Context = new(seed: 1);

    /// <summary>Eight random interactions a user, windowed, with the items as keys; several cursors can read it.</summary>
    public static IDataView Random()
    {
        var random = new Random(5);
        var log = LogRows.View([.. Enumerable.Range(0, 8 * UserCount)
            .Select(i => new LogRow(i % UserCount, random.Next(ItemCount), i, random.Next(-1, 2)))]);
        return Context.Transforms.WindowSequences()
            .Append(Context.Transforms.Conversion.MapValueToKey("Items")).Fit(log).Transform(log);
    }

    /// <summary>Rows of items with their names as keys, in the order of the catalogue.</summary>
    public static IDataView Of(string[] catalogue, params NamedSequence[] rows)
    {
        var view = Context.Data.LoadFromEnumerable(rows);
        return Keys(catalogue).Fit(view).Transform(view);
    }

    public static IEstimator<ITransformer> Keys(string[] catalogue)
        => Context.Transforms.Conversion.MapValueToKey(
            "Items", keyData: Context.Data.LoadFromEnumerable(catalogue.Select(name => new { Value = name })));

    public static string[] Catalogue(int count) => [.. Enumerable.Range(1, count).Select(item => $"item {item}")];

    /// <summary>The negatives of each user.</summary>
    public static Dictionary<int, uint[]> NegativesOf(IDataView view)
    {
        using var cursor = view.GetRowCursor([view.Schema["User"], view.Schema["Negatives"]]);
        return NegativesOf(cursor).ToDictionary();
    }

    /// <summary>The same, read by the cursors of a set at the same time.</summary>
    public static Dictionary<int, uint[]> NegativesOf(DataViewRowCursor[] cursors)
        => cursors.AsParallel().WithDegreeOfParallelism(cursors.Length).SelectMany(cursor =>
        {
            using (cursor)
                return NegativesOf(cursor);
        }).ToDictionary();

    private static List<KeyValuePair<int, uint[]>> NegativesOf(DataViewRowCursor cursor)
        => [.. DataViewRows.Read(cursor, [cursor.Schema["User"], cursor.Schema["Negatives"]])
            .Select(row => KeyValuePair.Create((int)row[0]!, ((object?[])row[1]!).Select(key => (uint)key!).ToArray()))];
}
