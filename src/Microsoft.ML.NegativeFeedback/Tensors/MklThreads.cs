using System.Runtime.InteropServices;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// How many threads MKL, with which torch multiplies matrices on a CPU, takes for what one thread asks of it. By <c>torch.set_num_threads</c> MKL has one number for the whole process, so that a
/// training beside another would add up in another order, and its last bits would differ from run to run.
/// </summary>
internal static class MklThreads
{
    private static readonly Lazy<SetNumber?> _set = new(Find);

    private delegate int SetNumber(int count);

    /// <summary>Gives the calling thread a number of its own. Where torch comes without MKL, or does not show it, nothing is done.</summary>
    /// <param name="count">The number; 0 for that of the process again.</param>
    public static void SetOfThisThread(int count) => _set.Value?.Invoke(count);

    private static SetNumber? Find()
        // by its bare name: the library that TorchSharp has loaded, wherever it lies
        => NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "torch_cpu.dll" : "libtorch_cpu.so", out nint library)
            && NativeLibrary.TryGetExport(library, "MKL_Set_Num_Threads_Local", out nint address) ? Marshal.GetDelegateForFunctionPointer<SetNumber>(address) : null;
}
