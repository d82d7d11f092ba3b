using System.Text;

namespace Common;

/// <summary>Files of text that appear whole or not at all: written beside, flushed to the disk, and renamed.</summary>
public static class TextFile
{
    private const string Suffix = ".tmp";

    /// <summary>Writes a file; its folder is made where it is missing.</summary>
    /// <exception cref="IOException">It cannot be written; one that was there is still there.</exception>
    public static void WriteWhole(string path, string text)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var file = new FileStream(path + Suffix, FileMode.Create, FileAccess.Write))
            {
                file.Write(new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetBytes(text));
                file.Flush(flushToDisk: true);
            }

            File.Move(path + Suffix, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"'{path}' cannot be written: {error.Message} Choose a folder that may be written to.", error);
        }
    }
}
