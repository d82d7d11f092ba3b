using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.NegativeFeedback.Sampling;

/// <summary>
/// Random numbers by counter: number i of a key is a hash of both, so a sequence can be made in any order, on any thread and in
/// any vector width with the same result. Initial weights, the order of users and dropout masks on the CPU come from here,
/// independent of torch's generator and its version.
/// </summary>
internal readonly struct CounterRandom
{
    private readonly uint _first;
    private readonly uint _second;

    private CounterRandom(ulong key) => (_first, _second) = ((uint)key, (uint)(key >> 32));

    /// <summary>The generator of a key that is made of several numbers: a seed, an epoch, a purpose…</summary>
    public static CounterRandom Of(params ReadOnlySpan<long> parts)
    {
        ulong key = 0x9E3779B97F4A7C15;
        foreach (long part in parts)
            key = Mix(key ^ Mix(unchecked((ulong)part + 0x632BE59BD9B4E019)));
        return new CounterRandom(key);
    }

    /// <summary>Number <paramref name="counter"/>, uniform over all 32-bit integers.</summary>
    public uint Bits(uint counter)
    {
        uint x = unchecked((counter * 0x9E3779B9) + _first);
        x = unchecked((x ^ (x >> 16)) * 0x21F0AAAD) ^ _second;
        x = unchecked((x ^ (x >> 15)) * 0x735A2D97);
        return x ^ (x >> 15);
    }

    /// <summary>The first two numbers as one, to make a key of.</summary>
    public long Bits64() => (long)(((ulong)Bits(0) << 32) | Bits(1));

    /// <summary>Number <paramref name="counter"/>, uniform in (0, 1).</summary>
    public double Uniform(uint counter) => (Bits(counter) + 0.5) / 4294967296.0;

    /// <summary>An integer in [0, <paramref name="limit"/>).</summary>
    public int Below(int limit, uint counter) => (int)(((ulong)Bits(counter) * (uint)limit) >> 32);

    /// <summary>Independent draws from the normal distribution of mean 0 (Box and Muller).</summary>
    public float[] Normal(int count, double standardDeviation)
    {
        var values = new float[count];
        for (int i = 0; i < count; i += 2)
        {
            double radius = standardDeviation * Math.Sqrt(-2 * Math.Log(Uniform((uint)i)));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * Uniform((uint)i + 1));
            values[i] = (float)(radius * cosine);
            if (i + 1 < count)
                values[i + 1] = (float)(radius * sine);
        }

        return values;
    }

    /// <summary>Independent draws from the uniform distribution over (−<paramref name="bound"/>, <paramref name="bound"/>).</summary>
    public float[] Symmetric(int count, double bound)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(bound * ((2 * Uniform((uint)i)) - 1));
        return values;
    }

    /// <summary>A shuffled copy of 0 … <paramref name="count"/> − 1 (Fisher and Yates).</summary>
    public int[] Permutation(int count)
    {
        var order = new int[count];
        for (int i = 0; i < count; i++)
            order[i] = i;
        for (int i = count - 1; i > 0; i--)
        {
            int other = Below(i + 1, (uint)i);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    /// <summary>
    /// Fills a dropout mask, or a stretch of one that begins at value <paramref name="first"/>: 0 with probability <paramref name="rate"/>, 1 / (1 − rate) otherwise.
    /// </summary>
    public void FillDropoutMask(Span<float> mask, double rate, uint first = 0)
    {
        uint threshold = (uint)(rate * 4294967296.0);
        float kept = (float)(1 / (1 - rate));
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(mask);
        FillVectors(vectors, threshold, kept, first);
        for (int i = vectors.Length * Vector<float>.Count; i < mask.Length; i++)
            mask[i] = Bits(first + (uint)i) >= threshold ? kept : 0;
    }

    private void FillVectors(Span<Vector<float>> mask, uint threshold, float kept, uint first)
    {
        // the same steps as Bits, a vector of counters at a time
        var scaledCounter = (Vector<uint>.Indices + new Vector<uint>(first)) * new Vector<uint>(0x9E3779B9) + new Vector<uint>(_first);
        var stride = new Vector<uint>(unchecked((uint)Vector<uint>.Count * 0x9E3779B9));
        var second = new Vector<uint>(_second);
        var multiplier1 = new Vector<uint>(0x21F0AAAD);
        var multiplier2 = new Vector<uint>(0x735A2D97);
        var limit = new Vector<uint>(threshold);
        var value = new Vector<float>(kept);
        for (int i = 0; i < mask.Length; i++)
        {
            var x = ((scaledCounter ^ Vector.ShiftRightLogical(scaledCounter, 16)) * multiplier1) ^ second;
            x = (x ^ Vector.ShiftRightLogical(x, 15)) * multiplier2;
            x ^= Vector.ShiftRightLogical(x, 15);
            mask[i] = Vector.AsVectorSingle(Vector.AsVectorUInt32(value) & Vector.GreaterThanOrEqual(x, limit));
            scaledCounter += stride;
        }
    }

    // the finaliser of SplitMix64
    private static ulong Mix(ulong x)
    {
        unchecked
        {
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
            return x ^ (x >> 31);
        }
    }
}
