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
    private readonly IReadOnlyList<InputColumn> _inputs;
    private readonly DataViewSchema.Column? _targetItem;
    private readonly DataViewSchema.Column? _targetFeedback;

    public SequenceReader(
        IDataView data, int itemCount, string itemsColumnName, string feedbackColumnName, IReadOnlyList<InputColumn>? inputs = null,
        string? targetItemColumnName = null, string? targetFeedbackColumnName = null)
    {
        (_data, _itemCount, _inputs) = (data, itemCount, inputs ?? []);
        _items = HistoryColumns.RequireKeys(data.Schema, itemsColumnName);
        _feedback = HistoryColumns.RequireFeedback(data.Schema, feedbackColumnName);
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
        var inputs = _inputs.Select(input => input.Require(_data.Schema));
        var columns = new[] { _items, _feedback }.Concat(new[] { _targetItem, _targetFeedback }.OfType<DataViewSchema.Column>()).Concat(inputs);
        using var cursor = _data.GetRowCursor(columns);
        var history = new HistoryRowReader(cursor, _items, _feedback, _itemCount, _inputs);
        var getTargetItem = _targetItem is { } item ? cursor.GetGetter<uint>(item) : null;
        var getTargetFeedback = _targetFeedback is { } feedback ? cursor.GetGetter<float>(feedback) : null;

        var builder = new SequenceDataBuilder(_itemCount, getTargetItem is not null);
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            history.Read();
            builder.AddRow(history);
            if (getTargetItem is not null)
                builder.AddTarget(TargetItem(getTargetItem, cursor.Position), TargetFeedback(getTargetFeedback!, cursor.Position));
        }

        return builder.Build();
    }

    private int TargetItem(ValueGetter<uint> getter, long position)
    {
        uint key = 0;
        getter(ref key);
        HistoryRowReader.CheckKeys([key], _itemCount, _targetItem!.Value.Name, position);
        return (int)key;
    }

    private sbyte TargetFeedback(ValueGetter<float> getter, long position)
    {
        float value = 0;
        getter(ref value);
        HistoryRowReader.CheckFeedback([value], _targetFeedback!.Value.Name, position);
        return (sbyte)MathF.Sign(value);
    }
}
