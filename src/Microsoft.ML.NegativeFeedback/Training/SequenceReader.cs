using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Streams the rows of a data view into <see cref="SequenceData"/>, checking each.</summary>
internal sealed class SequenceReader
{
    private readonly IDataView _data;
    private readonly int _itemCount;
    private readonly DataViewSchema.Column _items;
    private readonly DataViewSchema.Column _feedback;
    private readonly DataViewSchema.Column? _targetItem;
    private readonly DataViewSchema.Column? _targetFeedback;

    public SequenceReader(
        IDataView data, int itemCount, string itemsColumnName, string feedbackColumnName,
        string? targetItemColumnName = null, string? targetFeedbackColumnName = null)
    {
        (_data, _itemCount) = (data, itemCount);
        _items = Columns.Require(data.Schema, itemsColumnName, ColumnTypes.IsKeyVector,
            "a vector of keys stored as UInt32; Transforms.Conversion.MapValueToKey makes one");
        _feedback = Columns.Require(data.Schema, feedbackColumnName, ColumnTypes.IsSingleVector,
            "a vector of Single beside the items; Transforms.WindowSequences makes one");
        if (targetItemColumnName is not null)
        {
            _targetItem = Columns.Require(data.Schema, targetItemColumnName,
                type => type is KeyDataViewType key && key.RawType == typeof(uint),
                $"a key of the same dictionary as '{itemsColumnName}', stored as UInt32");
        }

        if (targetFeedbackColumnName is not null)
            _targetFeedback = Columns.Require(data.Schema, targetFeedbackColumnName, type => type == NumberDataViewType.Single, "a Single");
    }

    public SequenceData Read(CancellationToken cancellationToken)
    {
        var columns = new[] { _items, _feedback }.Concat(new[] { _targetItem, _targetFeedback }.OfType<DataViewSchema.Column>());
        using var cursor = _data.GetRowCursor(columns);
        var getItems = cursor.GetGetter<VBuffer<uint>>(_items);
        var getFeedback = cursor.GetGetter<VBuffer<float>>(_feedback);
        var getTargetItem = _targetItem is { } item ? cursor.GetGetter<uint>(item) : null;
        var getTargetFeedback = _targetFeedback is { } feedbackOfTarget ? cursor.GetGetter<float>(feedbackOfTarget) : null;

        var builder = new SequenceDataBuilder(_itemCount, getTargetItem is not null);
        VBuffer<uint> keys = default;
        VBuffer<float> feedback = default;
        var row = new RowBuffer(_itemCount, _items.Name, _feedback.Name);
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            // as messages count rows, from 1
            long number = cursor.Position + 1;
            getItems(ref keys);
            getFeedback(ref feedback);
            row.Fill(keys, feedback, number);
            builder.AddRow(row.Items, row.Feedback);
            if (getTargetItem is not null)
                builder.AddTarget(TargetItem(getTargetItem, number), TargetFeedback(getTargetFeedback!, number));
        }

        return builder.Build();
    }

    private int TargetItem(ValueGetter<uint> getter, long row)
    {
        uint key = 0;
        getter(ref key);
        return RowBuffer.CheckKey(key, _itemCount, _targetItem!.Value.Name, row);
    }

    private sbyte TargetFeedback(ValueGetter<float> getter, long row)
    {
        float value = 0;
        getter(ref value);
        return RowBuffer.CheckFeedback(value, _targetFeedback!.Value.Name, row);
    }

    /// <summary>The known items of one row and the signs of their feedback.</summary>
    private sealed class RowBuffer(int itemCount, string itemsColumnName, string feedbackColumnName)
    {
        private uint[] _keys = [];
        private float[] _values = [];
        private int[] _items = [];
        private sbyte[] _feedback = [];
        private int _count;

        public ReadOnlySpan<int> Items => _items.AsSpan(0, _count);

        public ReadOnlySpan<sbyte> Feedback => _feedback.AsSpan(0, _count);

        public void Fill(in VBuffer<uint> keys, in VBuffer<float> feedback, long row)
        {
            if (keys.Length != feedback.Length)
            {
                throw new InvalidDataException($"Row {row} has {keys.Length} values in column '{itemsColumnName}' and {feedback.Length} in "
                    + $"'{feedbackColumnName}'; every item needs its feedback.");
            }

            Reserve(keys.Length);
            keys.CopyTo(_keys);
            feedback.CopyTo(_values);
            _count = 0;
            for (int i = 0; i < keys.Length; i++)
            {
                sbyte sign = CheckFeedback(_values[i], feedbackColumnName, row);
                if (_keys[i] == 0)
                    continue;
                _items[_count] = CheckKey(_keys[i], itemCount, itemsColumnName, row);
                _feedback[_count++] = sign;
            }
        }

        public static int CheckKey(uint key, int itemCount, string columnName, long row)
            => key <= (uint)itemCount ? (int)key : throw new InvalidDataException(
                $"Column '{columnName}' of row {row} has key {key}, but the catalogue ends at {itemCount}: use the key mapping that was "
                + "fitted to the training data.");

        public static sbyte CheckFeedback(float value, string columnName, long row)
            => float.IsFinite(value) ? (sbyte)MathF.Sign(value) : throw new InvalidDataException(
                $"Column '{columnName}' of row {row} has the feedback {value}: +1, −1 or 0 is needed.");

        private void Reserve(int length)
        {
            if (_keys.Length >= length)
                return;
            int size = Math.Max(length, 2 * _keys.Length);
            (_keys, _values, _items, _feedback) = (new uint[size], new float[size], new int[size], new sbyte[size]);
        }
    }
}
