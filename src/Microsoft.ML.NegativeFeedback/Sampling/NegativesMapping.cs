using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Sampling;

/// <summary>
/// Adds the negatives of the liked items to rows of one schema. Its getters know one row at a time; <see cref="InBatchDataView"/>
/// draws out of batches of rows.
/// </summary>
internal sealed class NegativesMapping : RowMapping
{
    private readonly SampleNegativesOptions _options;
    private readonly NegativeSampler _sampler;

    public NegativesMapping(DataViewSchema schema, SampleNegativesOptions options, int seed, NegativeSampler sampler)
        : base(schema, NegativesColumn(schema, options))
    {
        _options = options;
        _sampler = sampler;
        Seed = seed;
        ItemsColumn = HistoryColumns.RequireKeys(schema, options.ItemsColumnName);
        FeedbackColumn = HistoryColumns.RequireFeedback(schema, options.FeedbackColumnName);
    }

    public DataViewSchema.Column ItemsColumn { get; }

    public DataViewSchema.Column FeedbackColumn { get; }

    public int ItemCount => _sampler.ItemCount;

    public int Seed { get; }

    public int BatchSize => _options.BatchSize;

    public override IEnumerable<DataViewSchema.Column> Inputs => [ItemsColumn, FeedbackColumn];

    public override Delegate[] CreateGetters(DataViewRow input)
    {
        var reader = Reader(input);
        var row = new SamplingRow();
        return
        [
            (ValueGetter<VBuffer<uint>>)((ref VBuffer<uint> negatives) =>
            {
                row.Read(reader, Seed);
                Draw(row, [], ref negatives);
            }),
        ];
    }

    /// <summary>Reads the histories of a cursor.</summary>
    public HistoryRowReader Reader(DataViewRow input) => new(input, ItemsColumn, FeedbackColumn, ItemCount);

    /// <summary>The negatives of a row, [liked · n].</summary>
    /// <exception cref="InvalidOperationException">The row leaves fewer items than a liked one needs.</exception>
    public void Draw(SamplingRow row, ReadOnlySpan<int> batchItems, ref VBuffer<uint> destination)
    {
        int perItem = _options.NumberOfNegatives;
        var liked = row.Liked;
        if (liked.Length > 0 && perItem > ItemCount - row.Seen.Length)
            throw TooFewUnseen(row);
        var editor = VBufferEditor.Create(ref destination, checked(liked.Length * perItem));
        var negatives = MemoryMarshal.Cast<uint, int>(editor.Values);
        for (int i = 0; i < liked.Length; i++)
        {
            _sampler.DrawDistinct(
                CounterRandom.Of(row.Key, i), row.Seen, row.Skips, batchItems, negatives.Slice(i * perItem, perItem));
        }

        destination = editor.Commit();
    }

    private InvalidOperationException TooFewUnseen(SamplingRow row)
    {
        int left = ItemCount - row.Seen.Length;
        return new InvalidOperationException(
            $"Row {row.Position + 1} asks for more negatives than there are unseen items: column '{ItemsColumn.Name}' holds {row.Seen.Length} of "
            + $"{ItemCount} items, which leaves {left}, and every liked item needs {_options.NumberOfNegatives} different ones. "
            + (left == 0 ? "Leave such rows out or shorten them."
                : $"Set {nameof(SampleNegativesOptions.NumberOfNegatives)} to {left} or less, or shorten the sequences."));
    }

    private static AddedColumn NegativesColumn(DataViewSchema schema, SampleNegativesOptions options)
    {
        var items = HistoryColumns.RequireKeys(schema, options.ItemsColumnName);
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(items.Annotations, name => name == ColumnTypes.KeyValues);
        return new AddedColumn(options.NegativesColumnName,
            new VectorDataViewType((KeyDataViewType)ColumnTypes.ItemOf(items.Type)), annotations.ToAnnotations());
    }
}
