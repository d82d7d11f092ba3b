using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A column of a text file: its type and the fields that it is made of.</summary>
internal sealed class TextColumn
{
    public TextColumn(TextLoader.Column column)
    {
        Check.NonEmpty(column.Name, nameof(column.Name));
        Check.Parameter(column.Source is { Length: > 0 }, nameof(column.Source),
            $"Column '{column.Name}' must specify some source column indices");
        Check.Parameter(column.Source[..^1].All(range => !range.VariableEnd), nameof(column.Source),
            $"Only the last range of column '{column.Name}' may extend to the end of the line.");
        Name = column.Name.Trim();
        ItemType = DataViewTypes.FromKind(column.DataKind);
        if (column.KeyCount is { } keys)
            ItemType = new KeyDataViewType(ItemType.RawType, keys.Count ?? KeyDataViewType.MaximumCount(ItemType.RawType));
        Ranges = column.Source;
        var size = Ranges.Sum(range => range.VariableEnd ? 0 : range.Max - range.Min + 1 ?? 1);
        var hasVariableEnd = Ranges[^1].VariableEnd;
        Type = hasVariableEnd || size > 1 || Ranges.Any(range => range.ForceVector)
            ? new VectorDataViewType(ItemType, hasVariableEnd ? 0 : size)
            : ItemType;
    }

    public string Name { get; }

    public PrimitiveDataViewType ItemType { get; }

    public DataViewType Type { get; }

    public TextLoader.Range[] Ranges { get; }

    /// <summary>The indices of the fields of a line of so many.</summary>
    public IEnumerable<int> FieldsOf(int fieldCount) => Ranges.SelectMany(range =>
        Enumerable.Range(range.Min, Math.Max(0, (range.VariableEnd ? fieldCount - 1 : range.Max ?? range.Min) - range.Min + 1)));

    /// <summary>The parser of one cursor.</summary>
    public TextColumnParser MakeParser(bool missingIsNaN, Action<string> reportBadValue)
    {
        var parserType = Type is VectorDataViewType ? typeof(TextVectorParser<>) : typeof(TextScalarParser<>);
        return (TextColumnParser)Activator.CreateInstance(
            parserType.MakeGenericType(ItemType.RawType),
            BindingFlags.DoNotWrapExceptions,
            null,
            [this, missingIsNaN, reportBadValue],
            null);
    }
}

/// <summary>Holds the value of a column in the current row.</summary>
internal abstract class TextColumnParser
{
    public abstract void Parse(IReadOnlyList<ReadOnlyMemory<char>> fields, long line);

    public abstract Delegate MakeGetter(Action checkOnRow);
}

/// <summary>Parses single values.</summary>
internal abstract class TextColumnParser<T> : TextColumnParser
{
    private readonly TextColumn _column;
    private readonly TextParser<T> _parse;
    private readonly T _empty;
    private readonly Action<string> _reportBadValue;

    protected TextColumnParser(TextColumn column, bool missingIsNaN, Action<string> reportBadValue)
    {
        _column = column;
        _parse = TextValue.ParserOf<T>(column.ItemType);
        _empty = missingIsNaN ? MissingValue.Of<T>() : default;
        _reportBadValue = reportBadValue;
    }

    protected IEnumerable<int> FieldsOf(int fieldCount) => _column.FieldsOf(fieldCount);

    /// <summary>The value of one field. Types that have a missing value take it for bad ones, the others throw.</summary>
    protected T ParseField(IReadOnlyList<ReadOnlyMemory<char>> fields, int index, long line)
    {
        if (index >= fields.Count || fields[index].IsEmpty)
            return _empty;
        if (_parse(fields[index], out var value))
            return value;
        Check.State(MissingTest.Knows(_column.ItemType), $"Could not parse value {fields[index]} in line {line}, column {_column.Name}");
        _reportBadValue($"  Bad value at line {line} in column {_column.Name}");
        return value;
    }
}

internal sealed class TextScalarParser<T>(TextColumn column, bool missingIsNaN, Action<string> reportBadValue)
    : TextColumnParser<T>(column, missingIsNaN, reportBadValue)
{
    private readonly int _field = column.Ranges[0].Min;
    private T _value;

    public override void Parse(IReadOnlyList<ReadOnlyMemory<char>> fields, long line) => _value = ParseField(fields, _field, line);

    public override Delegate MakeGetter(Action checkOnRow) => (ValueGetter<T>)((ref T value) =>
    {
        checkOnRow();
        value = _value;
    });
}

internal sealed class TextVectorParser<T>(TextColumn column, bool missingIsNaN, Action<string> reportBadValue)
    : TextColumnParser<T>(column, missingIsNaN, reportBadValue)
{
    private readonly List<T> _values = [];

    public override void Parse(IReadOnlyList<ReadOnlyMemory<char>> fields, long line)
    {
        _values.Clear();
        foreach (var field in FieldsOf(fields.Count))
            _values.Add(ParseField(fields, field, line));
    }

    public override Delegate MakeGetter(Action checkOnRow) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
    {
        checkOnRow();
        var editor = VBufferEditor.Create(ref value, _values.Count);
        _values.CopyTo(editor.Values);
        value = editor.Commit();
    });
}
