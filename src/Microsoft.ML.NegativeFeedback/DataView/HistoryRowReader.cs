using System.Globalization;
using Microsoft.ML.Data;
using static Microsoft.ML.SchemaShape.Column;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>The columns of histories, items and the feedback beside them, and what they must hold.</summary>
internal static class HistoryColumns
{
    private const string KeysExpected = "a vector of keys stored as UInt32; Transforms.Conversion.MapValueToKey makes one";
    private const string FeedbackExpected = "a vector of Single beside the items; Transforms.WindowSequences makes one";

    /// <summary>A column of items, or of candidates.</summary>
    /// <exception cref="ArgumentException">It is missing or of another type.</exception>
    public static DataViewSchema.Column RequireKeys(DataViewSchema schema, string name)
        => Columns.Require(schema, name, ColumnTypes.IsKeyVector, KeysExpected);

    /// <summary>A column of feedback.</summary>
    /// <exception cref="ArgumentException">It is missing or of another type.</exception>
    public static DataViewSchema.Column RequireFeedback(DataViewSchema schema, string name)
        => Columns.Require(schema, name, ColumnTypes.IsSingleVector, FeedbackExpected);

    /// <summary>The same check of a shape.</summary>
    /// <exception cref="ArgumentException">The column is missing or of another kind.</exception>
    public static SchemaShape.Column RequireKeys(SchemaShape shape, string name) => Columns.Require(shape, name,
        column => column.Kind != VectorKind.Scalar && column.IsKey && column.ItemType == NumberDataViewType.UInt32, KeysExpected);

    /// <summary>The same check of a shape.</summary>
    /// <exception cref="ArgumentException">The column is missing or of another kind.</exception>
    public static SchemaShape.Column RequireFeedback(SchemaShape shape, string name) => Columns.Require(shape, name,
        column => column.Kind != VectorKind.Scalar && !column.IsKey && column.ItemType == NumberDataViewType.Single, FeedbackExpected);

    /// <summary>N: the keys of a column are 1..N.</summary>
    /// <exception cref="ArgumentException">There are none, more than can be counted, or they are stored otherwise.</exception>
    public static int ItemCountOf(DataViewSchema.Column keys)
        => ColumnTypes.ItemOf(keys.Type) is KeyDataViewType { Count: > 0 and < int.MaxValue } key && key.RawType == typeof(uint)
            ? (int)key.Count
            : throw new ArgumentException($"Column '{keys.Name}' has type {keys.Type}: expected {KeysExpected}.");
}

/// <summary>Reads a vector column of the row that a cursor stands on. One reader belongs to one cursor.</summary>
internal sealed class VectorReader<T>(DataViewRow row, DataViewSchema.Column column)
{
    /// <summary>A reader of a vector's values, or of a scalar as the only one.</summary>
    public static Func<ReadOnlySpan<T>> OfVectorOrScalar(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType)
            return new VectorReader<T>(row, column).Read;
        var getter = row.GetGetter<T>(column);
        var value = new T[1];
        return () =>
        {
            getter(ref value[0]);
            return value;
        };
    }

    private readonly ValueGetter<VBuffer<T>> _getter = row.GetGetter<VBuffer<T>>(column);
    private VBuffer<T> _read, _dense;

    /// <summary>The vector that was read last, with its zeros.</summary>
    public ReadOnlySpan<T> Values => _read.IsDense ? _read.GetValues() : _dense.GetValues();

    /// <summary>Reads the current row.</summary>
    /// <returns>Its <see cref="Values"/>.</returns>
    public ReadOnlySpan<T> Read()
    {
        _getter(ref _read);
        if (!_read.IsDense)
            _read.CopyToDense(ref _dense);
        return Values;
    }
}

/// <summary>Reads the history of the row that a cursor stands on, and checks it. One reader belongs to one cursor.</summary>
/// <param name="row">The row.</param>
/// <param name="itemsColumn">The items: a vector of keys.</param>
/// <param name="feedbackColumn">The feedback beside them: a vector of Single.</param>
/// <param name="itemCount">N; a key above it belongs to another dictionary.</param>
/// <param name="inputs">What else is read.</param>
internal sealed class HistoryRowReader(
    DataViewRow row, DataViewSchema.Column itemsColumn, DataViewSchema.Column feedbackColumn, int itemCount, IReadOnlyList<InputColumn>? inputs = null)
{
    private readonly VectorReader<uint> _keys = new(row, itemsColumn);
    private readonly VectorReader<float> _feedback = new(row, feedbackColumn);

    /// <summary>Where the row stands in its cursor, from 0; messages count from 1.</summary>
    public long Position => row.Position;

    /// <summary>Oldest first; 0 unknown.</summary>
    public ReadOnlySpan<uint> Keys => _keys.Values;

    /// <summary>Beside each key; its sign counts.</summary>
    public ReadOnlySpan<float> Feedback => _feedback.Values;

    /// <summary>What else was read.</summary>
    public IReadOnlyList<InputReader> Inputs { get; } = [.. (inputs ?? []).Select(input => InputReader.Of(input, row, input.Require(row.Schema)))];

    /// <summary>Reads the current row.</summary>
    /// <exception cref="InvalidDataException">
    /// Items and feedback, or what else is read, differ in length, a key is above N, or a value is NaN or infinite.
    /// </exception>
    public void Read()
    {
        var keys = _keys.Read();
        var feedback = _feedback.Read();
        if (keys.Length != feedback.Length)
        {
            throw new InvalidDataException($"Row {row.Position + 1} has {keys.Length} values in column '{itemsColumn.Name}' and {feedback.Length} in "
                + $"'{feedbackColumn.Name}'; every item needs its feedback.");
        }

        CheckKeys(keys, itemCount, itemsColumn.Name, row.Position);
        CheckFeedback(feedback, feedbackColumn.Name, row.Position);
        foreach (var input in Inputs)
            input.Read(keys.Length);
    }

    /// <summary>Checks that keys are 0, unknown, to N.</summary>
    /// <exception cref="InvalidDataException">One is above.</exception>
    public static void CheckKeys(ReadOnlySpan<uint> keys, int itemCount, string columnName, long position)
    {
        foreach (uint key in keys)
        {
            if (key > (uint)itemCount)
            {
                throw new InvalidDataException($"Column '{columnName}' of row {position + 1} has key {key}, but the catalogue ends at {itemCount}: use the "
                    + "key mapping that was fitted to the training data.");
            }
        }
    }

    /// <summary>Checks that feedback is a number.</summary>
    /// <exception cref="InvalidDataException">It is NaN or infinite.</exception>
    public static void CheckFeedback(ReadOnlySpan<float> feedback, string columnName, long position)
    {
        foreach (float value in feedback)
        {
            if (!float.IsFinite(value))
            {
                throw new InvalidDataException($"Column '{columnName}' of row {position + 1} has the feedback "
                    + $"{value.ToString(CultureInfo.InvariantCulture)}: +1, −1 or 0 is needed.");
            }
        }
    }
}
