using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// ML.NET's <c>MapValueToKey</c> with the items of a former model in front, in its order, and behind them those that the data has besides, as they come: keys for a training with
/// <see cref="SequenceTrainerOptions.WarmStart"/> that forgets no item.
/// </summary>
/// <remarks>
/// <para>To create it, use <see cref="NegativeFeedbackCatalog.MapValueToKey(TransformsCatalog.ConversionTransforms, string, NextItemTransformer, string)"/>.</para>
/// <para><b>Input and output columns</b></para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term>items, input</term><description>text or numbers, or vectors of them</description></item>
/// <item><term>keys, output</term><description>the former model's keys, new items behind them</description></item>
/// </list>
/// <para><b>Estimator characteristics</b></para>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Does this estimator need to look at the data to train its parameters?</term><description>Yes: the items that the former model does not have</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.NegativeFeedback</description></item>
/// <item><term>Exportable to ONNX, saved with a model</term><description>Saved as ML.NET's <c>MapValueToKey</c></description></item>
/// </list>
/// </remarks>
/// <example>
/// <code>
/// var former = model.OfType&lt;NextItemTransformer&gt;().Single();
/// IDataView keyed = ml.Transforms.Conversion.MapValueToKey("Items", former).Fit(users).Transform(users);
/// </code>
/// </example>
public sealed class ItemKeyEstimator : IEstimator<ValueToKeyMappingTransformer>
{
    private readonly MLContext _context = new();
    private readonly string _outputColumnName, _inputColumnName;
    private readonly ItemDictionary _items;

    internal ItemKeyEstimator(string outputColumnName, string inputColumnName, ItemDictionary items)
        => (_outputColumnName, _inputColumnName, _items) = (outputColumnName, inputColumnName, items);

    /// <summary>Reads the items of the data.</summary>
    /// <param name="input">Rows with items, a value or a vector each.</param>
    /// <exception cref="ArgumentException">The column is missing, or its values are of another type than the former model's items.</exception>
    public ValueToKeyMappingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var keys = OfData.Fit(input).GetOutputSchema(input.Schema)[_outputColumnName];
        return Of(_items.ToKeyData(_context, ItemDictionary.Read(keys))).Fit(input);
    }

    /// <summary>The input's columns and the keys.</summary>
    /// <param name="inputSchema">The shape of the input.</param>
    /// <exception cref="ArgumentException">The column is missing, or of a type that has no keys.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => OfData.GetOutputSchema(inputSchema);

    private ValueToKeyMappingEstimator OfData => Of(null);

    private ValueToKeyMappingEstimator Of(IDataView? keyData) => _context.Transforms.Conversion.MapValueToKey(
        _outputColumnName, _inputColumnName, maximumNumberOfKeys: int.MaxValue, keyData: keyData);
}
