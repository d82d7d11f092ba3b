using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace TorchSharp;

/// <summary>The kinds of value that cross to native/shim.cpp, in the order of its enumeration.</summary>
internal enum ArgumentKind { None, Tensor, Integer, Real, Boolean, Integers, Tensors, Text }

/// <summary>A value as native/shim.cpp reads it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeValue
{
    public ArgumentKind Kind;
    public int Length;
    public long Bits;
}

/// <summary>The functions of native/shim.cpp, and the checks of what they return.</summary>
internal static unsafe partial class Native
{
    private const string Library = "torchshim";

    [LibraryImport(Library)] private static partial byte* ts_error();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial IntPtr ts_operator(string name, string overload);
    [LibraryImport(Library)] public static partial int ts_call(IntPtr op, NativeValue* arguments, int count, IntPtr* results, int resultCount);

    [LibraryImport(Library)] public static partial IntPtr ts_copy_of(void* data, long* sizes, int dimensions, int scalarType);
    [LibraryImport(Library), SuppressGCTransition] public static partial IntPtr ts_alias(IntPtr tensor);
    [LibraryImport(Library)] public static partial void ts_dispose(IntPtr tensor);
    [LibraryImport(Library)] public static partial IntPtr ts_data(IntPtr tensor);

    [LibraryImport(Library), SuppressGCTransition] public static partial long ts_dim(IntPtr tensor);
    [LibraryImport(Library), SuppressGCTransition] public static partial long ts_numel(IntPtr tensor);
    [LibraryImport(Library), SuppressGCTransition] public static partial int ts_dtype(IntPtr tensor);
    [LibraryImport(Library), SuppressGCTransition] public static partial long ts_element_size(IntPtr tensor);
    [LibraryImport(Library), SuppressGCTransition] public static partial byte ts_is_contiguous(IntPtr tensor);
    [LibraryImport(Library), SuppressGCTransition] public static partial void ts_sizes(IntPtr tensor, long* sizes);
    [LibraryImport(Library), SuppressGCTransition] public static partial void ts_strides(IntPtr tensor, long* strides);

    [LibraryImport(Library)] public static partial int ts_set_requires_grad(IntPtr tensor, byte value);
    [LibraryImport(Library), SuppressGCTransition] public static partial IntPtr ts_grad(IntPtr tensor);
    [LibraryImport(Library)] public static partial int ts_set_grad(IntPtr tensor, IntPtr grad);
    [LibraryImport(Library), SuppressGCTransition] public static partial byte ts_grad_enabled();
    [LibraryImport(Library), SuppressGCTransition] public static partial void ts_set_grad_enabled(byte value);
    [LibraryImport(Library)]
    public static partial int ts_backward(
        IntPtr tensor, IntPtr[] grads, int gradCount, byte retain, byte create, IntPtr[] inputs, int inputCount);
    [LibraryImport(Library)]
    public static partial int ts_gradients(
        IntPtr[] outputs, int outputCount, IntPtr[] inputs, int inputCount, IntPtr[] grads, int gradCount,
        byte retain, byte create, byte allowUnused, [Out] IntPtr[] results);

    [LibraryImport(Library)] public static partial void ts_seed(long seed);
    [LibraryImport(Library)] public static partial int ts_num_threads();
    [LibraryImport(Library)] public static partial void ts_set_num_threads(int count);

    private static readonly ConcurrentDictionary<string, IntPtr> Operators = new(StringComparer.Ordinal);

    /// <summary>The operator of ATen by its schema's name, such as "add.Tensor", without "aten::".</summary>
    public static IntPtr Operator(string name) => Operators.TryGetValue(name, out var op) ? op : Operators.GetOrAdd(name, Find);

    /// <summary>Throws the exception that the package throws, with libtorch's message, when a call has failed.</summary>
    public static int Check(int result) => result >= 0 ? result : throw Failure();

    public static IntPtr Check(IntPtr result) => result != IntPtr.Zero ? result : throw Failure();

    private static ExternalException Failure() => new(Marshal.PtrToStringUTF8((IntPtr)ts_error()));

    private static IntPtr Find(string name)
    {
        var dot = name.IndexOf('.');
        return Check(dot < 0 ? ts_operator("aten::" + name, "") : ts_operator("aten::" + name[..dot], name[(dot + 1)..]));
    }
}
