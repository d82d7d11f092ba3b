using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Base of the cursors that leave out rows of another one, and pass on the values of the rest.</summary>
internal abstract class LinkedCursor : DataViewRowCursor
{
    private readonly ColumnSet _active;
    private readonly IChannel _channel;
    private long _position = -1;
    private bool _disposed;

    protected LinkedCursor(DataViewRowCursor input, ColumnSet active, IHost host)
    {
        _channel = host.Start("Cursor");
        Input = input;
        _active = active;
    }

    public sealed override long Position => _position;

    public override long Batch => Input.Batch;

    public override DataViewSchema Schema => Input.Schema;

    protected DataViewRowCursor Input { get; }

    public sealed override bool MoveNext()
    {
        if (!_disposed && MoveInput())
        {
            _position++;
            return true;
        }
        Dispose();
        return false;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Check.State(IsColumnActive(column), $"Column '{column.Name}' is not active.");
        return Input.GetGetter<TValue>(column);
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => Input.GetIdGetter();

    /// <summary>Moves the input to the next row to give.</summary>
    protected abstract bool MoveInput();

    protected sealed override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _position = -1;
            Input.Dispose();
            _channel.Dispose();
        }
        base.Dispose(disposing);
    }
}
