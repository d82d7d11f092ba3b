using System.Reflection;

namespace Microsoft.ML.Data;

/// <summary>Whether the value of a column, or any item of its vector, is missing.</summary>
internal static class MissingTest
{
    /// <summary>As in the package, only real numbers and keys can be missing here, though no text is missing elsewhere.</summary>
    public static bool Knows(DataViewType type) =>
        type.GetItemType() is var item && (item is KeyDataViewType || item.RawType == typeof(float) || item.RawType == typeof(double));

    public static Func<bool> Create(DataViewRow row, DataViewSchema.Column column)
    {
        var maker = column.Type is VectorDataViewType ? nameof(AnyItem) : nameof(Value);
        return (Func<bool>)typeof(MissingTest).GetMethod(maker, BindingFlags.NonPublic | BindingFlags.Static)
            .MakeGenericMethod(column.Type.GetItemType().RawType).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [row, column], null);
    }

    private static Func<bool> Value<T>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(column);
        var isMissing = MissingValue.IsMissing<T>(column.Type);
        T value = default;
        return () =>
        {
            getter(ref value);
            return isMissing(value);
        };
    }

    private static Func<bool> AnyItem<T>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<T>>(column);
        var isMissing = MissingValue.IsMissing<T>(column.Type.GetItemType());
        VBuffer<T> value = default;
        return () =>
        {
            getter(ref value);
            // a slot without a value is missing where the default is
            if (!value.IsDense && isMissing(default))
                return true;
            foreach (var item in value.GetValues())
            {
                if (isMissing(item))
                    return true;
            }
            return false;
        };
    }
}
