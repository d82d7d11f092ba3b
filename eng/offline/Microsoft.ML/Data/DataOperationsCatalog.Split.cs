using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

public sealed partial class DataOperationsCatalog
{
    /// <summary>Splits rows in two: each draws lots, always the same ones for a seed.</summary>
    public TrainTestData TrainTestSplit(IDataView data, double testFraction = 0.1, string samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        Check.Parameter(0 < testFraction && testFraction < 1, nameof(testFraction), "Must be between 0 and 1 exclusive");
        if (samplingKeyColumnName is not null)
            throw new NotSupportedException("This implementation splits by no sampling column; it needs the package Microsoft.ML.");
        var seedToUse = seed ?? ((IHostEnvironmentInternal)_env).Seed ?? 42;
        return new TrainTestData(DrawLots(value => value >= testFraction), DrawLots(value => value < testFraction));

        FilteredDataView DrawLots(Func<float, bool> test) => new(_env, "RangeFilter", data, [], _ =>
        {
            var random = new HybridTausworthe(seedToUse);
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
