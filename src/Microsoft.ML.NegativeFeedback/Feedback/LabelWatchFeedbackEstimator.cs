using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Feedback;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Adds the three kinds of feedback that the multi-feedback ranker reads off watch times (CIKM '23, table 1): EVV, engaged video viewing, watched
/// longer than half of the other viewers; FVV, focused video viewing, longer than 60 % of them; GVV, glance video viewing, under 3 seconds.
/// </summary>
/// <remarks>
/// <para>To create it, use <see cref="NegativeFeedbackCatalog.LabelWatchFeedback"/>.</para>
/// <para><b>Input and output columns</b></para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term><c>Item</c>, input</term><description>text, number or key, or a vector of them: <see cref="WatchFeedbackOptions.ItemColumnName"/></description></item>
/// <item><term><c>WatchSeconds</c> and <c>DurationSeconds</c>, input</term><description>Single, finite and at least 0, or vectors: <see cref="WatchFeedbackOptions.WatchSecondsColumnName"/>, <see cref="WatchFeedbackOptions.DurationSecondsColumnName"/></description></item>
/// <item><term><c>Flags</c>, output</term><description>three Single a view, EVV, FVV and GVV, 1 or 0; of a history [length, 3]</description></item>
/// </list>
/// <para><b>Estimator characteristics</b></para>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Does this estimator need to look at the data to train its parameters?</term><description>Yes: the watch times of every video</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.NegativeFeedback</description></item>
/// <item><term>Exportable to ONNX, saved with a model</term><description>No: it prepares training</description></item>
/// </list>
/// "The other viewers" are the views that <see cref="Fit"/> reads. A view is EVV where at least the share
/// <see cref="WatchFeedbackOptions.EngagedViewQuantile"/> of the video's views among them were shorter than it, strictly: of views of one length none is longer
/// than another. The view itself, where it is among them, is one of those that it is not longer than. So the flags follow from the fitted thresholds and the
/// row alone, a view gets the same ones in training and in serving, and of a video with a single view that view is neither EVV nor FVV. An FVV is an
/// EVV; GVV is independent of both: of a video that most leave at once, a view of two seconds can be EVV and GVV.
/// <para>
/// A video with fewer than <see cref="WatchFeedbackOptions.MinimumViewCount"/> views, one that <see cref="Fit"/> did not meet and a missing one (a missing key, an
/// empty text) are compared with the views of their duration bucket, and where that has none with all views.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// IDataView flagged = ml.Transforms.LabelWatchFeedback("Flags").Fit(log).Transform(log);
/// </code>
/// </example>
public sealed class LabelWatchFeedbackEstimator : IEstimator<LabelWatchFeedbackTransformer>
{
    private readonly string _outputColumnName;
    private readonly WatchFeedbackOptions _options;

    internal LabelWatchFeedbackEstimator(string outputColumnName, WatchFeedbackOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _outputColumnName = Columns.CheckName(outputColumnName, nameof(outputColumnName));
        _options = options.Checked();
    }

    /// <summary>
    /// Learns the watch times of every video and duration bucket, in one pass over the data and some thirty bytes a view of memory until it returns.
    /// </summary>
    /// <param name="input">Views: three scalars a row, or histories, three vectors a row.</param>
    /// <exception cref="ArgumentException">A column is missing or of a type that cannot be read, or some are vectors and some are not.</exception>
    /// <exception cref="InvalidDataException">There is no view, or a time is NaN, infinite or negative.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public LabelWatchFeedbackTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var columns = WatchColumns.Require(input.Schema, _options);
        return new LabelWatchFeedbackTransformer(WatchTimes.Learn(input, columns, _options), _options, _outputColumnName);
    }

    /// <summary>The input's columns and the flags.</summary>
    /// <param name="inputSchema">The shape of the input.</param>
    /// <exception cref="ArgumentException">A column is missing or of a kind that cannot be read, or some are vectors and some are not.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var flags = WatchColumns.Require(inputSchema, _options)
            ? SchemaShapes.Column(_outputColumnName, SchemaShape.Column.VectorKind.VariableVector, NumberDataViewType.Single)
            : SchemaShapes.Column(
                _outputColumnName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false,
                new SchemaShape([SchemaShapes.Column(FlagNames.Annotation, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance)]));
        return SchemaShapes.With(inputSchema, flags);
    }
}
