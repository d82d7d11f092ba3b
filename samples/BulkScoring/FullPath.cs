namespace BulkScoring;

/// <summary>Files and folders by one name each, however they were written down.</summary>
internal static class FullPath
{
    /// <summary>From the root on, without a separator behind it.</summary>
    public static string Of(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    /// <summary>Whether two paths are one; links are not followed.</summary>
    public static bool AreSame(string one, string other)
        => string.Equals(Of(one), Of(other), OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
}
