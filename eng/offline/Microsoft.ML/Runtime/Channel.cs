using System.Diagnostics;

namespace Microsoft.ML.Runtime;

/// <summary>A channel that hands its messages to a listener, with the start and the end of the task among them.</summary>
internal sealed class Channel : IChannel
{
    private readonly IExceptionContext _owner;
    private readonly string _name;
    private readonly string _fullName;
    private readonly Action<string, ChannelMessage> _listener;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private bool _disposed;

    public Channel(IExceptionContext owner, string name, string fullName, Action<string, ChannelMessage> listener)
    {
        _owner = owner;
        _name = name;
        _fullName = fullName;
        _listener = listener;
        Trace(MessageSensitivity.None, "Channel started");
    }

    public string ContextDescription => _fullName;

    public void Send(ChannelMessage msg) => _listener?.Invoke(_fullName, msg);

    public void Trace(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Trace, fmt));

    public void Trace(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new(ChannelMessageKind.Trace, fmt, args));

    public void Error(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Error, fmt));

    public void Error(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new(ChannelMessageKind.Error, fmt, args));

    public void Warning(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Warning, fmt));

    public void Warning(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new(ChannelMessageKind.Warning, fmt, args));

    public void Info(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Info, fmt));

    public void Info(MessageSensitivity sensitivity, string fmt, params object[] args) =>
        Send(new(ChannelMessageKind.Info, fmt, args));

    public TException Process<TException>(TException ex)
        where TException : Exception
    {
        var processed = _owner.Process(ex);
        if (processed is not null)
            processed.Data["Phase"] = _name;
        return processed;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Trace(MessageSensitivity.None, "Channel finished. Elapsed {0:c}.", _watch.Elapsed);
        Trace(MessageSensitivity.None, "Channel disposed");
    }
}
