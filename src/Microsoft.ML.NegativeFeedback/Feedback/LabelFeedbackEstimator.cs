using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Adds the feedback of every interaction as a Single column: +1 positive, −1 negative, 0 neither, by a <see cref="FeedbackRule"/>. Of rows that hold a history, whose evidence is vectors with
/// a value for each item, it adds a vector.
/// </summary>
/// <remarks>
/// <para>To create it, use <see cref="NegativeFeedbackCatalog.LabelFeedback"/>.</para>
/// <para><b>Input and output columns</b></para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term>what the rule reads, input</term><description>Single, finite; or a vector of Single of each, a value an item of a history</description></item>
/// <item><term><c>Feedback</c>, output</term><description>Single +1, −1 or 0, or a vector beside the items</description></item>
/// </list>
/// <para><b>Estimator characteristics</b></para>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Does this estimator need to look at the data to train its parameters?</term><description>For <see cref="FeedbackRule.RatingMedian"/> alone; otherwise one row is looked at</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.NegativeFeedback</description></item>
/// <item><term>Exportable to ONNX, saved with a model</term><description>Saved as ML.NET's own steps, with every rule but <see cref="FeedbackRule.Custom"/>; see <see cref="LabelFeedbackTransformer"/></description></item>
/// </list>
/// </remarks>
/// <example>
/// <code>
/// var label = ml.Transforms.LabelFeedback(FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3));
/// IDataView withFeedback = label.Fit(log).Transform(log);
/// </code>
/// </example>
public sealed class LabelFeedbackEstimator : IEstimator<LabelFeedbackTransformer>
{
    private readonly FeedbackRule _rule;
    private readonly string _outputColumnName;

    internal LabelFeedbackEstimator(FeedbackRule rule, string outputColumnName = "Feedback")
    {
        ArgumentNullException.ThrowIfNull(rule);
        _rule = rule;
        _outputColumnName = Columns.CheckName(outputColumnName, nameof(outputColumnName));
    }

    /// <summary>
    /// Checks the evidence columns and learns what the rule leaves to the data (one pass for the median; otherwise one row).
    /// </summary>
    /// <param name="input">Interactions with the rule's columns, Single: scalars, or all of them vectors.</param>
    /// <exception cref="ArgumentException">A column is missing or is no Single, or some are vectors and some are not.</exception>
    /// <exception cref="InvalidDataException">The data is empty, or a value that the median needs is not finite.</exception>
    public LabelFeedbackTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var evidence = _rule.RequireColumns(input.Schema);
        using (var cursor = input.GetRowCursor([]))
        {
            if (!cursor.MoveNext())
                throw new InvalidDataException("The log is empty: there is no interaction to label.");
        }

        return new LabelFeedbackTransformer(_rule.Fit(input), _outputColumnName, evidence.Select(column => column.Type));
    }

    /// <summary>The input's columns and the feedback.</summary>
    /// <param name="inputSchema">The shape of the input.</param>
    /// <exception cref="ArgumentException">A column of the rule is missing or is no Single, or some are vectors and some are not.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return SchemaShapes.With(inputSchema, SchemaShapes.Column(_outputColumnName, _rule.RequireColumns(inputSchema), NumberDataViewType.Single));
    }
}
