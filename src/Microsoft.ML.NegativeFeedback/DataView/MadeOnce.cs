namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>
/// A value that is made when it is first asked for, and kept. Where making it fails, whoever asks next makes it anew, for a file may have been mended meanwhile; a
/// <see cref="Lazy{T}"/> either keeps the exception or has several threads make the value at once.
/// </summary>
internal sealed class MadeOnce<T>(Func<T> make)
    where T : class
{
    private readonly Lock _making = new();
    private volatile T? _value;

    /// <summary>The value, if it is there.</summary>
    public T? ValueOrNull => _value;

    public T Value
    {
        get
        {
            if (_value is { } value)
                return value;
            lock (_making)
                return _value ??= make();
        }
    }
}
