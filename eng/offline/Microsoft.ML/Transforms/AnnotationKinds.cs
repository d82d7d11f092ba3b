namespace Microsoft.ML.Data;

/// <summary>Names of annotations.</summary>
internal static class AnnotationKinds
{
    /// <summary>What the keys of a key column stand for: a vector with an item for each key.</summary>
    public const string KeyValues = nameof(KeyValues);

    /// <summary>The names of the slots of a vector column of known size.</summary>
    public const string SlotNames = nameof(SlotNames);
}
