namespace Microsoft.ML.Data;

/// <summary>How the members of a class stand for columns. Here by their names and attributes alone: nothing makes one of these.</summary>
public sealed class SchemaDefinition
{
    private SchemaDefinition()
    {
    }
}
