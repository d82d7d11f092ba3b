using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>One message of <see cref="MLContext.Log"/>.</summary>
public class LoggingEventArgs : EventArgs
{
    public LoggingEventArgs(string message, ChannelMessageKind kind, string source)
    {
        RawMessage = message;
        Kind = kind;
        Source = source;
        Message = $"[Source={Source}, Kind={Kind}] {RawMessage}";
    }

    /// <summary>The channel's name after those of the hosts it belongs to.</summary>
    public string Source { get; }

    public ChannelMessageKind Kind { get; }

    public string Message { get; }

    /// <summary>The message without source and kind.</summary>
    public string RawMessage { get; }
}
