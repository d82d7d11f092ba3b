using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.Runtime;
using static Microsoft.ML.SchemaShape.Column;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Adds sampled negatives to sequences: for every liked item of a row, in order, <see cref="SampleNegativesOptions.NumberOfNegatives"/>
/// items that the row does not have. It prepares data to train or to rank with; the trainers of this library draw their own, afresh every
/// epoch, by the same samplers.
/// </summary>
/// <remarks>
/// <para>To create it, use <see cref="NegativeFeedbackCatalog.SampleNegatives(TransformsCatalog, SampleNegativesOptions)"/>.</para>
/// <para><b>Input and output columns</b></para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term><c>Items</c>, input</term><description>vector of keys: <see cref="SampleNegativesOptions.ItemsColumnName"/></description></item>
/// <item><term><c>Feedback</c>, input</term><description>vector of Single beside it: <see cref="SampleNegativesOptions.FeedbackColumnName"/></description></item>
/// <item><term><c>Negatives</c>, output</term><description>vector of the same keys, [liked · n]: <see cref="SampleNegativesOptions.NegativesColumnName"/></description></item>
/// </list>
/// <para><b>Estimator characteristics</b></para>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Does this estimator need to look at the data to train its parameters?</term><description>For <see cref="NegativeSamplingMethod.Popularity"/> alone: how often each item occurs</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.NegativeFeedback</description></item>
/// <item><term>Exportable to ONNX, saved with a model</term><description>No: it prepares training</description></item>
/// </list>
/// </remarks>
/// <example>
/// <code>
/// var sample = ml.Transforms.Conversion.MapValueToKey("Items")
///     .Append(ml.Transforms.SampleNegatives("Negatives", "Items", method: NegativeSamplingMethod.Popularity, numberOfNegatives: 4));
/// IDataView rows = sample.Fit(users).Transform(users);
/// </code>
/// </example>
public sealed class SampleNegativesEstimator : IEstimator<SampleNegativesTransformer>
{
    private readonly IHost _host;
    private readonly SampleNegativesOptions _options;

    internal SampleNegativesEstimator(IHostEnvironment environment, SampleNegativesOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Checked();
        _host = environment.Register("SampleNegatives");
    }

    /// <summary>
    /// Checks the columns and, for <see cref="NegativeSamplingMethod.Popularity"/> only, counts in one pass how often each item occurs,
    /// whatever its feedback; windows that overlap count an item as often as they hold it.
    /// </summary>
    /// <param name="input">The sequences.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or of a type that cannot be read, or more negatives are asked for than the catalogue can ever give.
    /// </exception>
    /// <exception cref="InvalidDataException">Items are to be counted, and there are none, or one is above the number of keys.</exception>
    public SampleNegativesTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var items = HistoryColumns.RequireKeys(input.Schema, _options.ItemsColumnName);
        HistoryColumns.RequireFeedback(input.Schema, _options.FeedbackColumnName);
        int itemCount = HistoryColumns.ItemCountOf(items);
        if (_options.NumberOfNegatives >= itemCount)
        {
            throw new ArgumentOutOfRangeException(nameof(SampleNegativesOptions.NumberOfNegatives), _options.NumberOfNegatives,
                $"Column '{items.Name}' has {itemCount} items, of which a row with a liked one leaves at most {itemCount - 1} to sample "
                + $"from: lower {nameof(SampleNegativesOptions.NumberOfNegatives)}.");
        }

        int seed = _options.Seed ?? _host.Rand.Next();
        return _options.Method == NegativeSamplingMethod.Popularity
            ? new SampleNegativesTransformer(
                _options, seed, new NegativeSampler(_options.Sampler, itemCount, Count(input, items, itemCount)), BoxedValues.KeyValues(items))
            : new SampleNegativesTransformer(_options, seed, new NegativeSampler(_options.Sampler, itemCount), keyValues: null);
    }

    /// <summary>The input's columns and the negatives.</summary>
    /// <param name="inputSchema">The shape of the sequences.</param>
    /// <exception cref="ArgumentException">A column is missing or of a kind that cannot be read.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        HistoryColumns.RequireFeedback(inputSchema, _options.FeedbackColumnName);
        var items = HistoryColumns.RequireKeys(inputSchema, _options.ItemsColumnName);
        var annotations = SchemaShapes.KeyValuesOf(items);
        return SchemaShapes.With(inputSchema, SchemaShapes.Column(
            _options.NegativesColumnName, VectorKind.VariableVector, NumberDataViewType.UInt32, isKey: true, annotations));
    }

    private static long[] Count(IDataView input, DataViewSchema.Column items, int itemCount)
    {
        var counts = new long[itemCount + 1];
        using var cursor = input.GetRowCursor([items]);
        var reader = new VectorReader<uint>(cursor, items);
        while (cursor.MoveNext())
        {
            var keys = reader.Read();
            HistoryRowReader.CheckKeys(keys, itemCount, items.Name, cursor.Position);
            foreach (uint key in keys)
                counts[key]++;
        }

        // what the dictionary did not know
        counts[0] = 0;
        return counts.Any(count => count > 0) ? counts : throw new InvalidDataException(
            $"Column '{items.Name}' holds no known item in any row, so that none is popular. Sample uniformly, or fit on the training data.");
    }
}
