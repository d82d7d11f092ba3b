using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The rows of a text file, parsed on several threads.</summary>
internal sealed class TextDataView : IDataView
{
    private const int BadValuesShown = 10;

    private readonly IHost _host;
    private readonly string _path;
    private readonly TextColumn[] _columns;
    private readonly char _separator;
    private readonly bool _hasHeader;
    private readonly bool _trimWhitespace;

    public TextDataView(IHostEnvironment env, string path, TextColumn[] columns, char separator, bool hasHeader, bool trimWhitespace)
    {
        _host = env.Register("TextLoader");
        Check.Parameter(columns.Length > 0, nameof(columns), "Columns are needed.");
        Check.Parameter(IsAllowed(separator), nameof(separator), "Illegal separator");
        _path = path;
        _columns = columns;
        _separator = separator;
        _hasHeader = hasHeader;
        _trimWhitespace = trimWhitespace;
        var builder = new DataViewSchema.Builder();
        foreach (var column in _columns)
            builder.AddColumn(column.Name, column.Type);
        Schema = builder.ToSchema();
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = ColumnSet.Of(columnsNeeded, Schema);
        return new MergedCursor(ParallelCursor.Merge(GetRowCursorSet(active.Columns, ParallelCursor.ThreadCount)), active, _host);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        var active = ColumnSet.Of(columnsNeeded, Schema);
        var count = Math.Clamp(n, 1, 2 * ParallelCursor.ThreadCount);
        var lines = new TextLines(_path, _hasHeader, count);
        var badValues = 0;
        return [.. Enumerable.Range(0, count).Select(_ => new Cursor(this, lines, active, Report))];

        void Report(string message)
        {
            if (Interlocked.Increment(ref badValues) > BadValuesShown)
                return;
            using var channel = _host.Start("ParseStats");
            channel.Info(MessageSensitivity.Schema, message);
        }
    }

    private static bool IsAllowed(char separator) =>
        separator == '\t' || (separator >= ' ' && separator != '"' && !char.IsAsciiDigit(separator));

    /// <summary>Says what went wrong in another thread.</summary>
    private sealed class MergedCursor(DataViewRowCursor input, ColumnSet active, IHost host) : LinkedCursor(input, active, host)
    {
        protected override bool MoveInput()
        {
            try
            {
                return Input.MoveNext();
            }
            catch (InvalidOperationException exception) when (exception.InnerException is { } cause)
            {
                throw new FormatException($"Parsing failed with an exception: {cause.Message}", cause);
            }
        }
    }

    /// <summary>Parses the batches of rows that it can get hold of.</summary>
    private sealed class Cursor : DataViewRowCursor
    {
        private readonly TextLines _lines;
        private readonly TextFields _fields;
        private readonly Delegate[] _getters;
        private readonly List<TextColumnParser> _parsers = [];
        private TextLines.Batch _batch;
        private int _index;
        private long _position = -1;
        private bool _disposed;

        public Cursor(TextDataView parent, TextLines lines, ColumnSet active, Action<string> reportBadValue)
        {
            Schema = parent.Schema;
            _lines = lines;
            _fields = new TextFields(parent._separator, parent._trimWhitespace);
            _getters = new Delegate[Schema.Count];
            foreach (var column in active.Columns)
            {
                var parser = parent._columns[column.Index].MakeParser(reportBadValue);
                _parsers.Add(parser);
                _getters[column.Index] = parser.MakeGetter(CheckOnRow);
            }
        }

        public override DataViewSchema Schema { get; }

        public override long Position => _position;

        public override long Batch => _batch?.Number ?? -1;

        public override bool MoveNext()
        {
            if (_disposed)
                return false;
            if (_batch is null || ++_index == _batch.Lines.Count)
            {
                _batch = _lines.Next();
                _index = 0;
            }
            if (_batch is null)
            {
                Dispose();
                return false;
            }
            var (number, text) = _batch.Lines[_index];
            _fields.Split(text);
            foreach (var parser in _parsers)
                parser.Parse(_fields.Fields, number);
            _position++;
            return true;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) =>
        {
            CheckOnRow();
            value = new DataViewRowId((ulong)(_batch.FirstRow + _index), 0);
        };

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters[column.Index] is not null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Check.State(IsColumnActive(column), $"Column '{column.Name}' is not active.");
            return CursorErrors.Cast<TValue>(_getters[column.Index], column);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_disposed)
            {
                _disposed = true;
                _position = -1;
                _lines.Dispose();
            }
            base.Dispose(disposing);
        }

        private void CheckOnRow() => Check.State(_position >= 0, CursorErrors.NotOnRow);
    }
}
