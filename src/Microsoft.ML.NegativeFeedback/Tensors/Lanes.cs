using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// Some Singles side by side: what fused operations on a CPU are written in, once for the widths that there are. <see cref="Vector{T}"/> has 256 bits where registers have 512, so
/// that what computes more than it reads would leave half of them idle.
/// </summary>
/// <typeparam name="TSelf">The width, a struct around one register.</typeparam>
internal interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>How many.</summary>
    static abstract int Count { get; }

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf values);

    /// <summary>The same number in each.</summary>
    static abstract TSelf Of(float number);

    /// <summary>1 in the first so many, 0 in the others.</summary>
    static abstract TSelf Ones(int count);

    /// <summary>The smaller of each two; no number where the right one is none.</summary>
    static abstract TSelf Minimum(TSelf left, TSelf right);

    /// <summary>The larger of each two; no number where the right one is none.</summary>
    static abstract TSelf Maximum(TSelf left, TSelf right);

    /// <summary>x·y + z, in one instruction where the processor has it: twice as fast as two.</summary>
    static abstract TSelf MultiplyAdd(TSelf x, TSelf y, TSelf z);

    /// <summary>1 / x, to the last bit or the one before it.</summary>
    static abstract TSelf Reciprocal(TSelf values);

    /// <summary>The nearest whole numbers.</summary>
    static abstract TSelf Round(TSelf values);

    /// <summary>2ⁿ of whole numbers from −126 to 127.</summary>
    static abstract TSelf PowerOfTwo(TSelf exponents);

    /// <summary>The sum of all.</summary>
    static abstract float Sum(TSelf values);
}

/// <summary>What follows from the operations of <see cref="ILanes{TSelf}"/>.</summary>
internal static class Lanes
{
    // beyond these eˣ is no normal Single
    private const float Smallest = -87.3f, Largest = 88.3f;

    // ln 2 in two parts, of which the first times a small whole number is exact (Cody and Waite)
    private const float Log2E = 1.44269504f, Ln2 = 0.693359375f, Ln2Rest = -2.12194440e-4f;

    // of Cephes' expf: e^r = 1 + r + r²·p(r) for |r| ≤ ½ ln 2
    private const float P5 = 1.9875691500e-4f, P4 = 1.3981999507e-3f, P3 = 8.3334519073e-3f, P2 = 4.1665795894e-2f, P1 = 1.6666665459e-1f, P0 = 5.0000001201e-1f;

    public const int ExponentBias = 127, ExponentShift = 23;

    /// <summary>Whether there are registers of 512 bits that the processor does not slow down for.</summary>
    public static bool AreWide => Vector512.IsHardwareAccelerated;

    /// <summary>
    /// eˣ of Singles by Singles, within 2e-7 of its value; below e⁻⁸⁷·³ that, above e⁸⁸·³ that; NaN of NaN. The base library's own goes by Doubles and takes four times as long, which is most of what fused
    /// operations take.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : unmanaged, ILanes<T>
    {
        x = T.Minimum(T.Of(Largest), T.Maximum(T.Of(Smallest), x));
        var n = T.Round(x * T.Of(Log2E));
        var r = T.MultiplyAdd(n, T.Of(-Ln2Rest), T.MultiplyAdd(n, T.Of(-Ln2), x));
        var p = T.MultiplyAdd(T.Of(P5), r, T.Of(P4));
        p = T.MultiplyAdd(p, r, T.Of(P3));
        p = T.MultiplyAdd(p, r, T.Of(P2));
        p = T.MultiplyAdd(p, r, T.Of(P1));
        p = T.MultiplyAdd(p, r, T.Of(P0));
        return (T.MultiplyAdd(p, r * r, r) + T.Of(1)) * T.PowerOfTwo(n);
    }

    /// <summary>So many of them hold a row of a width.</summary>
    public static int CountOf<T>(int width)
        where T : unmanaged, ILanes<T>
        => (width + T.Count - 1) / T.Count;

    /// <summary>
    /// Reads a row: where its end fills no lanes, the last ones hold the numbers up to it, with zeros for those that the ones before them hold. So nothing is copied by smaller stores, which a
    /// load of a whole register would have to wait for. A row of fewer numbers than lanes stands at their beginning.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read<T>(ReadOnlySpan<float> row, Span<T> lanes)
        where T : unmanaged, ILanes<T>
    {
        if (row.Length < T.Count)
        {
            lanes[0] = default;
            row.CopyTo(Numbers(lanes));
            return;
        }

        var whole = MemoryMarshal.Cast<float, T>(row);
        for (int i = 0; i < whole.Length; i++)
            lanes[i] = whole[i];
        if (whole.Length < lanes.Length)
            lanes[^1] = Unsafe.ReadUnaligned<T>(in Unsafe.As<float, byte>(ref MemoryMarshal.GetReference(row[^T.Count..]))) * LastOnes<T>(row.Length);
    }

    /// <summary>Writes a row as <see cref="Read"/> takes it; what the last lanes hold of others is not looked at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<T>(ReadOnlySpan<T> lanes, Span<float> row)
        where T : unmanaged, ILanes<T>
    {
        if (row.Length < T.Count)
        {
            MemoryMarshal.Cast<T, float>(lanes)[..row.Length].CopyTo(row);
            return;
        }

        var whole = MemoryMarshal.Cast<float, T>(row);
        Unsafe.WriteUnaligned(ref Unsafe.As<float, byte>(ref MemoryMarshal.GetReference(row[^T.Count..])), lanes[^1]);
        for (int i = 0; i < whole.Length; i++)
            whole[i] = lanes[i];
    }

