namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>
/// The rating files of the MovieLens data sets (Harper and Konstan 2015, "The MovieLens Datasets") in the forms they are handed
/// round in. All give the columns User and Item (Int32), Rating (Single) and Time (Int64, Unix seconds), in the file's order.
/// </summary>
internal static class MovieLensFile
{
    private static readonly DelimitedColumn Rating = DelimitedColumn.Single("Rating", "rating");
    private static readonly DelimitedColumn Timestamp = DelimitedColumn.UnixSeconds("Time", "timestamp");

    /// <summary>ratings.dat of MovieLens-1M and -10M: UserID::MovieID::Rating::Timestamp.</summary>
    private static readonly DelimitedFormat Dat = new(
        "::", HasHeader: false,
        DelimitedColumn.Int32("User", "UserID"), DelimitedColumn.Int32("Item", "MovieID"),
        DelimitedColumn.Single("Rating", "Rating"), DelimitedColumn.UnixSeconds("Time", "Timestamp"));

    /// <summary>ratings.csv of MovieLens-20M and later.</summary>
    private static readonly DelimitedFormat Csv = new(
        ",", HasHeader: true, DelimitedColumn.Int32("User", "userId"), DelimitedColumn.Int32("Item", "movieId"), Rating, Timestamp);

    /// <summary>RecBole's atomic file: tab-separated, with a header of names and types.</summary>
    private static readonly DelimitedFormat Inter = new(
        "\t", HasHeader: true, DelimitedColumn.Int32("User", "user_id"), DelimitedColumn.Int32("Item", "item_id"), Rating, Timestamp);

    /// <summary>Opens a rating file, or the one in a folder.</summary>
    /// <param name="path">A .dat, .csv or .inter file, or a folder with ratings.dat, ratings.csv or a single .inter file.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or none in the folder.</exception>
    /// <exception cref="ArgumentException">The file's extension is none of the three.</exception>
    /// <exception cref="InvalidDataException">
    /// The header lacks a field. Malformed lines throw it while a cursor runs, with their number.
    /// </exception>
    public static IDataView Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string file = Directory.Exists(path) ? FindIn(path) : path;
        return Path.GetExtension(file).ToLowerInvariant() switch
        {
            ".dat" => new DelimitedFile(file, Dat),
            ".csv" => new DelimitedFile(file, Csv),
            ".inter" => new DelimitedFile(file, Inter),
            _ when !File.Exists(file) => throw new FileNotFoundException($"There is no file or folder '{path}'.", path),
            _ => throw new ArgumentException(
                $"'{file}' is no MovieLens file by its extension: expected ratings.dat, ratings.csv or a .inter file.", nameof(path)),
        };
    }

    private static string FindIn(string folder)
    {
        foreach (string name in new[] { "ratings.dat", "ratings.csv" })
        {
            if (File.Exists(Path.Combine(folder, name)))
                return Path.Combine(folder, name);
        }

        string[] inter = Directory.GetFiles(folder, "*.inter");
        return inter.Length == 1 ? inter[0] : throw new FileNotFoundException(
            $"Folder '{folder}' holds neither ratings.dat nor ratings.csv, and {inter.Length} .inter files: give the file itself.");
    }
}
