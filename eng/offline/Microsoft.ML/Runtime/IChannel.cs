namespace Microsoft.ML.Runtime;

/// <summary>Takes messages until it is disposed.</summary>
public interface IPipe<TMessage> : IExceptionContext, IDisposable
{
    void Send(TMessage msg);
}

/// <summary>Takes log messages of one task.</summary>
public interface IChannel : IPipe<ChannelMessage>
{
    void Trace(MessageSensitivity sensitivity, string fmt);

    void Trace(MessageSensitivity sensitivity, string fmt, params object[] args);

    void Error(MessageSensitivity sensitivity, string fmt);

    void Error(MessageSensitivity sensitivity, string fmt, params object[] args);

    void Warning(MessageSensitivity sensitivity, string fmt);

    void Warning(MessageSensitivity sensitivity, string fmt, params object[] args);

    void Info(MessageSensitivity sensitivity, string fmt);

    void Info(MessageSensitivity sensitivity, string fmt, params object[] args);
}

public enum ChannelMessageKind
{
    Trace = 0,
    Info = 1,
    Warning = 2,
    Error = 3,
}

/// <summary>What a message may give away.</summary>
[Flags]
public enum MessageSensitivity
{
    None = 0,
    UserData = 1,
    Schema = 2,
    Unknown = ~None,
    All = Unknown,
}

/// <summary>One log message.</summary>
public readonly struct ChannelMessage
{
    public readonly ChannelMessageKind Kind;

    private readonly string _format;
    private readonly object[] _arguments;

    internal ChannelMessage(ChannelMessageKind kind, string message)
    {
        Check.NonEmpty(message, nameof(message));
        Kind = kind;
        _format = message;
        _arguments = null;
    }

    internal ChannelMessage(ChannelMessageKind kind, string format, object[] arguments)
        : this(kind, format)
    {
        Check.Parameter(arguments is { Length: > 0 }, nameof(arguments), "A format needs arguments.");
        _arguments = arguments;
    }

    /// <summary>The text; a message that was sent without arguments is taken as it is, braces and all.</summary>
    public string Message => _arguments is null ? _format : string.Format(_format, _arguments);
}
