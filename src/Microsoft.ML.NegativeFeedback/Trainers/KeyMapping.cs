using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Scoring;

namespace Microsoft.ML.NegativeFeedback.Trainers;

/// <summary>
/// Gives validation rows the keys of the training rows: a column that still holds the items themselves is mapped by the dictionary that the
/// training column carries, so that rows straight from a split can be watched in a pipeline that maps its own; one that holds keys must have them
/// of that dictionary.
/// </summary>
internal static class KeyMapping
{
    /// <summary>Validation rows with the named columns as keys.</summary>
    /// <inheritdoc cref="Apply(IDataView, string, DataViewSchema.Column, string[])"/>
    public static IDataView Apply(IDataView rows, DataViewSchema.Column items, params string[] columnNames) => Apply(rows, "the validation rows", items, columnNames);

    /// <summary>The rows with the named columns as keys.</summary>
    /// <param name="rows">Rows whose named columns hold items, as vectors or scalars, or keys already.</param>
    /// <param name="what">What messages call them.</param>
    /// <param name="items">The training column of keys.</param>
    /// <param name="columnNames">The columns to map.</param>
    /// <exception cref="ArgumentException">A column is missing, holds values of another type than the keys stand for, or keys of another dictionary.</exception>
    public static IDataView Apply(IDataView rows, string what, DataViewSchema.Column items, params string[] columnNames)
    {
        var dictionary = ItemDictionary.Read(items);
        var valueType = dictionary.ValueType;
        foreach (string name in columnNames)
        {
            var column = Columns.Require(rows.Schema, name,
                type => ColumnTypes.ItemOf(type) is KeyDataViewType || ColumnTypes.ItemOf(type).Equals(valueType),
                $"items as keys, or as {valueType} as the keys of column '{items.Name}' stand for");
            if (ColumnTypes.ItemOf(column.Type) is KeyDataViewType)
                dictionary.CheckSame(column, what);
            else
                rows = Map(rows, name, dictionary);
        }

        return rows;
    }

    private static IDataView Map(IDataView rows, string columnName, ItemDictionary dictionary)
    {
        var ml = new MLContext();
        return ml.Transforms.Conversion.MapValueToKey(columnName, keyData: dictionary.ToKeyData(ml)).Fit(rows).Transform(rows);
    }
}
