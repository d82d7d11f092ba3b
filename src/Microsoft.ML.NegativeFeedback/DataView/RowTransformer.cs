using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>The base of the transformers that prepare data row by row. Those that prepare training and evaluation alone cannot be saved: serving starts at the histories.</summary>
public abstract class RowTransformer : ITransformer
{
    private protected RowTransformer()
    {
    }

    /// <summary>True: a row of output needs one row of input.</summary>
    public bool IsRowToRowMapper => true;

    /// <summary>The input's columns and those that are added.</summary>
    /// <param name="inputSchema">The schema of the input.</param>
    /// <exception cref="ArgumentException">A column is missing or of a type that cannot be read.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Map(inputSchema).OutputSchema;

    /// <summary>The input with the columns added, computed as rows are read.</summary>
    /// <param name="input">Rows with the columns that are read.</param>
    /// <exception cref="ArgumentException">A column is missing or of a type that cannot be read.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new MappedDataView(input, Map(input.Schema));
    }

    /// <inheritdoc cref="GetOutputSchema"/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new RowToRowMapper(Map(inputSchema));

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        Save(ctx);
    }

    /// <summary>Saves it as steps of ML.NET's own, or throws <see cref="NotSupportedException"/> and says why it cannot be saved.</summary>
    private protected abstract void Save(ModelSaveContext context);

    /// <summary>What is done to rows of a schema.</summary>
    /// <exception cref="ArgumentException">A column is missing or of a type that cannot be read.</exception>
    private protected abstract RowMapping CreateMapping(DataViewSchema inputSchema);

    private RowMapping Map(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return CreateMapping(inputSchema);
    }
}
