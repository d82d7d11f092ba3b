namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>
/// The logs of KuaiRand (Gao et al. 2022, "KuaiRand: An Unbiased Sequential Recommendation Dataset with Randomly Exposed Videos"), as
/// published, comma-separated, or as the tab-separated subset of views that ended in a like or a hate, which has one field, label, for
/// both. Fields are found by their names.
/// </summary>
internal static class KuaiRandLog
{
    private static readonly string[] FieldsOfALog = ["user_id", "video_id", "time_ms"];

    /// <summary>Opens a log, or every log of a folder one after the other, in the order of their names.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, or no log in the folder.</exception>
    /// <exception cref="InvalidDataException">
    /// A header lacks a field. Malformed lines throw it while a cursor runs, with their number.
    /// </exception>
    public static IDataView Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!Directory.Exists(path))
        {
            return File.Exists(path) ? OpenFile(path)
                : throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
        }

        // the features of users and videos lie in the same folder: a log is what names a user, a video and a time
        string[] logs = [.. Directory.GetFiles(path).Where(IsLog).Order(StringComparer.Ordinal)];
        return logs.Length switch
        {
            0 => throw new FileNotFoundException($"Folder '{path}' holds no .csv or .tsv file whose header names "
                + $"{string.Join(", ", FieldsOfALog)}: give the folder of KuaiRand's logs, or a log.", path),
            1 => OpenFile(logs[0]),
            _ => new ConcatenatedDataView([.. logs.Select(OpenFile)]),
        };
    }

    private static bool IsLog(string path)
    {
        if (Path.GetExtension(path).ToLowerInvariant() is not (".csv" or ".tsv") || new FileInfo(path).Length == 0)
            return false;
        var (_, fields) = ReadHeader(path);
        return FieldsOfALog.All(field => fields.Contains(field));
    }

    private static (string Separator, List<string> Fields) ReadHeader(string path)
    {
        string[] byTab = DelimitedFile.ReadHeader(path, new DelimitedFormat("\t", HasHeader: true));
        string[] byComma = DelimitedFile.ReadHeader(path, new DelimitedFormat(",", HasHeader: true));
        // a stray tab makes no log another file
        return byTab.Length > byComma.Length ? ("\t", [.. byTab]) : (",", [.. byComma]);
    }

    private static IDataView OpenFile(string path)
    {
        var (separator, fields) = ReadHeader(path);
        bool hasLabel = !fields.Contains("is_like") && fields.Contains("label"); // the subset: 1 liked, 0 hated
        return new DelimitedFile(path, new DelimitedFormat(
            separator, HasHeader: true,
            DelimitedColumn.Int32("User", "user_id"),
            DelimitedColumn.Int32("Item", "video_id"),
            DelimitedColumn.UnixMilliseconds("Time", "time_ms"),
            DelimitedColumn.SecondsOfMilliseconds("WatchSeconds", "play_time_ms"),
            DelimitedColumn.SecondsOfMilliseconds("DurationSeconds", "duration_ms"),
            DelimitedColumn.Flag("Like", hasLabel ? "label" : "is_like"),
            DelimitedColumn.Flag("Follow", "is_follow"),
            DelimitedColumn.Flag("Comment", "is_comment"),
            DelimitedColumn.Flag("Forward", "is_forward"),
            hasLabel ? DelimitedColumn.NegatedFlag("Hate", "label") : DelimitedColumn.Flag("Hate", "is_hate")));
    }
}
