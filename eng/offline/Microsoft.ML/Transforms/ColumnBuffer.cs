namespace Microsoft.ML.Data;

/// <summary>Some rows of one column, copied out of a cursor.</summary>
internal abstract class ColumnBuffer
{
    public static ColumnBuffer Create(DataViewType type, int capacity)
    {
        var definition = type is VectorDataViewType ? typeof(VectorColumnBuffer<>) : typeof(ColumnBuffer<>);
        return TransformHelpers.CreateGeneric<ColumnBuffer>(definition, [type.GetItemType().RawType], capacity);
    }

    /// <summary>How to copy the column's value in the cursor's current row to a row of a buffer of this kind.</summary>
    public abstract Action<ColumnBuffer, int> MakeWriter(DataViewRow row, DataViewSchema.Column column);

    /// <summary>A getter that reads the row of the buffer that the two functions point to.</summary>
    public abstract Delegate MakeGetter(Func<ColumnBuffer> current, Func<int> currentRow);
}

internal class ColumnBuffer<T>(int capacity) : ColumnBuffer
{
    protected T[] Values { get; } = new T[capacity];

    public override Action<ColumnBuffer, int> MakeWriter(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(column);
        return (buffer, index) => getter(ref ((ColumnBuffer<T>)buffer).Values[index]);
    }

    public override Delegate MakeGetter(Func<ColumnBuffer> current, Func<int> currentRow)
    {
        void Get(ref T value) => ((ColumnBuffer<T>)current()).CopyTo(currentRow(), ref value);
        return (ValueGetter<T>)Get;
    }

    public static Action<ColumnBuffer, int> WriterOf(ValueGetter<T> getter) =>
        (buffer, index) => getter(ref ((ColumnBuffer<T>)buffer).Values[index]);

    protected virtual void CopyTo(int row, ref T value) => value = Values[row];
}

/// <summary>Vectors are copied on the way out too, as their receiver may write into its own.</summary>
internal sealed class VectorColumnBuffer<TItem>(int capacity) : ColumnBuffer<VBuffer<TItem>>(capacity)
{
    protected override void CopyTo(int row, ref VBuffer<TItem> value) => Values[row].CopyTo(ref value);
}
