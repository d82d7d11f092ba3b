namespace TorchSharp;

/// <summary>A number whose type an operator decides on.</summary>
public sealed class Scalar
{
    private Scalar(ArgumentKind kind, long bits)
    {
        Kind = kind;
        Bits = bits;
    }

    /// <summary>As libtorch's own scalar has it: every integer is an Int64, every real number a Float64.</summary>
    internal ArgumentKind Kind { get; }

    internal long Bits { get; }

    /// <summary>The type of a tensor of such numbers that is asked for without one.</summary>
    internal torch.ScalarType TensorType => Kind == ArgumentKind.Integer ? torch.ScalarType.Int64 : torch.ScalarType.Float32;

    public static implicit operator Scalar(int value) => (long)value;

    public static implicit operator Scalar(long value) => new(ArgumentKind.Integer, value);

    public static implicit operator Scalar(float value) => (double)value;

    public static implicit operator Scalar(double value) => new(ArgumentKind.Real, BitConverter.DoubleToInt64Bits(value));
}
