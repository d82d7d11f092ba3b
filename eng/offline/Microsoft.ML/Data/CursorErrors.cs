namespace Microsoft.ML.Data;

/// <summary>What goes wrong in the hands of a cursor's user.</summary>
internal static class CursorErrors
{
    public const string NotOnRow = "Values cannot be fetched at this time. This method was called either before the first call to "
        + "MoveNext, or at any point after that method returned false.";

    /// <summary>The getter under its static type, which must be the column's raw type.</summary>
    public static ValueGetter<TValue> Cast<TValue>(Delegate getter, DataViewSchema.Column column) => getter as ValueGetter<TValue>
        ?? throw new InvalidOperationException($"Invalid TValue in GetGetter for column '{column.Name}': '{typeof(TValue)}', "
            + $"expected type: '{getter.GetType().GetGenericArguments()[0]}'.");
}
