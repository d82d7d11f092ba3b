using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A column of a text file: its type and the index of its field.</summary>
internal sealed record TextColumn(string Name, PrimitiveDataViewType Type, int Field)
{
    public static TextColumn Of(Member member)
    {
        var source = member.Attribute<LoadColumnAttribute>()
            ?? throw new InvalidOperationException($"Member '{member.Name}' is missing the {nameof(LoadColumnAttribute)} attribute");
        var type = DataViewTypes.FromTypeOrNull(member.Type);
        Check.State(type is not null && member.Attribute<KeyTypeAttribute>() is null, $"Member {member.Name} is of unsupported type.");
        return new TextColumn(member.Name, type, source.FieldIndex);
    }

    /// <summary>The parser of one cursor.</summary>
    public TextColumnParser MakeParser(Action<string> reportBadValue) =>
        TransformHelpers.CreateGeneric<TextColumnParser>(typeof(TextColumnParser<>), [Type.RawType], this, reportBadValue);
}

/// <summary>Holds the value of a column in the current row.</summary>
internal abstract class TextColumnParser
{
    public abstract void Parse(IReadOnlyList<ReadOnlyMemory<char>> fields, long line);

    public abstract Delegate MakeGetter(Action checkOnRow);
}

internal sealed class TextColumnParser<T>(TextColumn column, Action<string> reportBadValue) : TextColumnParser
{
    private readonly TextParser<T> _parse = TextValue.ParserOf<T>();
    private T _value;

    /// <summary>Takes the value of the column's field, by default if that is empty. A bad real number is NaN, other types throw.</summary>
    public override void Parse(IReadOnlyList<ReadOnlyMemory<char>> fields, long line)
    {
        _value = default;
        if (column.Field >= fields.Count || fields[column.Field].IsEmpty || _parse(fields[column.Field], out _value))
            return;
        Check.State(
            typeof(T) == typeof(float) || typeof(T) == typeof(double),
            $"Could not parse value {fields[column.Field]} in line {line}, column {column.Name}");
        reportBadValue($"  Bad value at line {line} in column {column.Name}");
    }

    public override Delegate MakeGetter(Action checkOnRow) => (ValueGetter<T>)((ref T value) =>
    {
        checkOnRow();
        value = _value;
    });
}
