using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The member is a key out of a set of this many.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class KeyTypeAttribute : Attribute
{
    public KeyTypeAttribute(ulong count)
    {
        Count = count;
    }

    internal ulong Count { get; }
}

/// <summary>The length of an array; without this attribute, it varies.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class VectorTypeAttribute : Attribute
{
    public VectorTypeAttribute(int size)
    {
        Size = size;
    }

    internal int Size { get; }
}

/// <summary>The field of a text file that a member is loaded from.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class LoadColumnAttribute : Attribute
{
    public LoadColumnAttribute(int fieldIndex)
    {
        Check.Parameter(fieldIndex >= 0, nameof(fieldIndex), "Must be non-negative");
        FieldIndex = fieldIndex;
    }

    internal int FieldIndex { get; }
}
