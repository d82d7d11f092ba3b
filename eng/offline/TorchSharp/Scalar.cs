namespace TorchSharp;

/// <summary>A number whose type an operator decides on.</summary>
public sealed class Scalar : IDisposable
{
    private Scalar(ArgumentKind kind, long bits, torch.ScalarType type)
    {
        Kind = kind;
        Bits = bits;
        Type = type;
    }

    internal Scalar(double value) : this(ArgumentKind.Real, BitConverter.DoubleToInt64Bits(value), torch.ScalarType.Float64) { }

    internal Scalar(long value) : this(ArgumentKind.Integer, value, torch.ScalarType.Int64) { }

    internal Scalar(bool value) : this(ArgumentKind.Boolean, value ? 1 : 0, torch.ScalarType.Bool) { }

    /// <summary>As libtorch's own scalar has it: every integer is an Int64, every real number a Float64.</summary>
    public torch.ScalarType Type { get; }

    internal ArgumentKind Kind { get; }

    internal long Bits { get; }

    internal double AsDouble => Kind == ArgumentKind.Real ? BitConverter.Int64BitsToDouble(Bits) : Bits;

    internal long AsInt64 => Kind == ArgumentKind.Real ? (long)BitConverter.Int64BitsToDouble(Bits) : Bits;

    public static implicit operator Scalar(byte value) => new((long)value);

    public static implicit operator Scalar(sbyte value) => new((long)value);

    public static implicit operator Scalar(short value) => new((long)value);

    public static implicit operator Scalar(int value) => new((long)value);

    public static implicit operator Scalar(long value) => new(value);

    public static implicit operator Scalar(float value) => new((double)value);

    public static implicit operator Scalar(double value) => new(value);

    public static implicit operator Scalar(bool value) => new(value);

    public void Dispose() { }
}

public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this byte value) => value;

    public static Scalar ToScalar(this sbyte value) => value;

    public static Scalar ToScalar(this short value) => value;

    public static Scalar ToScalar(this int value) => value;

    public static Scalar ToScalar(this long value) => value;

    public static Scalar ToScalar(this float value) => value;

    public static Scalar ToScalar(this double value) => value;

    public static Scalar ToScalar(this bool value) => value;

    public static bool ToBoolean(this Scalar value) => value.AsDouble != 0;

    public static byte ToByte(this Scalar value) => (byte)value.AsInt64;

    public static sbyte ToSByte(this Scalar value) => (sbyte)value.AsInt64;

    public static short ToInt16(this Scalar value) => (short)value.AsInt64;

    public static int ToInt32(this Scalar value) => (int)value.AsInt64;

    public static long ToInt64(this Scalar value) => value.AsInt64;

    public static float ToSingle(this Scalar value) => (float)value.AsDouble;

    public static double ToDouble(this Scalar value) => value.AsDouble;
}
