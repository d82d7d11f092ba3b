using System.Numerics;

namespace Microsoft.ML.Data;

/// <summary>
/// A 128-bit row identity. New ones are derived from old ones by steps of the 128-bit Murmur3 hash (Appleby, public domain) without
/// its final mixing: identities need to differ, not to be well spread.
/// </summary>
public readonly struct DataViewRowId : IComparable<DataViewRowId>, IEquatable<DataViewRowId>
{
    private const ulong FirstFactor = 0x87c37b91114253d5;
    private const ulong SecondFactor = 0x4cf5ad432745937f;

    public readonly ulong Low;
    public readonly ulong High;

    public DataViewRowId(ulong low, ulong high)
    {
        Low = low;
        High = high;
    }

    /// <summary>The identity of the first row made of this one: absorbs the block (1, 0).</summary>
    public DataViewRowId Fork()
    {
        var next = Next();
        return new DataViewRowId(next.Low ^ (BitOperations.RotateLeft(FirstFactor, 31) * SecondFactor), next.High);
    }

    /// <summary>The identity of one more row made of the same source: absorbs the block (0, 0).</summary>
    public DataViewRowId Next() => Round(Low, High, 0, 0);

    /// <summary>The identity of a row made of two.</summary>
    public DataViewRowId Combine(DataViewRowId other)
    {
        var block = other.Fork();
        return Round(Low, High, BitOperations.RotateLeft(block.Low * FirstFactor, 31) * SecondFactor,
            BitOperations.RotateLeft(block.High * SecondFactor, 33) * FirstFactor);
    }

    public int CompareTo(DataViewRowId other) => (High, Low).CompareTo((other.High, other.Low));

    public bool Equals(DataViewRowId other) => Low == other.Low && High == other.High;

    public override bool Equals(object obj) => obj is DataViewRowId other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Low, High);

    public override string ToString() => $"{High:x16}{Low:x16}";

    private static DataViewRowId Round(ulong low, ulong high, ulong lowBlock, ulong highBlock)
    {
        low = BitOperations.RotateLeft(low ^ lowBlock, 27);
        low = ((low + high) * 5) + 0x52dce729;
        high = BitOperations.RotateLeft(high ^ highBlock, 31);
        high = ((high + low) * 5) + 0x38495ab5;
        return new DataViewRowId(low, high);
    }
}
