using System.Numerics;

namespace Microsoft.ML.Runtime;

/// <summary>
/// The package's generator: three Tausworthe sequences and a linear congruential one, xored (Howes and Thomas, GPU Gems 3, chapter 37),
/// so that a seed gives the numbers that it gives there. As in the package, the newer methods of <see cref="Random"/> (NextSingle,
/// NextInt64, Shuffle, spans) are not overridden: they follow no seed.
/// </summary>
internal sealed class HybridTausworthe : Random
{
    private uint _z1;
    private uint _z2;
    private uint _z3;
    private uint _z4;

    public HybridTausworthe(int seed)
    {
        _z1 = (uint)seed;
        _z2 = MurmurRound(_z1, _z1);
        _z3 = MurmurRound(_z2, _z1);
        _z4 = MurmurRound(_z3, _z1);
    }

    /// <summary>A generator of its own, seeded by drawing from another.</summary>
    public HybridTausworthe(Random source)
    {
        // the Tausworthe sequences degenerate on small seeds
        _z1 = Draw(source, 128);
        _z2 = Draw(source, 128);
        _z3 = Draw(source, 128);
        _z4 = Draw(source, 0);
    }

    public override int Next()
    {
        var bits = NextBits();
        return (int)(bits + (bits & 0x80000000u));
    }

    public override int Next(int maxValue)
    {
        Check.Parameter(maxValue >= 0, nameof(maxValue), "maxValue must be non-negative");
        return (int)((NextBits() * (ulong)maxValue) >> 32);
    }

    public override int Next(int minValue, int maxValue)
    {
        Check.Parameter(minValue <= maxValue, nameof(minValue), "minValue must be less than or equal to maxValue.");
        return (int)((long)(NextDouble() * ((long)maxValue - minValue)) + minValue);
    }

    /// <summary>Any integer.</summary>
    public int NextSigned() => (int)NextBits();

    public override double NextDouble() => NextBits() * (1.0 / (1L << 32));

    /// <summary>From 0 up to but without 1.</summary>
    public float NextFraction() => (NextBits() >> 9) * (1f / (1 << 23));

    public override void NextBytes(byte[] buffer)
    {
        for (var i = 0; i < buffer.Length; i++)
            buffer[i] = (byte)Next();
    }

    private static uint Draw(Random source, uint minimum)
    {
        while (true)
        {
            var bits = ((uint)source.Next(0x10000) << 16) | (uint)source.Next(0x10000);
            if (bits >= minimum)
                return bits;
        }
    }

    /// <summary>One step of the 32-bit Murmur3 hash (Appleby, public domain).</summary>
    private static uint MurmurRound(uint hash, uint chunk) =>
        (BitOperations.RotateLeft(hash ^ (BitOperations.RotateLeft(chunk * 0xCC9E2D51, 15) * 0x1B873593), 13) * 5) + 0xE6546B64;

    private static uint Tausworthe(uint z, int s1, int s2, int s3, uint mask) => ((z & mask) << s3) ^ (((z << s1) ^ z) >> s2);

    private uint NextBits()
    {
        _z1 = Tausworthe(_z1, 13, 19, 12, ~0x1u);
        _z2 = Tausworthe(_z2, 2, 25, 4, ~0x7u);
        _z3 = Tausworthe(_z3, 3, 11, 17, ~0xfu);
        _z4 = unchecked((1664525 * _z4) + 1013904223);
        return _z1 ^ _z2 ^ _z3 ^ _z4;
    }
}
