using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Looks at a view.</summary>
public static class DebuggerExtensions
{
    public static DataDebuggerPreview Preview(this IDataView data, int maxRows = 100)
    {
        ArgumentNullException.ThrowIfNull(data);
        return new DataDebuggerPreview(data.Schema);
    }
}
