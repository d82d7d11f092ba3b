using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using static Microsoft.ML.SchemaShape.Column;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Makes evaluation rows of sequences, row by row: the last item that was liked or skipped becomes the item that came next, and what lies before it the history.
/// So the parts of <c>Data.TrainTestSplit</c> and <c>Data.CrossValidationSplit</c>, which hold whole sequences, can be evaluated by
/// <c>Recommendation().EvaluateNextItem</c>. See <see cref="HoldOutLastItemTransformer"/>.
/// </summary>
/// <remarks>
/// <para>To create it, use <see cref="NegativeFeedbackCatalog.HoldOutLastItem"/>.</para>
/// <para><b>Input and output columns</b></para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term><c>Items</c>, input, cut to the history</term><description>vector of text, numbers or keys, oldest first</description></item>
/// <item><term><c>Feedback</c>, input, cut likewise</term><description>vector of Single beside it</description></item>
/// <item><term>further ones, input where named, cut likewise</term><description>vectors of numbers, text or keys with w values an item: w · length of the history are kept</description></item>
/// <item><term><c>TargetItem</c>, output</term><description>the item that came next, of the items' type</description></item>
/// <item><term><c>TargetFeedback</c>, output</term><description>Single: its feedback, 0 where there is no such item</description></item>
/// </list>
/// <para><b>Estimator characteristics</b></para>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Does this estimator need to look at the data to train its parameters?</term><description>No</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.NegativeFeedback</description></item>
/// <item><term>Exportable to ONNX, saved with a model</term><description>No: it prepares evaluation</description></item>
/// </list>
/// </remarks>
/// <example>
/// <code>
/// var parts = ml.Data.TrainTestSplit(users, testFraction: 0.2);
/// IDataView rows = ml.Transforms.HoldOutLastItem().Fit(parts.TestSet).Transform(parts.TestSet);
/// Console.WriteLine(ml.Recommendation().EvaluateNextItem(model.Transform(rows)));
/// </code>
/// </example>
public sealed class HoldOutLastItemEstimator : IEstimator<HoldOutLastItemTransformer>
{
    private readonly HeldOutColumns _columns;

    internal HoldOutLastItemEstimator(HeldOutColumns columns) => _columns = columns.Checked();

    /// <summary>Checks the columns; there is nothing to learn.</summary>
    /// <param name="input">The sequences.</param>
    /// <exception cref="ArgumentException">A column is missing or of a type that cannot be read.</exception>
    public HoldOutLastItemTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _columns.Require(input.Schema);
        return new HoldOutLastItemTransformer(_columns);
    }

    /// <summary>The input's columns, the histories in the place of the sequences, and the target's columns.</summary>
    /// <param name="inputSchema">The shape of the sequences.</param>
    /// <exception cref="ArgumentException">A column is missing or of a kind that cannot be read.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var items = _columns.Require(inputSchema);
        var annotations = SchemaShapes.KeyValuesOf(items);
        var output = SchemaShapes.With(
            inputSchema,
            SchemaShapes.Column(_columns.Items, VectorKind.VariableVector, items.ItemType, items.IsKey, annotations),
            SchemaShapes.Column(_columns.Feedback, VectorKind.VariableVector, NumberDataViewType.Single),
            SchemaShapes.Column(_columns.TargetItem, VectorKind.Scalar, items.ItemType, items.IsKey, annotations),
            SchemaShapes.Column(_columns.TargetFeedback, VectorKind.Scalar, NumberDataViewType.Single));
        var further = _columns.Further.Select(name => SchemaShapes.Find(inputSchema, name)!.Value);
        return SchemaShapes.With(output, [.. further.Select(column
            => SchemaShapes.Column(column.Name, VectorKind.VariableVector, column.ItemType, column.IsKey, SchemaShapes.KeyValuesOf(column)))]);
    }
}

/// <summary>The columns that holding out reads and writes.</summary>
internal sealed record HeldOutColumns(string TargetItem, string TargetFeedback, string Items, string Feedback, IReadOnlyList<string> Further, bool LikedOnly)
{
    private const string ItemsExpected = "a vector of text, numbers or keys; Transforms.WindowSequences makes one";
    private const string FurtherExpected = "a vector of numbers, text or keys beside the items; Transforms.WindowSequences makes one of every column that its options name";

    /// <exception cref="ArgumentException">A name is empty or given twice.</exception>
    public HeldOutColumns Checked()
    {
        Columns.CheckName(TargetItem, "targetItemColumnName");
        Columns.CheckName(TargetFeedback, "targetFeedbackColumnName");
        Columns.CheckName(Items, "itemsColumnName");
        Columns.CheckName(Feedback, "feedbackColumnName");
        foreach (string name in Further)
            Columns.CheckName(name, "sequenceColumnNames");
        Sequences.SequenceColumns.RequireDistinctNames([TargetItem, TargetFeedback, Items, Feedback, .. Further]);
        return this;
    }

    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public (DataViewSchema.Column Items, DataViewSchema.Column Feedback, DataViewSchema.Column[] Further) Require(DataViewSchema schema) => (
        Columns.Require(schema, Items, type => type is VectorDataViewType vector && IsItem(vector.ItemType), ItemsExpected),
        HistoryColumns.RequireFeedback(schema, Feedback),
        [.. Further.Select(name => Columns.Require(schema, name, type => type is VectorDataViewType vector && IsItem(vector.ItemType), FurtherExpected))]);

    /// <summary>The same check of a shape.</summary>
    /// <returns>The items.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another kind.</exception>
    public SchemaShape.Column Require(SchemaShape shape)
    {
        HistoryColumns.RequireFeedback(shape, Feedback);
        foreach (string name in Further)
            Columns.Require(shape, name, column => column.Kind != VectorKind.Scalar && IsItem(column.ItemType), FurtherExpected);
        return Columns.Require(shape, Items, column => column.Kind != VectorKind.Scalar && IsItem(column.ItemType), ItemsExpected);
    }

    private static bool IsItem(DataViewType type) => type is TextDataViewType or NumberDataViewType or KeyDataViewType;
}
