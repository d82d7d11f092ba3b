using Microsoft.ML.Runtime;

namespace Microsoft.ML.AutoML;

/// <summary>What the parts of an experiment can ask for by type.</summary>
internal sealed class ExperimentServices(MLContext context, AutoMLExperiment.AutoMLExperimentSettings settings) : IServiceProvider
{
    private readonly IChannel _childLog = ((IChannelProvider)context).Start("AutoMLExperiment-ChildContext");

    public SweepablePipeline Pipeline { get; set; }

    public IDatasetManager Datasets { get; set; }

    public object GetService(Type serviceType)
        => serviceType == typeof(MLContext) ? CreateContext()
            : serviceType == typeof(SweepablePipeline) ? Pipeline
            : serviceType == typeof(IDatasetManager) ? Datasets
            : serviceType == typeof(AutoMLExperiment.AutoMLExperimentSettings) ? settings
            : null;

    /// <summary>A context of its own for a trial, with the seed and the devices of the main one, which its log reaches.</summary>
    private MLContext CreateContext()
    {
        var child = new MLContext(((IHostEnvironmentInternal)context).Seed)
        {
            GpuDeviceId = context.GpuDeviceId,
            FallbackToCpu = context.FallbackToCpu,
            TempFilePath = context.TempFilePath,
        };
        child.Log += (_, message) => _childLog.Send(new ChannelMessage(message.Kind, MessageSensitivity.None, message.Message));
        return child;
    }
}
