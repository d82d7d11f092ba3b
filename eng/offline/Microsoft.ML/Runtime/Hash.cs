using System.Numerics;

namespace Microsoft.ML.Runtime;

/// <summary>The 32-bit Murmur3 hash (Appleby, public domain).</summary>
internal static class Hash
{
    public static uint MurmurRound(uint hash, uint chunk)
    {
        hash ^= BitOperations.RotateLeft(chunk * 0xCC9E2D51, 15) * 0x1B873593;
        return (BitOperations.RotateLeft(hash, 13) * 5) + 0xE6546B64;
    }
}
