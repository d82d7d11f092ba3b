using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A value out of a known set, held as its number there: 1 to <see cref="Count"/>, with 0 for missing.</summary>
public sealed class KeyDataViewType : PrimitiveDataViewType
{
    public KeyDataViewType(Type type, ulong count)
        : base(type)
    {
        Check.Parameter(IsValidDataType(type), nameof(type),
            $"Type is not valid, it must be Byte, UInt16, UInt32, or UInt64, but is {type}.");
        Check.Parameter(0 < count && count <= MaximumCount(type), nameof(count),
            $"The cardinality of a {nameof(KeyDataViewType)} must be positive and not exceed the largest {type.Name}, but got {count}.");
        Count = count;
    }

    public KeyDataViewType(Type type, int count)
        : this(type, count > 0 ? (ulong)count : 0)
    {
    }

    public ulong Count { get; }

    public static bool IsValidDataType(Type type) =>
        type == typeof(uint) || type == typeof(ulong) || type == typeof(ushort) || type == typeof(byte);

    public override bool Equals(DataViewType other) => other is KeyDataViewType key && key.RawType == RawType && key.Count == Count;

    public override bool Equals(object other) => other is DataViewType type && Equals(type);

    public override int GetHashCode() => HashCode.Combine(RawType, Count);

    public override string ToString() => $"Key<{RawType.Name}, 0-{Count - 1}>";

    internal static ulong MaximumCount(Type type) =>
        type == typeof(byte) ? byte.MaxValue
        : type == typeof(ushort) ? ushort.MaxValue
        : type == typeof(uint) ? uint.MaxValue
        : ulong.MaxValue;
}
