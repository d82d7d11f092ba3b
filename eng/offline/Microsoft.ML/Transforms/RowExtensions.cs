using System.Reflection;

namespace Microsoft.ML.Data;

internal static class RowExtensions
{
    private static readonly MethodInfo _getGetter = typeof(DataViewRow).GetMethod(nameof(DataViewRow.GetGetter));

    /// <summary>The getter of a column of any type.</summary>
    public static Delegate GetGetterAsDelegate(this DataViewRow row, DataViewSchema.Column column) => (Delegate)_getGetter
        .MakeGenericMethod(column.Type.RawType)
        .Invoke(row, BindingFlags.DoNotWrapExceptions, null, [column], null);
}
