using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Sampling;

/// <summary>Reads the row that a cursor stands on. One reader belongs to one cursor.</summary>
internal sealed class SequenceRowReader(NegativesMapping mapping, DataViewRow row)
{
    private readonly ValueGetter<VBuffer<uint>> _itemsGetter = row.GetGetter<VBuffer<uint>>(mapping.ItemsColumn);
    private readonly ValueGetter<VBuffer<float>> _feedbackGetter = row.GetGetter<VBuffer<float>>(mapping.FeedbackColumn);
    private VBuffer<uint> _items;
    private VBuffer<float> _feedback;
    private uint[] _keys = [];
    private float[] _values = [];

    /// <summary>Fills <paramref name="target"/> with the current row; items that the dictionary does not know are skipped.</summary>
    /// <exception cref="InvalidDataException">Items and feedback differ in length, a feedback is no number, or a key is above N.</exception>
    public void Read(SequenceRow target)
    {
        _itemsGetter(ref _items);
        _feedbackGetter(ref _feedback);
        if (_items.Length != _feedback.Length)
        {
            throw new InvalidDataException($"Row {row.Position + 1} has {_items.Length} values in column '{mapping.ItemsColumn.Name}' and "
                + $"{_feedback.Length} in '{mapping.FeedbackColumn.Name}'; every item needs its feedback.");
        }

        if (_keys.Length < _items.Length)
        {
            int size = Math.Max(_items.Length, 2 * _keys.Length);
            (_keys, _values) = (new uint[size], new float[size]);
        }

        _items.CopyTo(_keys);
        _feedback.CopyTo(_values);
        target.Clear(mapping.Seed, row.Position);
        for (int i = 0; i < _items.Length; i++)
        {
            int sign = SignOf(_values[i]);
            int item = SequenceRowColumns.CheckKey(_keys[i], mapping.ItemCount, mapping.ItemsColumn.Name, row.Position);
            if (item > 0)
                target.Add(item, sign);
        }

        target.Complete();
    }

    private int SignOf(float feedback) => float.IsFinite(feedback) ? Math.Sign(feedback) : throw new InvalidDataException(
        $"Column '{mapping.FeedbackColumn.Name}' of row {row.Position + 1} has the feedback {feedback.ToString(CultureInfo.InvariantCulture)}: +1, −1 or 0 is needed.");
}
