namespace Microsoft.ML.Data;

/// <summary>A look at a view: here its schema alone.</summary>
public sealed class DataDebuggerPreview
{
    internal DataDebuggerPreview(DataViewSchema schema)
    {
        Schema = schema;
    }

    public DataViewSchema Schema { get; }
}
