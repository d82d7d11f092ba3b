using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>The names of the columns of a labelled log; those of <paramref name="Sequence"/> are kept beside every item.</summary>
internal sealed record InteractionColumnNames(
    string User, string Item, string? Timestamp, string Feedback, IReadOnlyList<string> PassThrough, IReadOnlyList<string> Sequence)
{
    private const string IdentifierTypes = "a scalar of text, number or key type";
    private const string TimestampTypes = "a scalar of Int64 (Conversion.ConvertType makes one) or DateTime";
    private const string FeedbackTypes = "a Single scalar of +1, -1 and 0 (Transforms.LabelFeedback makes one)";

    /// <summary>The column of a user or an item.</summary>
    /// <exception cref="ArgumentException">It is missing or of a type that cannot be read.</exception>
    public static DataViewSchema.Column RequireIdentifier(DataViewSchema schema, string name)
        => Columns.Require(schema, name, ColumnTypes.IsIdentifier, IdentifierTypes);

    /// <summary>The columns of that name, checked.</summary>
    /// <exception cref="ArgumentException">One is missing or of a type that cannot be read.</exception>
    public InteractionColumns Require(DataViewSchema schema) => new(
        RequireIdentifier(schema, User),
        RequireIdentifier(schema, Item),
        Timestamp is null ? null : Columns.Require(schema, Timestamp, IsTimestamp, TimestampTypes),
        Columns.Require(schema, Feedback, type => type == NumberDataViewType.Single, FeedbackTypes),
        [.. PassThrough.Select(name => Columns.Require(schema, name, _ => true, "a column of the log to pass through"))],
        [.. Sequence.Select(name => Columns.Require(schema, name, LogValues.CanHold, LogValues.Types))]);

    /// <summary>The same check on a promised shape.</summary>
    /// <exception cref="ArgumentException">One is missing or of a kind that cannot be read.</exception>
    public void Require(SchemaShape shape)
    {
        Columns.Require(shape, User, column => IsScalar(column) && ColumnTypes.IsIdentifier(column.ItemType), IdentifierTypes);
        Columns.Require(shape, Item, column => IsScalar(column) && ColumnTypes.IsIdentifier(column.ItemType), IdentifierTypes);
        if (Timestamp is not null)
            Columns.Require(shape, Timestamp, column => IsScalar(column) && !column.IsKey && IsTimestamp(column.ItemType), TimestampTypes);
        Columns.Require(
            shape, Feedback, column => IsScalar(column) && !column.IsKey && column.ItemType == NumberDataViewType.Single, FeedbackTypes);
        foreach (string name in PassThrough)
            Columns.Require(shape, name, _ => true, "a column of the log to pass through");
        foreach (string name in Sequence)
            Columns.Require(shape, name, LogValues.CanHold, LogValues.Types);
    }

    private static bool IsScalar(SchemaShape.Column column) => column.Kind == SchemaShape.Column.VectorKind.Scalar;

    private static bool IsTimestamp(DataViewType type) => type == NumberDataViewType.Int64 || type is DateTimeDataViewType;
}

/// <summary>The columns of a labelled log.</summary>
internal sealed record InteractionColumns(
    DataViewSchema.Column User, DataViewSchema.Column Item, DataViewSchema.Column? Timestamp, DataViewSchema.Column Feedback,
    IReadOnlyList<DataViewSchema.Column> PassThrough, IReadOnlyList<DataViewSchema.Column> Sequence)
{
    public IEnumerable<DataViewSchema.Column> All
        =>
        [
            User, Item, Feedback, .. Timestamp is { } timestamp ? [timestamp] : Array.Empty<DataViewSchema.Column>(), .. PassThrough, .. Sequence,
        ];
}
