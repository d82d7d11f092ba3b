using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>The environment of an application, and the catalogs to start from.</summary>
public sealed class MLContext : IHostEnvironmentInternal
{
    private readonly LocalEnvironment _env;

    public MLContext(int? seed = null)
    {
        _env = new LocalEnvironment(seed)
        {
            Listener = (source, message) => Log?.Invoke(this, new LoggingEventArgs(message.Message, message.Kind, source)),
        };
        Transforms = new TransformsCatalog(_env);
        Model = new ModelOperationsCatalog(_env);
        Data = new DataOperationsCatalog(_env);
    }

    public event EventHandler<LoggingEventArgs> Log;

    public TransformsCatalog Transforms { get; }

    public ModelOperationsCatalog Model { get; }

    public DataOperationsCatalog Data { get; }

    /// <summary>Where temporary files go; this implementation writes none.</summary>
    public string TempFilePath { get; set; } = Path.GetTempPath();

    public bool FallbackToCpu
    {
        get => _env.FallbackToCpu;
        set => _env.FallbackToCpu = value;
    }

    public int? GpuDeviceId
    {
        get => _env.GpuDeviceId;
        set => _env.GpuDeviceId = value;
    }

    int? IHostEnvironmentInternal.Seed => _env.Seed;

    string IExceptionContext.ContextDescription => _env.ContextDescription;

    void IHostEnvironmentInternal.SetOption<T>(string name, T value) => _env.SetOption(name, value);

    T IHostEnvironmentInternal.GetOptionOrDefault<T>(string name) => _env.GetOptionOrDefault<T>(name);

    TException IExceptionContext.Process<TException>(TException ex) => _env.Process(ex);

    IHost IHostEnvironment.Register(string name, int? seed, bool? verbose) => _env.Register(name, seed, verbose);

    IChannel IChannelProvider.Start(string name) => _env.Start(name);

    IPipe<TMessage> IChannelProvider.StartPipe<TMessage>(string name) => _env.StartPipe<TMessage>(name);
}
