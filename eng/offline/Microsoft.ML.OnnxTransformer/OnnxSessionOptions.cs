using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>How the sessions of a context's ONNX models are set up.</summary>
public sealed class OnnxSessionOptions
{
    /// <summary>Makes a session's options in place of all else here.</summary>
    public delegate SessionOptions CreateOnnxSessionOptions();

    public CreateOnnxSessionOptions CreateSessionOptions { get; set; }

    public bool EnableCpuMemArena { get; set; } = true;

    public bool EnableMemoryPattern { get; set; } = true;

    public bool EnableProfiling { get; set; }

    public ExecutionMode ExecutionMode { get; set; } = ExecutionMode.ORT_SEQUENTIAL;

    /// <summary>Threads across nodes that sessions without threads of their own share; 0 for the default.</summary>
    public int GlobalInterOpNumThreads { get; set; }

    /// <summary>Threads within nodes that sessions without threads of their own share; 0 for the default.</summary>
    public int GlobalIntraOpNumThreads { get; set; }

    public GraphOptimizationLevel GraphOptimizationLevel { get; set; } = GraphOptimizationLevel.ORT_ENABLE_ALL;

    /// <summary>Threads across nodes; 0 for the default.</summary>
    public int InterOpNumThreads { get; set; }

    /// <summary>Threads within nodes; 0 for the default.</summary>
    public int IntraOpNumThreads { get; set; }

    public string LogId { get; set; } = "";

    public OrtLoggingLevel LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING;

    public int LogVerbosityLevel { get; set; }

    public string OptimizedModelFilePath { get; set; } = "";

    public bool PerSessionThreads { get; set; } = true;

    public string ProfileOutputPathPrefix { get; set; } = "onnxruntime_profile_";

    internal void CopyTo(SessionOptions options)
    {
        options.EnableMemoryPattern = EnableMemoryPattern;
        options.ProfileOutputPathPrefix = ProfileOutputPathPrefix;
        options.EnableProfiling = EnableProfiling;
        options.OptimizedModelFilePath = OptimizedModelFilePath;
        options.EnableCpuMemArena = EnableCpuMemArena;
        if (!PerSessionThreads)
            options.DisablePerSessionThreads();
        options.LogId = LogId;
        options.LogSeverityLevel = LogSeverityLevel;
        options.LogVerbosityLevel = LogVerbosityLevel;
        options.InterOpNumThreads = InterOpNumThreads;
        options.IntraOpNumThreads = IntraOpNumThreads;
        options.GraphOptimizationLevel = GraphOptimizationLevel;
        options.ExecutionMode = ExecutionMode;
    }
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
