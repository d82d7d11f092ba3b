using System.Runtime.InteropServices;
using System.Text;

namespace TorchSharp;

/// <summary>An argument of an operator of ATen.</summary>
internal readonly struct Argument
{
    private readonly ArgumentKind kind;
    private readonly long bits;
    private readonly object? reference;

    private static Argument None => default;

    private Argument(ArgumentKind kind, long bits, object? reference)
    {
        this.kind = kind;
        this.bits = bits;
        this.reference = reference;
    }

    public static implicit operator Argument(torch.Tensor? value) =>
        value is null ? default : new(ArgumentKind.Tensor, value.Handle, value);

    public static implicit operator Argument(long value) => new(ArgumentKind.Integer, value, null);

    public static implicit operator Argument(long? value) => value is null ? None : value.Value;

    public static implicit operator Argument(double value) => new(ArgumentKind.Real, BitConverter.DoubleToInt64Bits(value), null);

    public static implicit operator Argument(double? value) => value is null ? None : value.Value;

    public static implicit operator Argument(bool value) => new(ArgumentKind.Boolean, value ? 1 : 0, null);

    public static implicit operator Argument(torch.ScalarType value) => (long)value;

    public static implicit operator Argument(torch.ScalarType? value) => value is null ? None : (long)value.Value;

    public static implicit operator Argument(Scalar? value) => value is null ? default : new(value.Kind, value.Bits, null);

    public static implicit operator Argument(long[]? value) => value is null ? default : new(ArgumentKind.Integers, 0, value);

    public static implicit operator Argument(string? value) =>
        value is null ? default : new(ArgumentKind.Text, 0, Encoding.UTF8.GetBytes(value));

    public static implicit operator Argument(torch.Generator? value) =>
        value is null ? default : new(ArgumentKind.Generator, value.Handle, value);

    public static implicit operator Argument(torch.Tensor[] value) => List(value, ArgumentKind.Tensors);

    /// <summary>A native tensor that no managed object owns.</summary>
    public static Argument Borrowed(IntPtr tensor) => new(ArgumentKind.Tensor, tensor, null);

    public static Argument List(IEnumerable<torch.Tensor?> tensors, ArgumentKind kind = ArgumentKind.Tensors) =>
        new(kind, 0, tensors.Select(tensor => tensor is null ? null : (object)tensor).ToArray());

    public torch.Tensor? Tensor => reference as torch.Tensor;

    /// <summary>The 64-bit words that the argument needs beside its own.</summary>
    public int ExtraWords => reference switch
    {
        long[] integers => integers.Length,
        byte[] text => (text.Length + 7) / 8,
        object?[] tensors => tensors.Length,
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
            case object?[] tensors:
                for (var i = 0; i < tensors.Length; i++) start[i] = ((torch.Tensor?)tensors[i])?.Handle ?? 0;
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
        Invoke(name, arguments, true, out var results);
        return new torch.Tensor((IntPtr)results[0]);
    }

    /// <summary>Calls an operator with two tensors as its result.</summary>
    public static (torch.Tensor First, torch.Tensor Second) Call2(string name, params ReadOnlySpan<Argument> arguments)
    {
        Invoke(name, arguments, true, out var results);
        IntPtr first = (IntPtr)results[0], second = (IntPtr)results[1];
        return (new torch.Tensor(first), new torch.Tensor(second));
    }

    /// <summary>Calls an operator with a list of tensors as its result.</summary>
    public static torch.Tensor[] CallList(string name, params ReadOnlySpan<Argument> arguments)
    {
        var handles = new IntPtr[Invoke(name, arguments, true, out var results)];
        for (var i = 0; i < handles.Length; i++) handles[i] = (IntPtr)results[i];
        return Array.ConvertAll(handles, handle => new torch.Tensor(handle));
    }

    /// <summary>Calls an operator whose result is a number or a truth value; returns its 64 bits.</summary>
    public static long CallBits(string name, params ReadOnlySpan<Argument> arguments)
    {
        Invoke(name, arguments, true, out var results);
        return results[0];
    }

    /// <summary>Calls an operator that changes its first argument in place; returns that same managed tensor.</summary>
    public static torch.Tensor CallInPlace(string name, params ReadOnlySpan<Argument> arguments)
    {
        Invoke(name, arguments, false, out _);
        return arguments[0].Tensor!;
    }

    /// <summary>Calls an operator for what it does to its arguments.</summary>
    public static void Do(string name, params ReadOnlySpan<Argument> arguments) => Invoke(name, arguments, false, out _);

    private static int Invoke(string name, ReadOnlySpan<Argument> arguments, bool keep, out long* results)
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
            return Native.Check(Native.ts_call(Native.Operator(name), values, arguments.Length, keep ? (byte)1 : (byte)0, out results));
        }
        finally
        {
            NativeMemory.Free(heap);
        }
    }
}
