using System.Collections.Concurrent;

namespace Microsoft.ML.Runtime;

/// <summary>The environment behind <see cref="MLContext"/>, and the hosts that it registers.</summary>
internal class LocalEnvironment : IHostEnvironmentInternal
{
    private readonly ConcurrentDictionary<string, object> _options = new();
    private readonly object _registering = new();
    private readonly Random _random;

    public LocalEnvironment(int? seed)
        : this(seed, seed is null ? new HybridTausworthe(new Random()) : new HybridTausworthe(seed.Value))
    {
    }

    private LocalEnvironment(int? seed, Random random)
    {
        Seed = seed;
        _random = random;
    }

    public int? Seed { get; }

    public bool FallbackToCpu { get; set; }

    public int? GpuDeviceId { get; set; }

    public string ContextDescription => "HostEnvironment";

    /// <summary>Where the messages of all channels go: source and message.</summary>
    internal Action<string, ChannelMessage> Listener { get; init; }

    protected virtual string FullName => null;

    protected virtual LocalEnvironment Parent => null;

    public IHost Register(string name, int? seed = null, bool? verbose = null)
    {
        Check.NonEmpty(name, nameof(name));
        lock (_registering)
        {
            var random = seed is null ? new HybridTausworthe(_random) : new HybridTausworthe(seed.Value);
            return new Host(this, name, random) { Listener = Listener };
        }
    }

    public IChannel Start(string name)
    {
        Check.NonEmpty(name, nameof(name));
        return new Channel(this, name, QualifiedName(FullName, name), Listener);
    }

    public IPipe<TMessage> StartPipe<TMessage>(string name)
    {
        Check.NonEmpty(name, nameof(name));
        return typeof(TMessage) == typeof(ChannelMessage)
            ? (IPipe<TMessage>)Start(name)
            : new SilentPipe<TMessage>(this);
    }

    public virtual TException Process<TException>(TException ex)
        where TException : Exception
    {
        if (ex is not null)
            ex.Data["Throwing component"] = "Environment";
        return ex;
    }

    public void SetOption<T>(string name, T value) => _options[name] = value;

    public T GetOptionOrDefault<T>(string name) => (T)_options.GetOrAdd(name, default(T));

    private static string QualifiedName(string owner, string name) => owner is null ? name : $"{owner}; {name}";

    private sealed class Host : LocalEnvironment, IHost
    {
        private readonly string _name;

        // Options stay behind with the parent: as in the package, a host does not see what SetOption put into the context.
        public Host(LocalEnvironment parent, string name, Random random)
            : base(parent.Seed, random)
        {
            _name = name;
            Parent = parent;
            // as in the package, a generation is left out
            FullName = QualifiedName(parent.Parent?.FullName, name);
            GpuDeviceId = parent.GpuDeviceId;
            FallbackToCpu = parent.FallbackToCpu;
        }

        public Random Rand => _random;

        protected override string FullName { get; }

        protected override LocalEnvironment Parent { get; }

        public override TException Process<TException>(TException ex)
        {
            if (ex is not null)
                ex.Data["Throwing component"] = _name;
            return ex;
        }
    }

    /// <summary>Nothing listens to other messages than the log's.</summary>
    private sealed class SilentPipe<TMessage>(IExceptionContext owner) : IPipe<TMessage>
    {
        public string ContextDescription => owner.ContextDescription;

        public TException Process<TException>(TException ex)
            where TException : Exception => owner.Process(ex);

        public void Send(TMessage msg)
        {
        }

        public void Dispose()
        {
        }
    }
}
