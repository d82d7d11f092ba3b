namespace Microsoft.ML.Runtime;

/// <summary>The argument checks of this assembly, with the exception types that the package throws.</summary>
internal static class Check
{
    public static void Parameter(bool condition, string name, string message)
    {
        if (!condition)
            throw new ArgumentOutOfRangeException(name, message);
    }

    public static void NonEmpty(string value, string name)
    {
        if (string.IsNullOrEmpty(value))
            throw new ArgumentOutOfRangeException(name, $"{name} cannot be null or empty");
    }

    public static void State(bool condition, string message)
    {
        if (!condition)
            throw new InvalidOperationException(message);
    }

    /// <summary>A column that should be in a schema is not.</summary>
    public static ArgumentOutOfRangeException MissingColumn(string parameterName, string role, string columnName) =>
        new(parameterName, $"Could not find {role} column '{columnName}'");

    /// <summary>A column of a schema has another type than it should.</summary>
    public static ArgumentOutOfRangeException ColumnType(
        string parameterName, string role, string columnName, string expected, string actual) =>
        new(parameterName, $"Schema mismatch for {role} column '{columnName}': expected {expected}, got {actual}");
}
