using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>
/// The values of one column for the rows of a batch that a cursor has read ahead. Values are copied when they are read, since a
/// source may reuse what it hands out.
/// </summary>
internal abstract class ColumnBuffer
{
    /// <summary>Copies the value of the source's current row to the place of that row in the batch.</summary>
    public abstract void Read(int row);

    /// <summary>A getter of the row of the batch that <paramref name="currentRow"/> tells.</summary>
    public abstract Delegate Getter(Func<int> currentRow);

    /// <summary>A buffer for a column of a source.</summary>
    public static ColumnBuffer Of(DataViewRow source, DataViewSchema.Column column)
    {
        var (method, type) = column.Type is VectorDataViewType vector
            ? (nameof(OfVector), vector.ItemType.RawType)
            : (nameof(OfScalar), column.Type.RawType);
        return (ColumnBuffer)typeof(ColumnBuffer).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(type).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [source, column], null)!;
    }

    /// <summary>A buffer for the ids of rows.</summary>
    public static ColumnBuffer OfIds(DataViewRow source) => new ScalarBuffer<DataViewRowId>(source.GetIdGetter());

    private static ColumnBuffer OfScalar<T>(DataViewRow source, DataViewSchema.Column column)
        => new ScalarBuffer<T>(source.GetGetter<T>(column));

    private static ColumnBuffer OfVector<T>(DataViewRow source, DataViewSchema.Column column)
        => new VectorBuffer<T>(source.GetGetter<VBuffer<T>>(column));

    private static void Reserve<T>(ref T[] values, int row)
    {
        if (row >= values.Length)
            Array.Resize(ref values, Math.Max(2 * values.Length, row + 1));
    }

    private sealed class ScalarBuffer<T>(ValueGetter<T> source) : ColumnBuffer
    {
        private T[] _values = [];

        public override void Read(int row)
        {
            Reserve(ref _values, row);
            source(ref _values[row]);
        }

        public override Delegate Getter(Func<int> currentRow)
            => (ValueGetter<T>)((ref T destination) => destination = _values[currentRow()]);
    }

    private sealed class VectorBuffer<T>(ValueGetter<VBuffer<T>> source) : ColumnBuffer
    {
        private VBuffer<T>[] _values = [];

        // the source fills the buffer of that place; it may not share memory with a value that it hands out again
        private VBuffer<T> _read;

        public override void Read(int row)
        {
            Reserve(ref _values, row);
            source(ref _read);
            _read.CopyTo(ref _values[row]);
        }

        public override Delegate Getter(Func<int> currentRow)
            => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> destination) => _values[currentRow()].CopyTo(ref destination));
    }
}
