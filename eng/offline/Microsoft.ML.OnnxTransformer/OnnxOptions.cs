namespace Microsoft.ML.Transforms.Onnx;

/// <summary>Options of <c>ApplyOnnxModel</c>.</summary>
public sealed class OnnxOptions
{
    public string ModelFile;

    /// <summary>The inputs of the model, which are the names of columns.</summary>
    public string[] InputColumns;

    /// <summary>The outputs of the model, which become columns.</summary>
    public string[] OutputColumns;

    /// <summary>The GPU to run on; by default that of the context, or else none.</summary>
    public int? GpuDeviceId;

    public bool FallbackToCpu;

    /// <summary>Shapes that replace unknown dimensions of the model's.</summary>
    public IDictionary<string, int[]> ShapeDictionary;

    public int? InterOpNumThreads;

    public int? IntraOpNumThreads;
}
