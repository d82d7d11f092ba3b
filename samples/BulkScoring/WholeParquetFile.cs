using Parquet;
using Parquet.Schema;

namespace BulkScoring;

/// <summary>Parquet files that appear whole or not at all: written beside, flushed to the disk, renamed.</summary>
internal static class WholeParquetFile
{
    private const string Suffix = ".tmp";

    /// <summary>Writes a file, row group by row group.</summary>
    /// <param name="path">The file; one that is there is replaced when the new one is complete.</param>
    /// <param name="schema">Its columns.</param>
    /// <param name="metadata">Keys and values in the file's footer.</param>
    /// <param name="write">Writes the row groups.</param>
    /// <param name="cancellation">Stops it; nothing is left then.</param>
    public static async Task WriteAsync(
        string path, ParquetSchema schema, IReadOnlyDictionary<string, string> metadata, Func<ParquetWriter, Task> write, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        // what a killed process has left under this name is written over; another that writes just now holds it open
        string temporary = path + Suffix;
        try
        {
            await using (var file = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            {
                await using (var writer = await ParquetWriter.CreateAsync(schema, file, cancellationToken: cancellation))
                {
                    writer.CustomMetadata = metadata;
                    await write(writer);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is not IOException)
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Whether a whole file with that metadata, and so many rows where that matters, is there.</summary>
    public static async Task<bool> IsThereAsync(string path, IReadOnlyDictionary<string, string> metadata, long rowCount, CancellationToken cancellation)
    {
        if (!File.Exists(path))
            return false;
        try
        {
            await using var reader = await ParquetReader.CreateAsync(path, cancellationToken: cancellation);
            return metadata.All(entry => reader.CustomMetadata.GetValueOrDefault(entry.Key) == entry.Value) && reader.RowGroups.Sum(group => group.RowCount) == rowCount;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // damaged, or none of ours: it is made anew
            return false;
        }
    }
}
