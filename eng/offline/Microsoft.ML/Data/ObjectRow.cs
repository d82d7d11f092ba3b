using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A row whose values are the members of an object, one object after the other.</summary>
internal sealed class ObjectRow<TRow> : DataViewRow
    where TRow : class
{
    private readonly Delegate[] _getters;
    private TRow _current;
    private long _position = -1;

    public ObjectRow(ObjectColumns<TRow> columns, Func<DataViewSchema.Column, bool> isActive)
    {
        Schema = columns.Schema;
        _getters = [.. columns.Members.Select((member, i) =>
            isActive(Schema[i]) ? MemberGetter.Create(member, Schema[i].Type, () => Current) : null)];
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => 0;

    private TRow Current => _current ?? throw new InvalidOperationException(CursorErrors.NotOnRow);

    /// <summary>Takes the next object, or none at the end.</summary>
    public void MoveTo(TRow row)
    {
        _current = row;
        _position = row is null ? -1 : _position + 1;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) =>
    {
        Check.State(_position >= 0, CursorErrors.NotOnRow);
        value = new DataViewRowId((ulong)_position, 0);
    };

    public override bool IsColumnActive(DataViewSchema.Column column) => _getters[column.Index] is not null;

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Check.Parameter(column.Index < _getters.Length && IsColumnActive(column), nameof(column), "requested column not active");
        return CursorErrors.Cast<TValue>(_getters[column.Index], column);
    }
}
