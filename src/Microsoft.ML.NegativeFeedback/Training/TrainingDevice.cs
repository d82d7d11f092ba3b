namespace Microsoft.ML.NegativeFeedback;

/// <summary>Where a trainer runs TorchSharp.</summary>
public enum TrainingDevice
{
    /// <summary>On the GPU of <c>MLContext.GpuDeviceId</c> when that is set, on the CPU otherwise.</summary>
    Automatic,

    /// <summary>On the CPU.</summary>
    Cpu,

    /// <summary>On a CUDA GPU; needs a CUDA flavour of TorchSharp's native package.</summary>
    Cuda,
}
