namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

/// <summary>A row of a labelled log.</summary>
internal sealed class LogRow
{
    public LogRow()
    {
    }

    public LogRow(int user, int item, long time, float feedback)
        => (User, Item, Time, Feedback) = (user, item, time, feedback);

    public int User { get; set; }

    public int Item { get; set; }

    public long Time { get; set; }

    public float Feedback { get; set; }
}

/// <summary>A sequence row.</summary>
internal sealed class Sequence
{
    public int User { get; set; }

    public int[] Items { get; set; } = [];

    public float[] Feedback { get; set; } = [];
}

/// <summary>An evaluation row.</summary>
internal sealed class Evaluated
{
    public int User { get; set; }

    public int[] Items { get; set; } = [];

    public float[] Feedback { get; set; } = [];

    public int TargetItem { get; set; }

    public float TargetFeedback { get; set; }
}

/// <summary>Between views and rows.</summary>
internal static class LogRows
{
    private static readonly MLContext Context = new(seed: 1);

    public static IDataView View(IEnumerable<LogRow> log) => Context.Data.LoadFromEnumerable(log);

    public static IDataView Windows(IDataView log, WindowSequencesOptions options)
        => new WindowSequencesEstimator(Context, options).Fit(log).Transform(log);

    public static List<TRow> As<TRow>(this IDataView view)
        where TRow : class, new()
        => [.. Context.Data.CreateEnumerable<TRow>(view, reuseRowObject: false)];
}
