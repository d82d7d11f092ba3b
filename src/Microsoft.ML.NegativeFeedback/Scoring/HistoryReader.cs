using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>Reads what a model scores out of the row that a cursor stands on. One reader belongs to one cursor.</summary>
internal sealed class HistoryReader
{
    private readonly NextItemMapping _mapping;
    private readonly DataViewRow _row;
    private readonly ValueGetter<VBuffer<uint>> _itemsGetter;
    private readonly ValueGetter<VBuffer<float>> _feedbackGetter;
    private readonly ValueGetter<VBuffer<uint>>? _candidatesGetter;
    private VBuffer<uint> _items, _candidates;
    private VBuffer<float> _feedback;

    public HistoryReader(NextItemMapping mapping, DataViewRow row)
    {
        _mapping = mapping;
        _row = row;
        _itemsGetter = row.GetGetter<VBuffer<uint>>(mapping.ItemsColumn);
        _feedbackGetter = row.GetGetter<VBuffer<float>>(mapping.FeedbackColumn);
        if (mapping.CandidatesColumn is { } candidates)
            _candidatesGetter = row.GetGetter<VBuffer<uint>>(candidates);
    }

    /// <summary>Adds the current row to a batch.</summary>
    /// <exception cref="InvalidDataException">
    /// Items and feedback differ in length, a key is above the number of items, or a feedback is NaN or infinite.
    /// </exception>
    public void Read(HistoryRows rows)
    {
        _itemsGetter(ref _items);
        _feedbackGetter(ref _feedback);
        if (_items.Length != _feedback.Length)
        {
            throw new InvalidDataException($"Row {_row.Position + 1}: column '{_mapping.ItemsColumn.Name}' has {_items.Length} items, "
                + $"column '{_mapping.FeedbackColumn.Name}' has feedback for {_feedback.Length}; give one feedback an item.");
        }

        CheckKeys(_items, _mapping.ItemsColumn);
        CheckFeedback(_feedback);
        _items.CopyTo(rows.Items.Add(_items.Length));
        _feedback.CopyTo(rows.Feedback.Add(_feedback.Length));
        if (_candidatesGetter is null)
            return;
        _candidatesGetter(ref _candidates);
        CheckKeys(_candidates, _mapping.CandidatesColumn!.Value);
        _candidates.CopyTo(rows.Candidates.Add(_candidates.Length));
    }

    private void CheckFeedback(in VBuffer<float> feedback)
    {
        foreach (float value in feedback.GetValues())
        {
            if (!float.IsFinite(value))
            {
                throw new InvalidDataException($"Column '{_mapping.FeedbackColumn.Name}' of row {_row.Position + 1} has the feedback {value}: "
                    + "+1, −1 or 0 is needed.");
            }
        }
    }

    private void CheckKeys(in VBuffer<uint> keys, DataViewSchema.Column column)
    {
        foreach (uint key in keys.GetValues())
        {
            if (key > _mapping.ItemCount)
            {
                throw new InvalidDataException($"Row {_row.Position + 1}: column '{column.Name}' has key {key}, but the model knows "
                    + $"{_mapping.ItemCount} items.");
            }
        }
    }
}
