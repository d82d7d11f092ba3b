using System.Numerics;

namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>
/// The generator behind simulated feeds and the draw of users and rows that are held out (weights, order, dropout and negatives come of
/// <see cref="Sampling.CounterRandom"/>): xoshiro256** (Blackman and Vigna 2021), its state filled by SplitMix64. <see cref="Random"/> promises no sequence from one release of .NET to the next; this one stays.
/// </summary>
internal struct StableRandom
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>A generator of its own for each pair: stream n of a seed is independent of stream n + 1.</summary>
    public StableRandom(long seed, long stream = 0)
    {
        ulong state = unchecked((ulong)seed);
        state = SplitMix(ref state) ^ unchecked((ulong)stream);
        _s0 = SplitMix(ref state);
        _s1 = SplitMix(ref state);
        _s2 = SplitMix(ref state);
        _s3 = SplitMix(ref state);
    }

    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), in steps of 2⁻⁵³.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1L << 53));

    /// <summary>
    /// Uniform in [0, <paramref name="limit"/>), by the high half of a product (Lemire 2019, without the rejection step).
    /// </summary>
    public int Next(int limit) => (int)Math.BigMul(NextUInt64(), (ulong)limit, out _);

    /// <summary>Puts the values into a uniformly random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int j = Next(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
