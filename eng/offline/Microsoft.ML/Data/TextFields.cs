using System.Text;

namespace Microsoft.ML.Data;

/// <summary>Splits lines into fields.</summary>
internal sealed class TextFields(TextLoader.Options options)
{
    private readonly char[] _separators = options.Separators;
    private readonly bool _spaceSeparates = options.Separators.Contains(' ');
    private readonly List<ReadOnlyMemory<char>> _fields = [];

    /// <summary>The fields of the line that was split last.</summary>
    public IReadOnlyList<ReadOnlyMemory<char>> Fields => _fields;

    public void Split(string line)
    {
        _fields.Clear();
        var rest = line.AsMemory();
        if (options.TrimWhitespace)
            rest = rest.TrimEnd();
        while (true)
        {
            if (!_spaceSeparates)
                rest = rest.TrimStart(' ');
            var length = options.AllowQuoting && rest.Span.StartsWith("\"") ? AddQuoted(rest) : AddPlain(rest);
            if (length == rest.Length)
                return;
            rest = rest[(length + 1)..];
        }
    }

    private int AddPlain(ReadOnlyMemory<char> rest)
    {
        var length = rest.Span.IndexOfAny(_separators);
        _fields.Add(length < 0 ? rest : rest[..length]);
        return length < 0 ? rest.Length : length;
    }

    /// <summary>
    /// Adds a field in quotes, in which two quotes stand for one. As in the package, a field that is not well formed is taken as empty.
    /// </summary>
    private int AddQuoted(ReadOnlyMemory<char> rest)
    {
        var text = rest.Span;
        var content = new StringBuilder();
        var next = 1;
        var isClosed = false;
        while (!isClosed && next < text.Length)
        {
            var isQuote = text[next] == '"';
            if (isQuote && next + 1 < text.Length && text[next + 1] == '"')
                next++;
            else
                isClosed = isQuote;
            if (!isClosed)
                content.Append(text[next]);
            next++;
        }
        var end = text[next..].IndexOfAny(_separators);
        var length = end < 0 ? text.Length : next + end;
        var isWellFormed = isClosed && text[next..length].Trim(' ').IsEmpty;
        _fields.Add(isWellFormed ? content.ToString().AsMemory() : default);
        return length;
    }
}
