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
        // as in the package, whole numbers are refused
        if (column.Type != NumberDataViewType.Single && column.Type != NumberDataViewType.Double)
            throw Check.ColumnType(nameof(columnName), "filter", columnName, "Single or Double", column.Type.ToString());
        return new FilteredDataView(_env, "RangeFilter", input, [column.Index], row => column.Type == NumberDataViewType.Single
            ? MakeTest<float>(row, column, value => IsInRange(value))
            : MakeTest<double>(row, column, IsInRange));

        bool IsInRange(double value) => lowerBound <= value && value < upperBound;
    }

    private static Func<bool> MakeTest<T>(DataViewRow row, DataViewSchema.Column column, Predicate<T> test)
    {
        var getter = row.GetGetter<T>(column);
        T value = default;
        return () =>
        {
            getter(ref value);
            return test(value);
        };
    }
}
