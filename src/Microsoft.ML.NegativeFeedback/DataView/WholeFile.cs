namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>
/// Files that appear whole or not at all, whatever ends the process or the machine meanwhile: written beside under a name of their own, flushed to the disk, and
/// renamed to the file that was there before.
/// </summary>
internal static class WholeFile
{
    private const string Suffix = ".tmp";

    // Between being created and being locked a temporary file looks left over.
    private static readonly Lock _opening = new();

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file; one that is there is replaced when the new one is complete, and stays as it is when that fails.</param>
    /// <param name="what">What is written, in words that begin a sentence: "The model".</param>
    /// <param name="write">Writes it; what it throws is thrown on, unless it is of the file system.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, string what, Action<Stream> write)
    {
        try
        {
            using var file = CreateBeside(path);
            try
            {
                write(file);
                file.Flush(flushToDisk: true);
                // while it is open, and so locked: nobody can take it for left over
                File.Move(file.Name, path, overwrite: true);
            }
            catch
            {
                File.Delete(file.Name);
                throw;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{what} cannot be written to '{path}': {error.Message} Choose a folder that exists and may be written to.", error);
        }
    }

    /// <summary>Makes sure that a file can be written there, before the work that it is to hold.</summary>
    /// <exception cref="IOException">It cannot.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not.</exception>
    public static void CheckWritable(string path)
    {
        using var probe = CreateBeside(path);
        File.Delete(probe.Name);
    }

    private static FileStream CreateBeside(string path)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
            throw new IOException("There is a folder of that name.");
        lock (_opening)
        {
            DeleteLeftovers(full);
            return new FileStream($"{full}.{Guid.NewGuid():N}{Suffix}", FileMode.CreateNew, FileAccess.Write, FileShare.Delete);
        }
    }

    /// <summary>Deletes what writers left beside the file that were killed; what others are writing just now is locked by them.</summary>
    private static void DeleteLeftovers(string path)
    {
        string prefix = Path.GetFileName(path) + ".";
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, "*" + Suffix))
        {
            string name = Path.GetFileName(file);
            if (name.Length < prefix.Length + Suffix.Length || !name.StartsWith(prefix, StringComparison.Ordinal)
                || !Guid.TryParseExact(name[prefix.Length..^Suffix.Length], "N", out _))
            {
                continue;
            }

            try
            {
                new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // another's, and no hindrance
            }
        }
    }
}
