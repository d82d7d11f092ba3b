using System.Reflection;

namespace Microsoft.ML.Data;

internal static class TransformHelpers
{
    private static readonly MethodInfo _getGetter = typeof(DataViewRow).GetMethod(nameof(DataViewRow.GetGetter));

    /// <summary>The getter of a column of any type.</summary>
    public static Delegate GetGetterAsDelegate(this DataViewRow row, DataViewSchema.Column column) => (Delegate)_getGetter
        .MakeGenericMethod(column.Type.RawType)
        .Invoke(row, BindingFlags.DoNotWrapExceptions, null, [column], null);

    /// <summary>A scalar or vector type like this one, of other items.</summary>
    public static DataViewType WithItemType(this DataViewType type, PrimitiveDataViewType itemType) =>
        type is VectorDataViewType vector ? new VectorDataViewType(itemType, vector.Dimensions) : itemType;

    /// <summary>An instance of a generic type that is known only now.</summary>
    public static T CreateGeneric<T>(Type definition, Type[] typeArguments, params object[] arguments) => (T)Activator.CreateInstance(
        definition.MakeGenericType(typeArguments), BindingFlags.DoNotWrapExceptions, null, arguments, null);
}
