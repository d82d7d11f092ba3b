using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Onnx;

namespace Microsoft.ML;

/// <summary>Scoring with ONNX models.</summary>
public static class OnnxCatalog
{
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string[] outputColumnNames,
        string[] inputColumnNames,
        string modelFile,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false)
    {
        var env = catalog.GetEnvironment();
        // a context that names a GPU decides for all models that name none
        if (gpuDeviceId is null && env is IHostEnvironmentInternal { GpuDeviceId: not null } context)
            (gpuDeviceId, fallbackToCpu) = (context.GpuDeviceId, context.FallbackToCpu);
        var model = new OnnxModel(env, OnnxModelSource.OfFile(modelFile), gpuDeviceId, fallbackToCpu);
        return new OnnxScoringEstimator(env, new OnnxTransformer(env, outputColumnNames, inputColumnNames, model));
    }
}
