using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>
/// A further column of a log, in the order of its rows: w values a row, 1 of a scalar. What cannot be held flat, row by row, is no such column.
/// </summary>
internal abstract class LogValues
{
    /// <summary>The types that such a column can have, in words.</summary>
    public const string Types = "a Single, a vector of Single of one size, an Int64, or a key stored as UInt32 (Conversion.ConvertType and MapValueToKey make them)";

    /// <summary>Whether a column of the type can be kept.</summary>
    public static bool CanHold(DataViewType type) => type switch
    {
        VectorDataViewType vector => vector.IsKnownSize && vector.ItemType == NumberDataViewType.Single,
        KeyDataViewType => type.RawType == typeof(uint),
        _ => type == NumberDataViewType.Single || type == NumberDataViewType.Int64,
    };

    /// <summary>The same of a promised shape.</summary>
    public static bool CanHold(SchemaShape.Column column) => column.Kind switch
    {
        SchemaShape.Column.VectorKind.Scalar when column.IsKey => column.ItemType == NumberDataViewType.UInt32,
        SchemaShape.Column.VectorKind.Scalar => column.ItemType == NumberDataViewType.Single || column.ItemType == NumberDataViewType.Int64,
        SchemaShape.Column.VectorKind.Vector => !column.IsKey && column.ItemType == NumberDataViewType.Single,
        _ => false,
    };

    public static LogValues Create(DataViewRow row, DataViewSchema.Column column) => column.Type switch
    {
        KeyDataViewType => new LogValues<uint>(row, column),
        _ when column.Type == NumberDataViewType.Int64 => new LogValues<long>(row, column),
        _ => new LogValues<float>(row, column),
    };

    /// <summary>Keeps the values of the row that the log stands on.</summary>
    /// <exception cref="InvalidDataException">One is not finite, a vector has another size than its column, or they are more than can be held.</exception>
    public abstract void AddFromRow();

    /// <summary>The place of these values beside the interactions of a store.</summary>
    /// <param name="capacity">The most interactions that it takes.</param>
    public abstract SequenceValues CreateSequence(int capacity);
}

/// <inheritdoc/>
internal sealed class LogValues<T>(DataViewRow row, DataViewSchema.Column column) : LogValues
    where T : unmanaged
{
    private readonly ChunkedList<T> _values = new();
    private readonly Func<ReadOnlySpan<T>> _read = VectorReader<T>.OfVectorOrScalar(row, column);

    /// <summary>w: the number of values a row.</summary>
    public int Width { get; } = column.Type is VectorDataViewType vector ? vector.Size : 1;

    public override void AddFromRow()
    {
        var values = _read();
        if (values.Length != Width)
        {
            throw new InvalidDataException(
                $"Column '{column.Name}' has {values.Length} values in row {row.Position + 1}, and its type promises {Width}.");
        }

        if (_values.Count > Array.MaxLength - Width)
        {
            throw new InvalidDataException($"Column '{column.Name}' has {Width} values a row and with row {row.Position + 1} more than {Array.MaxLength}, "
                + "which is as many as can be kept beside the items: split the log by user, or take a narrower column.");
        }

        foreach (T value in values)
        {
            if (value is float single && !float.IsFinite(single))
            {
                throw new InvalidDataException($"Column '{column.Name}' is {single.ToString(CultureInfo.InvariantCulture)} in row {row.Position + 1}: "
                    + "expected a number; filter such rows out first.");
            }

            _values.Add(value);
        }
    }

    public override SequenceValues CreateSequence(int capacity) => new SequenceValues<T>(this, capacity);

    /// <summary>Writes the values of a row of the log.</summary>
    public void CopyTo(int logRow, Span<T> destination)
    {
        for (int i = 0; i < Width; i++)
            destination[i] = _values[logRow * Width + i];
    }
}

/// <summary>The values of a further column beside the interactions of a <see cref="SequenceStore"/>: flat, w of each interaction.</summary>
internal abstract class SequenceValues
{
    /// <summary>Adds the values of a row of the log, for the next interaction.</summary>
    public abstract void Add(int logRow);

    /// <summary>Gives back what was reserved and not used, and lets go of the log.</summary>
    public abstract void Complete();

    /// <summary>A getter of the values of the interactions from Start on, [Length · w].</summary>
    public abstract Delegate CreateStretchGetter(Func<(int Start, int Length)> stretch);

    /// <summary>A getter of the values of the interactions at the given places, [places · w].</summary>
    public abstract Delegate CreatePlacesGetter(Func<ReadOnlySpan<int>> places);

    /// <summary>A getter of the value, or the vector, of the interaction at one place.</summary>
    public abstract Delegate CreatePlaceGetter(Func<int> place, bool isVector);
}

/// <inheritdoc/>
internal sealed class SequenceValues<T>(LogValues<T> source, int capacity) : SequenceValues
    where T : unmanaged
{
    private readonly int _width = source.Width;
    private LogValues<T>? _source = source;
    private T[] _values = GC.AllocateUninitializedArray<T>(capacity * source.Width);
    private int _count; // of values

    public override void Add(int logRow)
    {
        _source!.CopyTo(logRow, _values.AsSpan(_count, _width));
        _count += _width;
    }

    public override void Complete()
    {
        Array.Resize(ref _values, _count);
        _source = null;
    }

    public override Delegate CreateStretchGetter(Func<(int Start, int Length)> stretch)
        => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> vector) =>
        {
            var (start, length) = stretch();
            var editor = VBufferEditor.Create(ref vector, length * _width);
            _values.AsSpan(start * _width, length * _width).CopyTo(editor.Values);
            vector = editor.Commit();
        });

    public override Delegate CreatePlacesGetter(Func<ReadOnlySpan<int>> places)
        => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> vector) =>
        {
            var wanted = places();
            var editor = VBufferEditor.Create(ref vector, wanted.Length * _width);
            for (int i = 0; i < wanted.Length; i++)
                _values.AsSpan(wanted[i] * _width, _width).CopyTo(editor.Values[(i * _width)..]);
            vector = editor.Commit();
        });

    public override Delegate CreatePlaceGetter(Func<int> place, bool isVector)
        => isVector
            ? CreateStretchGetter(() => (place(), 1))
            : (ValueGetter<T>)((ref T value) => value = _values[place()]);
}
