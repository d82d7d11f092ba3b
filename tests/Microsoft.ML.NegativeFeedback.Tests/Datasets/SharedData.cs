namespace Microsoft.ML.NegativeFeedback.Tests.Datasets;

/// <summary>
/// Public logs whose licences keep them out of the repository: the folder that the environment variable NEGATIVEFEEDBACK_DATA names, or
/// shared/data beside the repository or one of the folders above it.
/// </summary>
internal static class SharedData
{
    /// <summary>The folder of a data set, or null where it is not on this machine.</summary>
    public static string? Find(string dataSet)
    {
        if (Environment.GetEnvironmentVariable("NEGATIVEFEEDBACK_DATA") is { Length: > 0 } given)
            return Existing(Path.Combine(given, dataSet));
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Existing(Path.Combine(folder.FullName, "shared", "data", dataSet)) is { } found)
                return found;
        }

        return null;
    }

    private static string? Existing(string path) => Directory.Exists(path) ? path : null;
}
