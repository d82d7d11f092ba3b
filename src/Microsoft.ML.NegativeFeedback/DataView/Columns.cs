using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>
/// The check that every entry point makes first: the columns it reads are there and have a type it can read. What is missing is
/// named, together with the columns that are there and what to do about it.
/// </summary>
internal static class Columns
{
    /// <summary>The column of that name.</summary>
    /// <param name="schema">The schema of the data.</param>
    /// <param name="name">The column's name.</param>
    /// <param name="isRight">Whether its type can be read.</param>
    /// <param name="expected">The types that can be, in words: "a key vector (Conversion.MapValueToKey makes one)".</param>
    /// <exception cref="ArgumentException">The column is missing, or of another type.</exception>
    public static DataViewSchema.Column Require(DataViewSchema schema, string name, Func<DataViewType, bool> isRight, string expected)
    {
        var column = schema.GetColumnOrNull(name)
            ?? throw Missing(name, expected, schema.Where(other => !other.IsHidden).Select(other => other.Name));
        return isRight(column.Type) ? column : throw Wrong(name, expected, column.Type.ToString()!);
    }

    /// <summary>The same check on the shape that an estimator is promised.</summary>
    /// <exception cref="ArgumentException">The column is missing, or of another kind.</exception>
    public static SchemaShape.Column Require(SchemaShape shape, string name, Func<SchemaShape.Column, bool> isRight, string expected)
    {
        var column = SchemaShapes.Find(shape, name) ?? throw Missing(name, expected, shape.Select(other => other.Name));
        return isRight(column) ? column : throw Wrong(name, expected, $"{column.Kind} of {(column.IsKey ? "Key of " : "")}{column.ItemType}");
    }

    /// <summary>A name that a user gave for a column.</summary>
    /// <exception cref="ArgumentException">It is null, empty or white space.</exception>
    public static string CheckName(string name, string parameter)
        => string.IsNullOrWhiteSpace(name) ? throw new ArgumentException("A column name is needed; it is empty.", parameter) : name;

    /// <summary>The names that options give for columns, with the options that give them.</summary>
    /// <exception cref="ArgumentException">One is null, empty or white space.</exception>
    public static void CheckNames(params ReadOnlySpan<(string Name, string Option)> names)
    {
        foreach (var (name, option) in names)
            CheckName(name, option);
    }

    /// <summary>The same of a list.</summary>
    /// <exception cref="ArgumentException">The list is null, or a name is null, empty or white space.</exception>
    public static void CheckNames(IReadOnlyList<string> names, string option)
    {
        if (names is null)
            throw new ArgumentNullException(option, $"{option} is null: give an empty list for no columns.");
        foreach (string name in names)
            CheckName(name, option);
    }

    private static ArgumentException Missing(string name, string expected, IEnumerable<string> present)
        => new($"Column '{name}' is missing: expected {expected}. The data has: {string.Join(", ", present.Distinct())}.");

    private static ArgumentException Wrong(string name, string expected, string found)
        => new($"Column '{name}' has type {found}: expected {expected}.");
}
