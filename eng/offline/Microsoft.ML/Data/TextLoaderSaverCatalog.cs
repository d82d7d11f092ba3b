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
        CheckNotSparse(allowSparse);
        return catalog.LoadFromTextFile<TInput>(path, MakeOptions(null, separatorChar, hasHeader, allowQuoting, trimWhitespace));
    }

    /// <summary>Loads the fields that the members of a class name, in place of the options' columns.</summary>
    public static IDataView LoadFromTextFile<TInput>(this DataOperationsCatalog catalog, string path, TextLoader.Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Columns = [.. Member.All(typeof(TInput), SchemaDefinition.Direction.Read, withoutColumn: true).Select(MakeColumn)];
        return catalog.LoadFromTextFile(path, options);
    }

    public static IDataView LoadFromTextFile(
        this DataOperationsCatalog catalog,
        string path,
        TextLoader.Column[] columns,
        char separatorChar = '\t',
        bool hasHeader = false,
        bool allowQuoting = false,
        bool trimWhitespace = false,
        bool allowSparse = false)
    {
        CheckNotSparse(allowSparse);
        return catalog.LoadFromTextFile(path, MakeOptions(columns, separatorChar, hasHeader, allowQuoting, trimWhitespace));
    }

    public static IDataView LoadFromTextFile(this DataOperationsCatalog catalog, string path, TextLoader.Options options = null)
    {
        Check.NonEmpty(path, nameof(path));
        Check.Parameter(File.Exists(path), nameof(path), $"File or directory does not exist at path: {path}");
        return new TextDataView(catalog.GetEnvironment(), path, options ?? new TextLoader.Options());
    }

    private static TextLoader.Options MakeOptions(
        TextLoader.Column[] columns, char separator, bool hasHeader, bool allowQuoting, bool trimWhitespace) => new()
        {
            Columns = columns,
            Separators = [separator],
            HasHeader = hasHeader,
            AllowQuoting = allowQuoting,
            TrimWhitespace = trimWhitespace,
        };

    private static void CheckNotSparse(bool allowSparse)
    {
        if (allowSparse)
            throw new NotSupportedException("This implementation reads no sparse rows; it needs the package Microsoft.ML.");
    }

    private static TextLoader.Column MakeColumn(Member member)
    {
        // as in the package, NoColumn does not help here
        var source = member.Attribute<LoadColumnAttribute>()
            ?? throw new InvalidOperationException($"Member '{member.Name}' is missing the {nameof(LoadColumnAttribute)} attribute");
        var itemType = member.Type.IsArray ? member.Type.GetElementType() : member.Type;
        Check.State(DataViewTypes.FromTypeOrNull(itemType) is not null and not RowIdDataViewType,
            $"Member {member.Name} is of unsupported type.");
        return new TextLoader.Column(member.ColumnName, DataViewTypes.KindOf(itemType), source.Sources)
        {
            KeyCount = member.Attribute<KeyTypeAttribute>() is { } key ? new KeyCount(key.Count) : null,
        };
    }
}
