using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Sequences;

namespace Microsoft.ML.NegativeFeedback.Analysis;

/// <summary>The categories of every item of a log, a number a level, as its rows give them.</summary>
internal sealed class ItemCategories
{
    private const int NotSeen = -1;

    private readonly DataViewSchema.Column[] _columns;
    private readonly ValueTable[] _values;
    private readonly ValueTable _items;
    private readonly int[] _categories; // [item, level]

    public ItemCategories(IReadOnlyList<DataViewSchema.Column> columns, ValueTable items)
    {
        _columns = [.. columns];
        _values = [.. columns.Select(column => ValueTable.Create(column.Type))];
        _items = items;
        _categories = new int[checked(items.Count * _columns.Length)];
        _categories.AsSpan().Fill(NotSeen);
    }

    public int LevelCount => _columns.Length;

    /// <summary>Notes the categories of a row's item.</summary>
    /// <returns>An action for the row that the cursor stands on; it throws where an earlier row of the item says something else.</returns>
    public Action<int> CreateReader(DataViewRowCursor cursor)
    {
        var readers = _columns.Select((column, level) => _values[level].CreateReader(cursor, column)).ToArray();
        return item =>
        {
            for (int level = 0; level < readers.Length; level++)
            {
                int category = readers[level]();
                ref int known = ref _categories[(item * readers.Length) + level];
                if (known != NotSeen && known != category)
                    throw Contradiction(item, level, known, category, cursor.Position);
                known = category;
            }
        };
    }

    /// <summary>The items that have a category at every level.</summary>
    public int[] CompleteItems()
    {
        bool[][] isMissing = [.. _values.Select(table => Enumerable.Range(0, table.Count).Select(table.IsMissing).ToArray())];
        return [.. Enumerable.Range(0, _items.Count).Where(
            item => !Enumerable.Range(0, LevelCount).Any(level => isMissing[level][_categories[(item * LevelCount) + level]]))];
    }

    /// <summary>The level, from 0, at which two items first differ; the number of levels where they do not.</summary>
    public int FirstDifference(int item, int other)
    {
        int level = 0;
        while (level < LevelCount && _categories[(item * LevelCount) + level] == _categories[(other * LevelCount) + level])
            level++;
        return level;
    }

    private InvalidDataException Contradiction(int item, int level, int known, int category, long row)
        => new($"Item {_items.TextOf(item)} has the category '{_values[level].TextOf(category)}' in column '{_columns[level].Name}' of row {row + 1} and "
            + $"'{_values[level].TextOf(known)}' before it. A category belongs to the item: choose one for each item and join it to the log.");
}
