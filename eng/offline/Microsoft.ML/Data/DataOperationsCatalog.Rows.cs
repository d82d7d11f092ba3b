using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

public sealed partial class DataOperationsCatalog
{
    /// <summary>Keeps columns in memory once they were read; those named are read at once.</summary>
    public IDataView Cache(IDataView input, params string[] columnsToPrefetch)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new CacheDataView(_env, input, (columnsToPrefetch ?? []).Select(name =>
            input.Schema.GetColumnOrNull(name) ?? throw Check.MissingColumn(nameof(columnsToPrefetch), "prefetch", name)));
    }

    /// <summary>Rows in random order, always the same one.</summary>
    public IDataView ShuffleRows(IDataView input, int? seed = null, int shufflePoolSize = 1000, bool shuffleSource = true)
    {
        ArgumentNullException.ThrowIfNull(input);
        Check.Parameter(shufflePoolSize > 0, nameof(shufflePoolSize), "Must be positive");
        return new ShuffledDataView(_env, input, seed, shufflePoolSize, shuffleSource);
    }

    /// <summary>The rows after the first.</summary>
    public IDataView SkipRows(IDataView input, long count)
    {
        ArgumentNullException.ThrowIfNull(input);
        Check.Parameter(count > 0, nameof(count), "Must be greater than zero.");
        return new SkipTakeDataView(_env, input, count, long.MaxValue);
    }

    /// <summary>The first rows.</summary>
    public IDataView TakeRows(IDataView input, long count)
    {
        ArgumentNullException.ThrowIfNull(input);
        Check.Parameter(count > 0, nameof(count), "Must be greater than zero.");
        return new SkipTakeDataView(_env, input, 0, count);
    }

    /// <summary>The rows with a number from <paramref name="lowerBound"/> up to but without <paramref name="upperBound"/>.</summary>
    public IDataView FilterRowsByColumn(
        IDataView input, string columnName, double lowerBound = double.NegativeInfinity, double upperBound = double.PositiveInfinity)
    {
        ArgumentNullException.ThrowIfNull(input);
        Check.NonEmpty(columnName, nameof(columnName));
        Check.Parameter(lowerBound < upperBound, nameof(upperBound), $"Must be greater than {nameof(lowerBound)}");
        var column = input.Schema[columnName];
        if (column.Type is not NumberDataViewType)
            throw Check.ColumnType(nameof(columnName), "filter", columnName, "number", column.Type.ToString());
        var number = RowNumber.ValueOrNull(column);
        // as in the package, whole numbers are refused
        Check.Parameter(number is not null, nameof(columnName),
            $"Column '{columnName}' does not have compatible type: it must be Single or Double.");
        return Filter("RangeFilter", input, column, number, value => lowerBound <= value && value < upperBound);
    }

    /// <summary>The rows without missing values in the columns.</summary>
    public IDataView FilterRowsByMissingValues(IDataView input, params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(input);
        Check.Parameter(columns is { Length: > 0 }, nameof(columns), "At least one column is needed.");
        DataViewSchema.Column[] tested = [.. columns.Select(name =>
            input.Schema.GetColumnOrNull(name) ?? throw Check.MissingColumn(nameof(columns), "input", name))];
        foreach (var column in tested)
            Check.Parameter(MissingTest.Knows(column.Type), nameof(columns),
                $"Column '{column.Name}' has type {column.Type} which does not support missing values, so we cannot filter on them");
        return new FilteredDataView(_env, "MissingValueFilter", input, [.. tested.Select(column => column.Index)], row =>
        {
            Func<bool>[] tests = [.. tested.Select(column => MissingTest.Create(row, column))];
            return () => !Array.Exists(tests, isMissing => isMissing());
        });
    }

    private FilteredDataView Filter(
        string name, IDataView input, DataViewSchema.Column column, Func<DataViewRow, Func<double>> number, Func<double, bool> test) =>
        new(_env, name, input, [column.Index], row =>
        {
            var value = number(row);
            return () => test(value());
        });
}
