namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>
/// Reads a file line by line as bytes, without a string a line. A byte order mark and a trailing carriage return are left out. Where
/// fields may be quoted, a line goes on through the line breaks within quotation marks.
/// </summary>
internal sealed class Utf8LineReader : IDisposable
{
    private const int MaximumLineLength = 1 << 24;
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    private readonly Stream _stream;
    private readonly string _path;
    private readonly byte? _separatorOfQuotedFields;
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private long _nextLineNumber = 1;

    /// <param name="path">The file.</param>
    /// <param name="separatorOfQuotedFields">What stands between fields that may be quoted; null where quotation marks mean nothing.</param>
    public Utf8LineReader(string path, byte? separatorOfQuotedFields = null)
    {
        _path = path;
        _separatorOfQuotedFields = separatorOfQuotedFields;
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
    }

    /// <summary>The number of the line last read, from 1; of one that goes on through line breaks, the number of its first.</summary>
    public long LineNumber { get; private set; }

    /// <summary>The next line, valid until the next call; false at the end of the file.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        int searched = 0;
        while (true)
        {
            int available = _end - _start;
            int end = FindEnd(searched);
            if (end >= 0 && end < available)
            {
                line = Take(end);
                _start++;
                return true;
            }

            searched = available;
            if (Fill())
                continue;
            if (end < 0)
                throw new InvalidDataException($"{_path}, line {_nextLineNumber}: a quoted field begins here that is never closed.");
            line = Take(available);
            return available > 0;
        }
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>
    /// Where the line ends; what has been searched is looked through again only where fields may be quoted. All that there is where it
    /// does not end there, −1 where that ends within quotation marks.
    /// </summary>
    private int FindEnd(int searched)
    {
        ReadOnlySpan<byte> text = _buffer.AsSpan(_start.._end);
        if (_separatorOfQuotedFields is { } separator)
            return QuotedFields.EndOfRecord(text, separator);
        int length = text[searched..].IndexOf((byte)'\n');
        return length < 0 ? text.Length : searched + length;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        ReadOnlySpan<byte> line = _buffer.AsSpan(_start, length);
        _start += length;
        LineNumber = _nextLineNumber;
        _nextLineNumber += 1 + (_separatorOfQuotedFields is null ? 0 : line.Count((byte)'\n'));
        if (LineNumber == 1 && line.StartsWith(ByteOrderMark))
            line = line[ByteOrderMark.Length..];
        return line.EndsWith("\r"u8) ? line[..^1] : line;
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaximumLineLength)
            {
                throw new InvalidDataException(
                    $"{_path}, line {_nextLineNumber}: longer than {MaximumLineLength} bytes; this is no file of lines"
                    + (_separatorOfQuotedFields is null ? "." : ", or a quoted field is never closed."));
            }

            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        int count = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += count;
        return count > 0;
    }
}