    /// <summary>1 for those of a row's last lanes that count, 0 for the others.</summary>
    public static T LastOnes<T>(int width)
        where T : unmanaged, ILanes<T>
        => width < T.Count ? T.Ones(width) : width % T.Count == 0 ? T.Of(1) : T.Of(1) - T.Ones(T.Count - (width % T.Count));

    /// <summary>The numbers in them.</summary>
    public static Span<float> Numbers<T>(Span<T> lanes)
        where T : unmanaged, ILanes<T>
        => MemoryMarshal.Cast<T, float>(lanes);

    /// <summary>As many as fit into numbers, where they lie.</summary>
    public static Span<T> Within<T>(Span<float> numbers)
        where T : unmanaged, ILanes<T>
        => MemoryMarshal.Cast<float, T>(numbers);
}

/// <summary>
/// Zeros to compute with, in torch's memory, for as long as the dispose scope lasts that it is made in: managed arrays begin anywhere, and a register that lies across two cache lines takes two
/// accesses.
/// </summary>
/// <param name="count">So many lanes in all.</param>
internal ref struct LaneSpace<T>(int count)
    where T : unmanaged, ILanes<T>
{
    private Span<T> _left = Lanes.Within<T>(torch.zeros(count * T.Count).AsSpan());

    /// <summary>The next so many.</summary>
    public Span<T> Take(int lanes)
    {
        var taken = _left[..lanes];
        _left = _left[lanes..];
        return taken;
    }

    /// <summary>A row.</summary>
    public Span<T> Take(ReadOnlySpan<float> row)
    {
        var taken = Take(Lanes.CountOf<T>(row.Length));
        Lanes.Read(row, taken);
        return taken;
    }
}

/// <summary>As wide as <see cref="Vector{T}"/>.</summary>
internal readonly struct VectorLanes(Vector<float> values) : ILanes<VectorLanes>
{
    private readonly Vector<float> _values = values;

    public static int Count => Vector<float>.Count;

    public static VectorLanes operator +(VectorLanes left, VectorLanes right) => new(left._values + right._values);

    public static VectorLanes operator -(VectorLanes left, VectorLanes right) => new(left._values - right._values);

    public static VectorLanes operator *(VectorLanes left, VectorLanes right) => new(left._values * right._values);

    public static VectorLanes operator -(VectorLanes values) => new(-values._values);

    public static VectorLanes Of(float number) => new(new Vector<float>(number));

    public static VectorLanes Ones(int count) => new(Vector.ConditionalSelect(Vector.LessThan(Vector<float>.Indices, new Vector<float>(count)), Vector<float>.One, Vector<float>.Zero));

    public static VectorLanes Minimum(VectorLanes left, VectorLanes right) => new(Vector.MinNative(left._values, right._values));

    public static VectorLanes Maximum(VectorLanes left, VectorLanes right) => new(Vector.MaxNative(left._values, right._values));

    public static VectorLanes MultiplyAdd(VectorLanes x, VectorLanes y, VectorLanes z) => new(Vector.MultiplyAddEstimate(x._values, y._values, z._values));

    public static VectorLanes Reciprocal(VectorLanes values) => new(Vector<float>.One / values._values);

    public static VectorLanes Round(VectorLanes values) => new(Vector.Round(values._values));

    public static VectorLanes PowerOfTwo(VectorLanes exponents)
        => new(Vector.AsVectorSingle(Vector.ShiftLeft(Vector.ConvertToInt32Native(exponents._values) + new Vector<int>(Lanes.ExponentBias), Lanes.ExponentShift)));

    public static float Sum(VectorLanes values) => Vector.Sum(values._values);
}

/// <summary>512 bits.</summary>
internal readonly struct WideLanes(Vector512<float> values) : ILanes<WideLanes>
{
    private readonly Vector512<float> _values = values;

    public static int Count => Vector512<float>.Count;

    public static WideLanes operator +(WideLanes left, WideLanes right) => new(left._values + right._values);

    public static WideLanes operator -(WideLanes left, WideLanes right) => new(left._values - right._values);

    public static WideLanes operator *(WideLanes left, WideLanes right) => new(left._values * right._values);

    public static WideLanes operator -(WideLanes values) => new(-values._values);

    public static WideLanes Of(float number) => new(Vector512.Create(number));

    public static WideLanes Ones(int count) => new(Vector512.ConditionalSelect(Vector512.LessThan(Vector512<float>.Indices, Vector512.Create((float)count)), Vector512<float>.One, Vector512<float>.Zero));

    public static WideLanes Minimum(WideLanes left, WideLanes right) => new(Vector512.MinNative(left._values, right._values));

    public static WideLanes Maximum(WideLanes left, WideLanes right) => new(Vector512.MaxNative(left._values, right._values));

    public static WideLanes MultiplyAdd(WideLanes x, WideLanes y, WideLanes z) => new(Vector512.MultiplyAddEstimate(x._values, y._values, z._values));

    // 14 bits by an instruction and the others by a step of Newton's method, in the place of a division
    public static WideLanes Reciprocal(WideLanes values)
    {
        if (!Avx512F.IsSupported)
            return new(Vector512<float>.One / values._values);
        var estimate = Avx512F.Reciprocal14(values._values);
        return new(Vector512.FusedMultiplyAdd(Vector512.FusedMultiplyAdd(-values._values, estimate, Vector512<float>.One), estimate, estimate));
    }

    public static WideLanes Round(WideLanes values) => new(Vector512.Round(values._values));

    public static WideLanes PowerOfTwo(WideLanes exponents)
        => new(Vector512.ShiftLeft(Vector512.ConvertToInt32Native(exponents._values) + Vector512.Create(Lanes.ExponentBias), Lanes.ExponentShift).AsSingle());

    public static float Sum(WideLanes values) => Vector512.Sum(values._values);
}
