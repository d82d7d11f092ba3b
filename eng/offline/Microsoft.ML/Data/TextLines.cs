namespace Microsoft.ML.Data;

/// <summary>The rows of a text file, handed out in batches to the cursors that share them.</summary>
internal sealed class TextLines : IDisposable
{
    private const int BatchRows = 64;

    private readonly Lock _lock = new();
    private readonly StreamReader _reader;
    private bool _atStart = true;
    private bool _skipHeader;
    private int _users;
    private int _line;
    private long _rows;
    private long _batches;

    public TextLines(string path, bool hasHeader, int users)
    {
        _reader = new StreamReader(path);
        _skipHeader = hasHeader;
        _users = users;
    }

    /// <summary>The next rows, or null at the end.</summary>
    public Batch Next()
    {
        lock (_lock)
        {
            var lines = new List<(int Number, string Text)>(BatchRows);
            var firstRow = _rows;
            while (lines.Count < BatchRows && NextLine() is { } text)
            {
                lines.Add((_line, text));
                _rows++;
            }
            return lines.Count == 0 ? null : new Batch(_batches++, firstRow, lines);
        }
    }

    /// <summary>Closes the file when its last user has gone.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            _reader.Dispose();
    }

    // Empty lines and those that start with // are no rows, nor are those that start with # before the first row.
    private string NextLine()
    {
        while (_reader.ReadLine() is { } text)
        {
            _line++;
            if (text.Length == 0 || text.StartsWith("//", StringComparison.Ordinal) || (_atStart && text[0] == '#'))
                continue;
            _atStart = false;
            if (_skipHeader)
                _skipHeader = false;
            else
                return text;
        }
        return null;
    }

    /// <summary>Consecutive rows.</summary>
    public sealed record Batch(long Number, long FirstRow, IReadOnlyList<(int Number, string Text)> Lines);
}
