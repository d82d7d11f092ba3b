using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using static Microsoft.ML.SchemaShape.Column;

namespace Microsoft.ML.NegativeFeedback.Sampling;

/// <summary>The columns that sampling reads of a sequence row, and what they must hold.</summary>
internal static class SequenceRowColumns
{
    private const string KeysExpected = "a vector of keys stored as UInt32; Transforms.Conversion.MapValueToKey makes one";
    private const string FeedbackExpected = "a vector of Single beside the items; Transforms.WindowSequences makes one";

    /// <summary>Items and feedback.</summary>
    /// <exception cref="ArgumentException">One is missing or of another type.</exception>
    public static (DataViewSchema.Column Items, DataViewSchema.Column Feedback) Require(
        DataViewSchema schema, SampleNegativesOptions options)
        => (Columns.Require(schema, options.ItemsColumnName, ColumnTypes.IsKeyVector, KeysExpected),
            Columns.Require(schema, options.FeedbackColumnName, ColumnTypes.IsSingleVector, FeedbackExpected));

    /// <summary>The same check of a shape.</summary>
    /// <returns>The items.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another kind.</exception>
    public static SchemaShape.Column Require(SchemaShape shape, SampleNegativesOptions options)
    {
        Columns.Require(shape, options.FeedbackColumnName,
            column => column.Kind != VectorKind.Scalar && column.ItemType == NumberDataViewType.Single, FeedbackExpected);
        return Columns.Require(shape, options.ItemsColumnName,
            column => column.Kind != VectorKind.Scalar && column.IsKey && column.ItemType == NumberDataViewType.UInt32, KeysExpected);
    }

    /// <summary>N: the keys of the items are 1..N.</summary>
    /// <exception cref="ArgumentException">There are more keys than can be counted.</exception>
    public static int ItemCountOf(DataViewSchema.Column items)
        => ColumnTypes.ItemOf(items.Type) is KeyDataViewType { Count: > 0 and < int.MaxValue } key
            ? (int)key.Count
            : throw new ArgumentException($"Column '{items.Name}' has type {items.Type}: expected {KeysExpected}.");

    /// <summary>A key of 0, unknown, to N.</summary>
    /// <exception cref="InvalidDataException">It is above.</exception>
    public static int CheckKey(uint key, int itemCount, string columnName, long row)
        => key <= (uint)itemCount ? (int)key : throw new InvalidDataException(
            $"Column '{columnName}' of row {row + 1} has key {key}, but the catalogue ends at {itemCount}: use the key mapping that the sampler "
            + "was fitted on.");
}
