using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>The rows of several views with the same columns, one view after the other.</summary>
internal sealed class ConcatenatedDataView(IReadOnlyList<IDataView> parts) : StreamedDataView(parts[0].Schema)
{
    private readonly IReadOnlyList<IDataView> _parts = parts;

    public override DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => new Cursor(_parts, [.. columnsNeeded]);

    private sealed class Cursor(IReadOnlyList<IDataView> parts, DataViewSchema.Column[] columnsNeeded)
        : SourceCursor(parts[0].Schema, columnsNeeded)
    {
        private readonly IReadOnlyList<IDataView> _parts = parts;
        private readonly int[] _columnsNeeded = [.. columnsNeeded.Select(column => column.Index)];
        private DataViewRowCursor? _part;
        private int _nextPart;

        protected override bool Advance()
        {
            while (true)
            {
                if (_part is not null && _part.MoveNext())
                    return true;
                _part?.Dispose();
                _part = null;
                if (_nextPart == _parts.Count)
                    return false;
                var next = _parts[_nextPart++];
                _part = next.GetRowCursor(_columnsNeeded.Select(index => next.Schema[index]));
            }
        }

        protected override Delegate CreateGetter(int columnIndex)
            => (Delegate)typeof(Cursor).GetMethod(nameof(GetterOf), BindingFlags.Instance | BindingFlags.NonPublic)!
                .MakeGenericMethod(Schema[columnIndex].Type.RawType).Invoke(this, [columnIndex])!;

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _part?.Dispose();
            base.Dispose(disposing);
        }

        private ValueGetter<T> GetterOf<T>(int columnIndex)
        {
            DataViewRowCursor? part = null;
            ValueGetter<T>? getter = null;
            return (ref T value) =>
            {
                if (getter is null || part != _part)
                {
                    part = _part ?? throw new InvalidOperationException("The cursor stands on no row: call MoveNext first.");
                    getter = part.GetGetter<T>(part.Schema[columnIndex]);
                }

                getter(ref value);
            };
        }
    }
}
