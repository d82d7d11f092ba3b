namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>
/// The views of KION (Safilo et al. 2023, "MTS Kion Implicit Contextualised Sequential Dataset for Movie Recommendation"):
/// interactions.csv with the fields user_id, item_id, last_watch_dt, total_dur (seconds) and watched_pct (per cent, may be empty).
/// </summary>
internal static class KionLog
{
    private const string FileName = "interactions.csv";

    private static readonly DelimitedFormat Format = new(
        ",", HasHeader: true,
        DelimitedColumn.Int32("User", "user_id"),
        DelimitedColumn.Int32("Item", "item_id"),
        DelimitedColumn.UnixSecondsOfDay("Time", "last_watch_dt"),
        DelimitedColumn.Single("WatchSeconds", "total_dur"),
        DelimitedColumn.ShareOfPerCent("WatchedShare", "watched_pct"));

    /// <summary>Opens interactions.csv, or the one in a folder.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, or none in the folder.</exception>
    /// <exception cref="InvalidDataException">
    /// The header lacks a field. Malformed lines throw it while a cursor runs, with their number.
    /// </exception>
    public static IDataView Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new DelimitedFile(Directory.Exists(path) ? Path.Combine(path, FileName) : path, Format);
    }
}
