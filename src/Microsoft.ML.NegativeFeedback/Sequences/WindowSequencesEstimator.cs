using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sequences;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Turns a labelled log, one row an interaction and in any order, into one row a user or, with
/// <see cref="WindowSequencesOptions.Stride"/>, a row a window: the user, the items and their feedback, oldest first, positives and
/// negatives in their real order. Users stand in the order of their first rows in the log.
/// </summary>
/// <remarks>
/// <para>To create it, use <see cref="NegativeFeedbackCatalog.WindowSequences(TransformsCatalog, WindowSequencesOptions)"/>.</para>
/// <para><b>Input and output columns</b></para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term><c>User</c> and <c>Item</c>, input</term><description>text, number or key: <see cref="WindowSequencesOptions.UserColumnName"/>, <see cref="WindowSequencesOptions.ItemColumnName"/></description></item>
/// <item><term><c>Time</c>, input</term><description>Int64 or DateTime: <see cref="WindowSequencesOptions.TimestampColumnName"/></description></item>
/// <item><term><c>Feedback</c>, input</term><description>Single +1, −1 or 0: <see cref="WindowSequencesOptions.FeedbackColumnName"/></description></item>
/// <item><term><c>User</c>, output</term><description>as it was</description></item>
/// <item><term><c>Items</c>, output</term><description>vector of the items' type, oldest first: <see cref="WindowSequencesOptions.ItemsColumnName"/></description></item>
/// <item><term><c>Feedback</c>, output</term><description>vector of Single beside it: <see cref="WindowSequencesOptions.FeedbackSequenceColumnName"/></description></item>
/// <item><term>further ones, output where named</term><description><see cref="WindowSequencesOptions.TimesColumnName"/>, <see cref="WindowSequencesOptions.SequenceColumnNames"/>, <see cref="WindowSequencesOptions.PassThroughColumnNames"/></description></item>
/// </list>
/// <para><b>Estimator characteristics</b></para>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Does this estimator need to look at the data to train its parameters?</term><description>No</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.NegativeFeedback</description></item>
/// <item><term>Exportable to ONNX, saved with a model</term><description>No: it groups rows. <see cref="NegativeFeedbackCatalog.PrepareSequences"/> keeps it out of what is saved</description></item>
/// </list>
/// </remarks>
/// <example>
/// <code>
/// IDataView rows = ml.Transforms.WindowSequences(new WindowSequencesOptions { MaximumLength = 200, MinimumPositiveCount = 2 }).Fit(labelled).Transform(labelled);
/// </code>
/// </example>
public sealed class WindowSequencesEstimator : IEstimator<WindowSequencesTransformer>
{
    private readonly IHost _host;
    private readonly WindowSequencesOptions _options;

    internal WindowSequencesEstimator(IHostEnvironment environment, WindowSequencesOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Checked();
        _host = environment.Register("WindowSequences");
    }

    /// <summary>Checks the columns; there is nothing to learn.</summary>
    /// <param name="input">The labelled log.</param>
    /// <exception cref="ArgumentException">A column is missing or of a type that cannot be read.</exception>
    public WindowSequencesTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _options.LogColumns.Require(input.Schema);
        return new WindowSequencesTransformer(_host, _options);
    }

    /// <summary>The shape of the sequences; the log's other columns end here.</summary>
    /// <param name="inputSchema">The shape of the log.</param>
    /// <exception cref="ArgumentException">A column is missing or of a kind that cannot be read.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _options.LogColumns.Require(inputSchema);
        var item = SchemaShapes.Find(inputSchema, _options.ItemColumnName)!.Value;
        const SchemaShape.Column.VectorKind Sequence = SchemaShape.Column.VectorKind.VariableVector;
        var columns = new List<SchemaShape.Column>
        {
            SchemaShapes.Find(inputSchema, _options.UserColumnName)!.Value,
            SchemaShapes.Column(_options.ItemsColumnName, Sequence, item.ItemType, item.IsKey, SchemaShapes.KeyValuesOf(item)),
            SchemaShapes.Column(_options.FeedbackSequenceColumnName, Sequence, NumberDataViewType.Single),
        };
        if (_options.TimesColumnName is not null)
            columns.Add(SchemaShapes.Column(_options.TimesColumnName, Sequence, NumberDataViewType.Int64));
        foreach (string name in _options.SequenceColumnNames)
        {
            var column = SchemaShapes.Find(inputSchema, name)!.Value;
            columns.Add(SchemaShapes.Column(name, Sequence, column.ItemType, column.IsKey, SchemaShapes.KeyValuesOf(column)));
        }

        columns.AddRange(_options.PassThroughColumnNames.Select(name => SchemaShapes.Find(inputSchema, name)!.Value));
        return new SchemaShape(columns);
    }
}
