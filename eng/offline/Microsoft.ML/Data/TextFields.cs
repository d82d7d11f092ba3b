namespace Microsoft.ML.Data;

/// <summary>Splits lines into fields.</summary>
internal sealed class TextFields(char separator, bool trimWhitespace)
{
    private readonly List<ReadOnlyMemory<char>> _fields = [];

    /// <summary>The fields of the line that was split last.</summary>
    public IReadOnlyList<ReadOnlyMemory<char>> Fields => _fields;

    public void Split(string line)
    {
        _fields.Clear();
        var rest = line.AsMemory();
        if (trimWhitespace)
            rest = rest.TrimEnd();
        while (true)
        {
            if (separator != ' ')
                rest = rest.TrimStart(' ');
            var length = rest.Span.IndexOf(separator);
            _fields.Add(length < 0 ? rest : rest[..length]);
            if (length < 0)
                return;
            rest = rest[(length + 1)..];
        }
    }
}
