using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Feedback;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Adds EVV, FVV and GVV of every view, 1 or 0, row by row: of scalars a vector of three Single with those SlotNames, of histories of l views a variable
/// vector [l, 3], row by row. Times that are NaN, infinite or negative, and columns that differ in length, throw <see cref="InvalidDataException"/> when
/// their row is read. See <see cref="LabelWatchFeedbackEstimator"/>.
/// </summary>
public sealed class LabelWatchFeedbackTransformer : RowTransformer
{
    private readonly WatchTimes _watchTimes;
    private readonly WatchFeedbackOptions _options;
    private readonly string _outputColumnName;

    internal LabelWatchFeedbackTransformer(WatchTimes watchTimes, WatchFeedbackOptions options, string outputColumnName)
    {
        _watchTimes = watchTimes;
        _options = options;
        _outputColumnName = outputColumnName;
        DurationBoundsSeconds = Array.AsReadOnly(watchTimes.BoundsSeconds);
    }

    /// <summary>The number of videos with enough views to be compared with their own.</summary>
    public int VideoCount => _watchTimes.VideoCount;

    /// <summary>The longest duration, in seconds, of every duration bucket but the last.</summary>
    public IReadOnlyList<float> DurationBoundsSeconds { get; }

    private protected override void Save(ModelSaveContext context)
        => throw new NotSupportedException("LabelWatchFeedback cannot be saved: labelling prepares training data and takes no part in serving. "
            + "Save the chain that starts at the histories (MapValueToKey, trainer, MapKeyToValue) and label in code.");

    private protected override RowMapping CreateMapping(DataViewSchema inputSchema)
    {
        var columns = WatchColumns.Require(inputSchema, _options);
        var itemType = ColumnTypes.ItemOf(columns.Item.Type);
        if (!itemType.Equals(_watchTimes.ItemType))
        {
            throw new ArgumentException($"Column '{columns.Item.Name}' has items of type {itemType}, and the watch times were learned of "
                + $"{_watchTimes.ItemType}: use the mapping of items that the labelling was fitted after.");
        }

        BoxedValues.RequireSameKeys(columns.Item, _watchTimes.KeyValues, "LabelWatchFeedback learned");

        var type = columns.AreVectors ? new VectorDataViewType(NumberDataViewType.Single) : new VectorDataViewType(NumberDataViewType.Single, 3);
        var flags = new AddedColumn(_outputColumnName, type, columns.AreVectors ? null : FlagNames.Create());
        return new Mapping(_watchTimes, columns, (float)_options.SkipSeconds, inputSchema, flags);
    }

    private sealed class Mapping(
        WatchTimes watchTimes, WatchColumns columns, float skipSeconds, DataViewSchema inputSchema, AddedColumn flags)
        : RowMapping(inputSchema, flags)
    {
        public override IEnumerable<DataViewSchema.Column> Inputs => columns.All;

        public override Delegate[] CreateGetters(DataViewRow input) => [watchTimes.CreateGetter(input, columns, skipSeconds)];
    }
}

/// <summary>The names of the three flags of a view, as ML.NET names the slots of a vector.</summary>
internal static class FlagNames
{
    public const string Annotation = "SlotNames";

    public static DataViewSchema.Annotations Create()
    {
        ReadOnlyMemory<char>[] names = ["EVV".AsMemory(), "FVV".AsMemory(), "GVV".AsMemory()];
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(Annotation, new VectorDataViewType(TextDataViewType.Instance, names.Length),
            // a copy: whoever is given it may write over it
            (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> value) => value = new(names.Length, [.. names])));
        return builder.ToAnnotations();
    }
}
