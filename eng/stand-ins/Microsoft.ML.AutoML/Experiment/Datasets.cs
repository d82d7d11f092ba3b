using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.AutoML;

/// <summary>The data of an experiment.</summary>
public interface IDatasetManager
{
}

/// <summary>Rows to train on and others to validate on.</summary>
public interface ITrainValidateDatasetManager : IDatasetManager
{
    IDataView LoadTrainDataset(MLContext context, TrialSettings settings);

    IDataView LoadValidateDataset(MLContext context, TrialSettings settings);
}

internal sealed class TrainValidateDatasetManager(IDataView train, IDataView validation) : ITrainValidateDatasetManager
{
    private const string ShareOption = "TrainValidateDatasetSubsamplingKey";

    /// <summary>The share of the training rows that a trial gets, as part of the search space.</summary>
    public static SearchSpace.SearchSpace Subsampling => new() { [ShareOption] = new UniformDoubleOption(0, 1, logBase: false, 0.1) };

    /// <summary>The rows of a trial; at least ten, so that it is not empty.</summary>
    public IDataView LoadTrainDataset(MLContext context, TrialSettings settings)
    {
        if (settings?.Parameter.TryGetValue(nameof(TrainValidateDatasetManager), out var subsampling) != true)
            return train;
        double share = subsampling[ShareOption].AsType<double>();
        return context.Data.TakeRows(train, Math.Max(10, (long)(share * RowCount)));
    }

    public IDataView LoadValidateDataset(MLContext context, TrialSettings settings) => validation;

    private long RowCount
    {
        get
        {
            using var cursor = train.GetRowCursor([]);
            long rows = 0;
            while (cursor.MoveNext())
                rows++;
            return rows;
        }
    }
}
