namespace Microsoft.ML.Runtime;

/// <summary>Adds to an exception where it came from.</summary>
public interface IExceptionContext
{
    string ContextDescription { get; }

    TException Process<TException>(TException ex)
        where TException : Exception;
}

/// <summary>Starts channels for messages.</summary>
public interface IChannelProvider : IExceptionContext
{
    IChannel Start(string name);

    IPipe<TMessage> StartPipe<TMessage>(string name);
}

/// <summary>What components live in: registers them, which gives each its own source of randomness.</summary>
public interface IHostEnvironment : IChannelProvider
{
    /// <summary>A host for a component; its randomness follows the seed, or else that of this environment and the order of calls.</summary>
    IHost Register(string name, int? seed = null, bool? verbose = null);
}

/// <summary>The environment of one component.</summary>
public interface IHost : IHostEnvironment
{
    /// <summary>Not safe for several threads.</summary>
    Random Rand { get; }
}

/// <summary>What <see cref="MLContext"/> and every host know besides.</summary>
internal interface IHostEnvironmentInternal : IHostEnvironment
{
    int? Seed { get; }

    bool FallbackToCpu { get; }

    int? GpuDeviceId { get; }

    void SetOption<T>(string name, T value);

    T GetOptionOrDefault<T>(string name);
}
