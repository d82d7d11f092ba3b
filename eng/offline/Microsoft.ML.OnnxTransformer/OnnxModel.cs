using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>A session of a model, with its inputs and outputs. Safe for several threads.</summary>
internal sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession _session;
    private bool _disposed;

    public OnnxModel(IHostEnvironment env, OnnxModelSource source, int? gpuDeviceId, bool fallbackToCpu)
    {
        Source = source;
        try
        {
            _session = OpenSession(source, gpuDeviceId, fallbackToCpu, env.GetOnnxSessionOption() ?? new OnnxSessionOptions());
            Inputs = [.. _session.InputMetadata.Select(input => OnnxTensor.Create(input.Key, input.Value))];
            Outputs = [.. _session.OutputMetadata.Select(output => OnnxTensor.Create(output.Key, output.Value))];
        }
        catch (OnnxRuntimeException exception)
        {
            Dispose();
            throw new InvalidOperationException($"Error initializing model :{exception}", exception);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public OnnxModelSource Source { get; }

    public IReadOnlyList<OnnxTensor> Inputs { get; }

    public IReadOnlyList<OnnxTensor> Outputs { get; }

    public OnnxTensor GetInput(string name) => Find(Inputs, name, "Input");

    public OnnxTensor GetOutput(string name) => Find(Outputs, name, "Output");

    public IDisposableReadOnlyCollection<DisposableNamedOnnxValue> Run(
        IReadOnlyCollection<NamedOnnxValue> inputs, IReadOnlyCollection<string> outputNames)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _session.Run(inputs, outputNames);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _session?.Dispose();
        Source.Dispose();
    }

    private static OnnxTensor Find(IReadOnlyList<OnnxTensor> tensors, string name, string role)
    {
        if (tensors.FirstOrDefault(tensor => tensor.Name == name) is { } found)
            return found;
        var known = string.Join(",", tensors.Select(tensor => tensor.Name));
        throw new ArgumentOutOfRangeException(
            nameof(name), name, $"{role} tensor, {name}, does not exist in the ONNX model. Available names are [{known}].");
    }

    private static InferenceSession OpenSession(OnnxModelSource source, int? gpuDeviceId, bool fallbackToCpu, OnnxSessionOptions options)
    {
        try
        {
            // a native library without CUDA has no such entry point: that exception falls back to nothing, in the package neither
            return Open(gpuDeviceId is { } device ? SessionOptions.MakeSessionOptionWithCudaProvider(device) : new SessionOptions());
        }
        catch (OnnxRuntimeException) when (gpuDeviceId is not null && fallbackToCpu)
        {
            return Open(new SessionOptions());
        }

        InferenceSession Open(SessionOptions sessionOptions)
        {
            using (sessionOptions)
            {
                sessionOptions.InterOpNumThreads = options.InterOpNumThreads;
                sessionOptions.IntraOpNumThreads = options.IntraOpNumThreads;
                return source.OpenSession(sessionOptions);
            }
        }
    }
}
