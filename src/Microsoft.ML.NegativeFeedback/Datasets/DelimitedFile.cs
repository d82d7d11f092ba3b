using System.Text;

namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>The form of a delimited text file.</summary>
/// <param name="Separator">What stands between two fields of a line, in ASCII.</param>
/// <param name="HasHeader">
/// Whether the first line names the fields. A name ends at a colon (RecBole writes the type behind it). Without a header a line
/// has the fields of <paramref name="Columns"/> in their order and no others.
/// </param>
/// <param name="Columns">The columns to read.</param>
internal sealed record DelimitedFormat(string Separator, bool HasHeader, params DelimitedColumn[] Columns)
{
    /// <summary>Whether fields may be quoted; the separator is one character then.</summary>
    public bool HasQuotedFields { get; init; }

    public Utf8LineReader Open(string path) => new(path, HasQuotedFields ? (byte)Separator[0] : null);
}

/// <summary>
/// A delimited text file as a data view; lines are parsed while a cursor runs, and of them the columns that it was asked for. Empty lines are passed over.
/// </summary>
internal sealed class DelimitedFile : StreamedDataView
{
    private readonly string _path;
    private readonly DelimitedFormat _format;
    private readonly string[] _fields;
    private readonly int[] _fieldOfColumn;

    /// <summary>Opens the file far enough to check its header.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The header lacks a column or names it twice, or the file is empty where a header is due, or its lines end in carriage returns alone.
    /// </exception>
    public DelimitedFile(string path, DelimitedFormat format)
        : base(SchemaOf(format))
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        _path = path;
        _format = format;
        _fields = format.HasHeader ? ReadHeader(path, format) : [.. format.Columns.Select(column => column.Field)];
        _fieldOfColumn = [.. format.Columns.Select(column => Array.IndexOf(_fields, column.Field))];
        int missing = Array.IndexOf(_fieldOfColumn, -1);
        if (missing >= 0)
        {
            throw new InvalidDataException($"{path}, line 1: the header has no field '{format.Columns[missing].Field}'; "
                + $"it names {string.Join(", ", _fields)}.");
        }

        if (format.Columns.FirstOrDefault(column => _fields.Count(field => field == column.Field) > 1) is { } twice)
        {
            throw new InvalidDataException($"{path}, line 1: the header names '{twice.Field}' twice, and which is meant cannot be told: "
                + "give the fields different names.");
        }
    }

    /// <summary>The names of the fields, which the first line holds.</summary>
    /// <exception cref="InvalidDataException">The file is empty, or its lines end in carriage returns alone.</exception>
    public static string[] ReadHeader(string path, DelimitedFormat format)
    {
        using var lines = format.Open(path);
        if (!lines.TryRead(out var line))
            throw new InvalidDataException($"{path} is empty: expected a header line that names its fields.");
        if (line.Contains((byte)'\r'))
        {
            throw new InvalidDataException($"{path}, line 1: a carriage return stands in the header. Where lines end in carriage returns alone, as on old "
                + "Macintoshes, convert them to line feeds.");
        }

        return [.. Encoding.UTF8.GetString(line).Split(format.Separator).Select(field => field.Split(':')[0].Trim().Trim('"'))];
    }

    public override DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => new Cursor(this, columnsNeeded);

    private static DataViewSchema SchemaOf(DelimitedFormat format)
    {
        var builder = new DataViewSchema.Builder();
        foreach (var column in format.Columns)
            builder.AddColumn(column.Name, column.Type);
        return builder.ToSchema();
    }

    private sealed class Cursor : SourceCursor
    {
        private readonly DelimitedFile _file;
        private readonly Utf8LineReader _lines;
        private readonly byte[] _separator;
        private readonly Range[] _ranges;
        private readonly ParsedField?[] _columns; // null where the column is not active

        public Cursor(DelimitedFile file, IEnumerable<DataViewSchema.Column> columnsNeeded)
            : base(file.Schema, columnsNeeded)
        {
            _file = file;
            _separator = Encoding.ASCII.GetBytes(file._format.Separator);
            _ranges = new Range[file._fields.Length];
            _columns = [.. file._format.Columns.Select((column, i) => IsColumnActive(file.Schema[i]) ? column.CreateField() : null)];
            _lines = file._format.Open(file._path);
        }

        protected override bool Advance()
        {
            ReadOnlySpan<byte> line;
            do
            {
                if (!_lines.TryRead(out line))
                    return false;
            }
            while (line.IsEmpty || (_lines.LineNumber == 1 && _file._format.HasHeader));

            Split(line);
            for (int i = 0; i < _columns.Length; i++)
            {
                if (_columns[i] is not { } parsed)
                    continue;
                var field = line[_ranges[_file._fieldOfColumn[i]]];
                if (_file._format.HasQuotedFields)
                    field = QuotedFields.Unquote(field);
                if (parsed.TryParse(field))
                    continue;
                var column = _file._format.Columns[i];
                throw Malformed($"{column.Field} is '{Shorten(field)}': expected {column.Expected}.");
            }

            return true;
        }

        protected override Delegate CreateGetter(int columnIndex) => _columns[columnIndex]!.CreateGetter();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _lines.Dispose();
            base.Dispose(disposing);
        }

        private static string Shorten(ReadOnlySpan<byte> text)
        {
            const int Length = 60;
            return text.Length <= Length ? Encoding.UTF8.GetString(text) : Encoding.UTF8.GetString(text[..Length]) + "…";
        }

        private void Split(ReadOnlySpan<byte> line)
        {
            int count = 0;
            int start = 0;
            while (true)
            {
                int end = EndOfField(line, start);
                if (count < _ranges.Length)
                    _ranges[count] = start..end;
                count++;
                if (end == line.Length)
                    break;
                start = end + _separator.Length;
            }

            if (count != _ranges.Length)
            {
                string separator = _file._format.Separator == "\t" ? "a tab" : $"'{_file._format.Separator}'";
                throw Malformed($"'{Shorten(line)}' has {count} field(s): expected {string.Join(", ", _file._fields)} "
                    + $"with {separator} between them.");
            }
        }

        private int EndOfField(ReadOnlySpan<byte> line, int start)
        {
            if (_file._format.HasQuotedFields)
                return QuotedFields.EndOfField(line, start, _separator[0]);
            int length = line[start..].IndexOf(_separator);
            return length < 0 ? line.Length : start + length;
        }

        private InvalidDataException Malformed(string what) => new($"{_file._path}, line {_lines.LineNumber}: {what}");
    }
}
