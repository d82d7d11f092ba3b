using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>How the sessions of a context's ONNX models are set up.</summary>
public sealed class OnnxSessionOptions
{
    /// <summary>Threads across nodes; 0 for the default.</summary>
    public int InterOpNumThreads { get; set; }

    /// <summary>Threads within nodes; 0 for the default.</summary>
    public int IntraOpNumThreads { get; set; }
}

/// <summary>Sets them for a context.</summary>
public static class OnnxSessionOptionsExtensions
{
    private const string OptionName = nameof(OnnxSessionOptions);

    public static OnnxSessionOptions GetOnnxSessionOption(this IHostEnvironment env) =>
        Internal(env).GetOptionOrDefault<OnnxSessionOptions>(OptionName);

    public static void SetOnnxSessionOption(this IHostEnvironment env, OnnxSessionOptions onnxSessionOptions) =>
        Internal(env).SetOption(OptionName, onnxSessionOptions);

    private static IHostEnvironmentInternal Internal(IHostEnvironment env) =>
        env as IHostEnvironmentInternal ?? throw new ArgumentException("No Onnx Session Options");
}
