using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Adds sampled negatives to sequences: a variable vector of keys [liked · n], n negatives for each liked item of the row in order, with
/// the key values of the items.
/// </summary>
/// <remarks>
/// <para>A negative is no item of the whole row, whatever its feedback, unless it is drawn as one of the row's skips; an item that the
/// row both likes and skips is no skip. The n negatives of one liked item differ from each other. Unknown items (key 0) count for
/// nothing. What the user has in other rows, in other windows for instance, is not known here and may be drawn.</para>
/// <para>The draws are keyed by seed and by what the row holds: a row has the same negatives wherever it stands, in whatever order and
/// by however many threads the data is read, and two rows that hold the same have the same negatives. With
/// <see cref="NegativeSamplingMethod.InBatch"/> they also depend on the rows of the batch; batches are blocks of the data's own order, by
/// one reader at a time and unshuffled. For other batches, shuffle before sampling.</para>
/// <para>Reading a row throws <see cref="InvalidOperationException"/> where it leaves fewer items than a liked one needs, and
/// <see cref="InvalidDataException"/> where items and feedback differ in length, a feedback is no number or a key is above the number of
/// items.</para>
/// </remarks>
public sealed class SampleNegativesTransformer : ITransformer
{
    private readonly SampleNegativesOptions _options;
    private readonly int _seed;
    private readonly NegativeSampler _sampler;
    private readonly object?[]? _keyValues;

    /// <param name="options">Columns and numbers.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <param name="sampler">The sampler of the items.</param>
    /// <param name="keyValues">The items that were counted, where any were and have values.</param>
    internal SampleNegativesTransformer(SampleNegativesOptions options, int seed, NegativeSampler sampler, object?[]? keyValues)
        => (_options, _seed, _sampler, _keyValues) = (options, seed, sampler, keyValues);

    /// <summary>
    /// Whether a row's negatives need that row alone: false for <see cref="NegativeSamplingMethod.InBatch"/>, true otherwise.
    /// </summary>
    public bool IsRowToRowMapper => _options.Method != NegativeSamplingMethod.InBatch;

    /// <summary>The input's columns and the negatives.</summary>
    /// <param name="inputSchema">The schema of the sequences.</param>
    /// <exception cref="ArgumentException">A column is missing, of a type that cannot be read, or has other keys than in Fit.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Map(inputSchema).OutputSchema;

    /// <summary>The input with the negatives added, drawn as rows are read.</summary>
    /// <param name="input">The sequences.</param>
    /// <exception cref="ArgumentException">A column is missing, of a type that cannot be read, or has other keys than in Fit.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var mapping = Map(input.Schema);
        return IsRowToRowMapper ? new MappedDataView(input, mapping) : new InBatchDataView(input, mapping);
    }

    /// <summary>The same for one row at a time.</summary>
    /// <param name="inputSchema">The schema of the rows.</param>
    /// <exception cref="ArgumentException">A column is missing, of a type that cannot be read, or has other keys than in Fit.</exception>
    /// <exception cref="InvalidOperationException">Negatives come out of the batch: see <see cref="IsRowToRowMapper"/>.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema)
        => IsRowToRowMapper ? new RowToRowMapper(Map(inputSchema)) : throw new InvalidOperationException(
            "In-batch negatives of a row come from the rows around it, so that no single row can be mapped. Sample uniformly or by "
            + "popularity, or leave SampleNegatives out of the chain that serves.");

    void ICanSaveModel.Save(ModelSaveContext ctx)
        => throw new NotSupportedException(
            "SampleNegatives cannot be saved: it prepares training data and takes no part in serving. "
            + "Save the chain without it (MapValueToKey, trainer, MapKeyToValue).");

    private NegativesMapping Map(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        RequireSameItems(HistoryColumns.RequireKeys(inputSchema, _options.ItemsColumnName));
        return new NegativesMapping(inputSchema, _options, _seed, _sampler);
    }

    private void RequireSameItems(DataViewSchema.Column items)
    {
        int itemCount = HistoryColumns.ItemCountOf(items);
        if (itemCount != _sampler.ItemCount)
        {
            throw new ArgumentException(
                $"Column '{items.Name}' has {itemCount} keys, but SampleNegatives was fitted on {_sampler.ItemCount} items. Apply the same fitted MapValueToKey as before Fit.");
        }

        BoxedValues.RequireSameKeys(items, _keyValues, "SampleNegatives counted");
    }
}
