using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Loading of text files.</summary>
public static class TextLoaderSaverCatalog
{
    /// <summary>Loads the fields that the members of a class name by <see cref="LoadColumnAttribute"/>.</summary>
    public static IDataView LoadFromTextFile<TInput>(
        this DataOperationsCatalog catalog,
        string path,
        char separatorChar = '\t',
        bool hasHeader = false,
        bool allowQuoting = false,
        bool trimWhitespace = false,
        bool allowSparse = false)
    {
        Check.NonEmpty(path, nameof(path));
        Check.Parameter(File.Exists(path), nameof(path), $"File or directory does not exist at path: {path}");
        if (allowQuoting || allowSparse)
            throw new NotSupportedException("This implementation reads neither quotes nor sparse rows; they need the package Microsoft.ML.");
        TextColumn[] columns = [.. Member.All(typeof(TInput), MemberUse.Read).Select(TextColumn.Of)];
        return new TextDataView(catalog.GetEnvironment(), path, columns, separatorChar, hasHeader, trimWhitespace);
    }
}
