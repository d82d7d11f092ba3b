namespace Microsoft.ML.Data;

/// <summary>What stands for a missing value: empty text, NaN, key 0. The other types have none.</summary>
internal static class MissingValue
{
    public static Predicate<T> IsMissing<T>(DataViewType type)
    {
        Delegate known = type switch
        {
            KeyDataViewType => (Predicate<T>)(value => EqualityComparer<T>.Default.Equals(value, default)),
            TextDataViewType => (Predicate<ReadOnlyMemory<char>>)(text => text.IsEmpty),
            _ when typeof(T) == typeof(float) => (Predicate<float>)float.IsNaN,
            _ when typeof(T) == typeof(double) => (Predicate<double>)double.IsNaN,
            _ => (Predicate<T>)(_ => false),
        };
        return (Predicate<T>)known;
    }

    /// <summary>The missing value of a type, or else its default value.</summary>
    public static T Of<T>() =>
        typeof(T) == typeof(float) ? (T)(object)float.NaN
        : typeof(T) == typeof(double) ? (T)(object)double.NaN
        : default;
}
