using System.Collections;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>The columns of an <see cref="IDataView"/>. Names may repeat: the last column of a name hides the others.</summary>
public sealed partial class DataViewSchema : IReadOnlyList<DataViewSchema.Column>
{
    private readonly Column[] _columns;
    private readonly Dictionary<string, int> _indexOfName;

    private DataViewSchema(Column[] columns, Dictionary<string, int> indexOfName)
    {
        _columns = columns;
        _indexOfName = indexOfName;
    }

    public int Count => _columns.Length;

    public Column this[string name] =>
        GetColumnOrNull(name) ?? throw new ArgumentOutOfRangeException(nameof(name), $"Column '{name}' not found");

    public Column this[int columnIndex] => 0 <= columnIndex && columnIndex < _columns.Length
        ? _columns[columnIndex]
        : throw new ArgumentOutOfRangeException(nameof(columnIndex));

    public Column? GetColumnOrNull(string name)
    {
        if (string.IsNullOrEmpty(name))
            throw new ArgumentNullException(nameof(name));
        return _indexOfName.TryGetValue(name, out var index) ? _columns[index] : null;
    }

    public IEnumerator<Column> GetEnumerator() => ((IEnumerable<Column>)_columns).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A column in its schema.</summary>
    public struct Column
    {
        internal Column(string name, int index, bool isHidden, DataViewType type, Annotations annotations)
        {
            Name = name;
            Index = index;
            IsHidden = isHidden;
            Type = type;
            Annotations = annotations ?? Annotations.Empty;
        }

        public string Name { get; }

        public int Index { get; }

        /// <summary>Whether a later column has the same name.</summary>
        public bool IsHidden { get; }

        public DataViewType Type { get; }

        public Annotations Annotations { get; }
    }

    /// <summary>A column without a schema.</summary>
    public struct DetachedColumn
    {
        public DetachedColumn(string name, DataViewType type, Annotations annotations = null)
        {
            if (string.IsNullOrEmpty(name))
                throw new ArgumentNullException(nameof(name));
            ArgumentNullException.ThrowIfNull(type);
            Name = name;
            Type = type;
            Annotations = annotations ?? Annotations.Empty;
        }

        public DetachedColumn(Column column)
        {
            Name = column.Name;
            Type = column.Type;
            Annotations = column.Annotations;
        }

        public string Name { get; }

        public DataViewType Type { get; }

        public Annotations Annotations { get; }
    }

    /// <summary>Gathers columns into a schema.</summary>
    public sealed class Builder
    {
        private readonly List<DetachedColumn> _items;

        public Builder()
        {
            _items = [];
        }

        public void AddColumn(string name, DataViewType type, Annotations annotations = null) =>
            _items.Add(new DetachedColumn(name, type, annotations));

        public void AddColumns(IEnumerable<Column> source) => _items.AddRange(source.Select(column => new DetachedColumn(column)));

        public void AddColumns(IEnumerable<DetachedColumn> source) => _items.AddRange(source);

        public DataViewSchema ToSchema()
        {
            var last = new Dictionary<string, int>();
            for (var i = 0; i < _items.Count; i++)
                last[_items[i].Name] = i;
            var columns = _items.Select((item, i) => new Column(item.Name, i, last[item.Name] != i, item.Type, item.Annotations));
            return new DataViewSchema([.. columns], last);
        }
    }
}
