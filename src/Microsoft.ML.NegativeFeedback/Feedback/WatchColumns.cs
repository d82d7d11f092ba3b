using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Feedback;

/// <summary>The columns of views: three scalars, a view a row, or three vectors beside each other, a history a row.</summary>
internal sealed record WatchColumns(DataViewSchema.Column Item, DataViewSchema.Column WatchSeconds, DataViewSchema.Column DurationSeconds)
{
    private const string IdentifierTypes = "text, a number or a key, or a vector of such";
    private const string SecondsTypes = "a Single, or a vector of Single";

    /// <summary>Whether a row has many views.</summary>
    public bool AreVectors => Item.Type is VectorDataViewType;

    public IEnumerable<DataViewSchema.Column> All => [Item, WatchSeconds, DurationSeconds];

    /// <exception cref="ArgumentException">A column is missing, of a type that cannot be read, or a scalar beside a vector.</exception>
    public static WatchColumns Require(DataViewSchema schema, WatchFeedbackOptions options)
    {
        var columns = new WatchColumns(
            Columns.Require(schema, options.ItemColumnName, type => ColumnTypes.IsIdentifier(ColumnTypes.ItemOf(type)), IdentifierTypes),
            RequireSeconds(options.WatchSecondsColumnName),
            RequireSeconds(options.DurationSecondsColumnName));
        RequireAlike(columns.All.Select(column => column.Type is VectorDataViewType), options);
        return columns;

        DataViewSchema.Column RequireSeconds(string name)
            => Columns.Require(schema, name, type => ColumnTypes.ItemOf(type) == NumberDataViewType.Single, SecondsTypes);
    }

    /// <summary>The same check of a shape.</summary>
    /// <returns>Whether a row has many views.</returns>
    /// <exception cref="ArgumentException">A column is missing, of a kind that cannot be read, or a scalar beside a vector.</exception>
    public static bool Require(SchemaShape shape, WatchFeedbackOptions options)
    {
        SchemaShape.Column[] columns =
        [
            Columns.Require(shape, options.ItemColumnName, column => ColumnTypes.IsIdentifier(column.ItemType), IdentifierTypes),
            RequireSeconds(options.WatchSecondsColumnName),
            RequireSeconds(options.DurationSecondsColumnName),
        ];
        RequireAlike(columns.Select(IsVector), options);
        return IsVector(columns[0]);

        SchemaShape.Column RequireSeconds(string name)
            => Columns.Require(shape, name, column => !column.IsKey && column.ItemType == NumberDataViewType.Single, SecondsTypes);

        static bool IsVector(SchemaShape.Column column) => column.Kind != SchemaShape.Column.VectorKind.Scalar;
    }

    private static void RequireAlike(IEnumerable<bool> areVectors, WatchFeedbackOptions options)
    {
        if (areVectors.Distinct().Count() > 1)
        {
            throw new ArgumentException($"Columns '{options.ItemColumnName}', '{options.WatchSecondsColumnName}' and "
                + $"'{options.DurationSecondsColumnName}' must all be scalars, of one view, or all vectors, of a history; some are, some are not.");
        }
    }
}

/// <summary>The views of a row, beside each other.</summary>
internal readonly ref struct Views<T>(ReadOnlySpan<T> items, ReadOnlySpan<float> watchSeconds, ReadOnlySpan<float> durationSeconds)
{
    public ReadOnlySpan<T> Items { get; } = items;

    public ReadOnlySpan<float> WatchSeconds { get; } = watchSeconds;

    public ReadOnlySpan<float> DurationSeconds { get; } = durationSeconds;
}

/// <summary>Reads the views of the row that a cursor stands on. One reader belongs to one cursor.</summary>
internal sealed class ViewReader<T>(DataViewRow row, WatchColumns columns)
{
    private readonly Func<ReadOnlySpan<T>> _items = VectorReader<T>.OfVectorOrScalar(row, columns.Item);
    private readonly Func<ReadOnlySpan<float>> _watchSeconds = VectorReader<float>.OfVectorOrScalar(row, columns.WatchSeconds);
    private readonly Func<ReadOnlySpan<float>> _durationSeconds = VectorReader<float>.OfVectorOrScalar(row, columns.DurationSeconds);

    /// <exception cref="InvalidDataException">The columns differ in length, or a time is NaN, infinite or negative.</exception>
    public Views<T> Read()
    {
        var views = new Views<T>(_items(), _watchSeconds(), _durationSeconds());
        if (views.WatchSeconds.Length != views.Items.Length || views.DurationSeconds.Length != views.Items.Length)
        {
            throw new InvalidDataException($"Row {row.Position + 1} has {views.Items.Length} values in column '{columns.Item.Name}', "
                + $"{views.WatchSeconds.Length} in '{columns.WatchSeconds.Name}' and {views.DurationSeconds.Length} in "
                + $"'{columns.DurationSeconds.Name}': every view needs all three.");
        }

        Check(views.WatchSeconds, columns.WatchSeconds.Name);
        Check(views.DurationSeconds, columns.DurationSeconds.Name);
        return views;
    }

    private void Check(ReadOnlySpan<float> seconds, string name)
    {
        foreach (float value in seconds)
        {
            if (!(value >= 0 && float.IsFinite(value)))
            {
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                    $"Column '{name}' is {value} in row {row.Position + 1}: expected seconds, 0 or more; filter such rows out first."));
            }
        }
    }
}
