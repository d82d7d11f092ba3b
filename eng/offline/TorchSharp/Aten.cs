using System.Runtime.InteropServices;
using System.Text;

namespace TorchSharp;

/// <summary>An argument of an operator of ATen.</summary>
internal readonly struct Argument
{
    private readonly ArgumentKind kind;
    private readonly long bits;
    private readonly object? reference;

    private Argument(ArgumentKind kind, long bits, object? reference)
    {
        this.kind = kind;
        this.bits = bits;
        this.reference = reference;
    }

    public static implicit operator Argument(torch.Tensor? value) =>
        value is null ? default : new(ArgumentKind.Tensor, value.Handle, value);

    public static implicit operator Argument(torch.Tensor[] value) => new(ArgumentKind.Tensors, 0, value);

    public static implicit operator Argument(long value) => new(ArgumentKind.Integer, value, null);

    public static implicit operator Argument(long[] value) => new(ArgumentKind.Integers, 0, value);

    public static implicit operator Argument(double value) => new(ArgumentKind.Real, BitConverter.DoubleToInt64Bits(value), null);

    public static implicit operator Argument(bool value) => new(ArgumentKind.Boolean, value ? 1 : 0, null);

    public static implicit operator Argument(torch.ScalarType value) => (long)value;

    public static implicit operator Argument(torch.ScalarType? value) => value is null ? default(Argument) : (long)value.Value;

    public static implicit operator Argument(Scalar value) => new(value.Kind, value.Bits, null);

    public static implicit operator Argument(string? value) =>
        value is null ? default : new(ArgumentKind.Text, 0, Encoding.UTF8.GetBytes(value));

    public torch.Tensor? Tensor => reference as torch.Tensor;

    /// <summary>The 64-bit words that the argument needs beside its own.</summary>
    public int ExtraWords => reference switch
    {
        long[] integers => integers.Length,
        byte[] text => (text.Length + 7) / 8,
        torch.Tensor[] tensors => tensors.Length,
        _ => 0,
    };

    /// <summary>Writes the argument for native code; what it points to goes to <paramref name="extra"/>, which must not move.</summary>
    public unsafe NativeValue Encode(ref long* extra)
    {
        var start = extra;
        extra += ExtraWords;
        switch (reference)
        {
            case long[] integers:
                integers.CopyTo(new Span<long>(start, integers.Length));
                return new NativeValue { Kind = kind, Length = integers.Length, Bits = (long)start };
            case byte[] text:
                text.CopyTo(new Span<byte>(start, text.Length));
                return new NativeValue { Kind = kind, Length = text.Length, Bits = (long)start };
            case torch.Tensor[] tensors:
                for (var i = 0; i < tensors.Length; i++) start[i] = tensors[i].Handle;
                return new NativeValue { Kind = kind, Length = tensors.Length, Bits = (long)start };
            default:
                return new NativeValue { Kind = kind, Bits = bits };
        }
    }
}

/// <summary>
/// Calls of ATen's operators by the names of their schemas ("add.Tensor"), with their arguments in the schema's order.
/// Trailing arguments that are left out take the schema's defaults.
/// </summary>
internal static unsafe class Aten
{
    private const int StackWords = 256;

    /// <summary>Calls an operator with one tensor as its result.</summary>
    public static torch.Tensor Call(string name, params ReadOnlySpan<Argument> arguments)
    {
        IntPtr result;
        Invoke(name, arguments, &result, 1);
        return new torch.Tensor(result);
    }

    /// <summary>Calls an operator with a list of tensors, whose length is known, as its result.</summary>
    public static torch.Tensor[] CallList(string name, long count, params ReadOnlySpan<Argument> arguments)
    {
        var results = new IntPtr[count];
        fixed (IntPtr* start = results) Invoke(name, arguments, start, results.Length);
        return Array.ConvertAll(results, result => new torch.Tensor(result));
    }

    /// <summary>Calls an operator that changes its first argument in place; returns that same managed tensor.</summary>
    public static torch.Tensor CallInPlace(string name, params ReadOnlySpan<Argument> arguments)
    {
        Invoke(name, arguments, null, 0);
        return arguments[0].Tensor!;
    }

    private static void Invoke(string name, ReadOnlySpan<Argument> arguments, IntPtr* results, int resultCount)
    {
        var words = 0;
        foreach (ref readonly var argument in arguments) words += argument.ExtraWords;
        long* heap = null;
        try
        {
            if (words > StackWords) heap = (long*)NativeMemory.Alloc((nuint)words, sizeof(long));
            var onStack = stackalloc long[words > StackWords ? 0 : words];
            var extra = heap is null ? onStack : heap;
            var values = stackalloc NativeValue[arguments.Length];
            for (var i = 0; i < arguments.Length; i++) values[i] = arguments[i].Encode(ref extra);
            Native.Check(Native.ts_call(Native.Operator(name), values, arguments.Length, results, resultCount));
        }
        finally
        {
            NativeMemory.Free(heap);
        }
    }
}
