using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

public sealed partial class DataOperationsCatalog
{
    /// <summary>
    /// Splits rows in two. Without a sampling column, each row draws lots, always the same ones for a seed. Rows that agree in the sampling
    /// column go together: by its hash; but, as in the package, keys and real numbers by their order, the first ones into the test set,
    /// and rows without a value nowhere.
    /// </summary>
    public TrainTestData TrainTestSplit(IDataView data, double testFraction = 0.1, string samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        Check.Parameter(0 < testFraction && testFraction < 1, nameof(testFraction), "Must be between 0 and 1 exclusive");
        var seedToUse = seed ?? ((IHostEnvironmentInternal)_env).Seed;
        if (samplingKeyColumnName is null)
            return new TrainTestData(DrawLots(value => value >= testFraction), DrawLots(value => value < testFraction));

        var column = data.Schema.GetColumnOrNull(samplingKeyColumnName)
            ?? throw Check.MissingColumn(nameof(samplingKeyColumnName), "SamplingKeyColumn", samplingKeyColumnName);
        var number = column.Type is KeyDataViewType ? RowNumber.ValueOrNull(column)
            : RowNumber.ValueOrNull(column) is not null ? RowNumber.MinMaxScaled(data, column)
            : RowNumber.Hashed(column, (uint?)seedToUse ?? 314489979);
        return new TrainTestData(
            Filter("RangeFilter", data, column, number, value => value < 0 || value >= testFraction),
            Filter("RangeFilter", data, column, number, value => 0 <= value && value < testFraction));

        FilteredDataView DrawLots(Func<float, bool> test) => new(_env, "RangeFilter", data, [], _ =>
        {
            var random = new HybridTausworthe(seedToUse ?? 42);
            return () => test(random.NextFraction());
        }, inOrder: true);
    }

    /// <summary>Two parts of some rows.</summary>
    public struct TrainTestData
    {
        public readonly IDataView TrainSet;
        public readonly IDataView TestSet;

        internal TrainTestData(IDataView trainSet, IDataView testSet)
        {
            TrainSet = trainSet;
            TestSet = testSet;
        }
    }
}
