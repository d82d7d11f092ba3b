using System.Collections.Immutable;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A vector of primitive values: <see cref="VBuffer{T}"/>. A dimension of 0 varies from row to row.</summary>
public sealed class VectorDataViewType : StructuredDataViewType
{
    public VectorDataViewType(PrimitiveDataViewType itemType, int size = 0)
        : this(itemType, ImmutableArray.Create(size))
    {
    }

    public VectorDataViewType(PrimitiveDataViewType itemType, ImmutableArray<int> dimensions)
        : base(BufferType(itemType))
    {
        Check.Parameter(dimensions.Length > 0, nameof(dimensions), "A vector type needs at least one dimension.");
        Check.Parameter(dimensions.All(d => d >= 0), nameof(dimensions), "A dimension must not be negative.");
        ItemType = itemType;
        Dimensions = dimensions;
        Size = dimensions.Aggregate(1, (product, d) => checked(product * d));
    }

    public ImmutableArray<int> Dimensions { get; }

    public PrimitiveDataViewType ItemType { get; }

    public bool IsKnownSize => Size > 0;

    /// <summary>The product of the dimensions: 0 when one of them varies.</summary>
    public int Size { get; }

    public override bool Equals(DataViewType other) =>
        other is VectorDataViewType vector && ItemType.Equals(vector.ItemType) && Dimensions.SequenceEqual(vector.Dimensions);

    public override bool Equals(object other) => other is DataViewType type && Equals(type);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(ItemType);
        foreach (var dimension in Dimensions)
            hash.Add(dimension);
        return hash.ToHashCode();
    }

    public override string ToString() => Dimensions.Length == 1
        ? Size > 0 ? $"Vector<{ItemType}, {Size}>" : $"Vector<{ItemType}>"
        : $"Vector<{ItemType}, {string.Join(", ", Dimensions.Select(d => d > 0 ? d.ToString() : "*"))}>";

    private static Type BufferType(PrimitiveDataViewType itemType)
    {
        ArgumentNullException.ThrowIfNull(itemType);
        return typeof(VBuffer<>).MakeGenericType(itemType.RawType);
    }
}
