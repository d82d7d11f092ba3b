using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback.Trials;

namespace Microsoft.ML.NegativeFeedback.Sweeps;

/// <summary>Composes and runs AutoML's experiment.</summary>
internal static class RecommenderSweep
{
    /// <summary>Gives an experiment that has a pipeline the runner of its trials, on the data that it has when it runs.</summary>
    public static AutoMLExperiment SetRunner(AutoMLExperiment experiment, TrialMeasurement measurement, TrialHistory history)
    {
        bool isChecked = false;
        return experiment.SetTrialRunner(services =>
        {
            var context = (MLContext)services.GetService(typeof(MLContext))!;
            var pipeline = (SweepablePipeline?)services.GetService(typeof(SweepablePipeline))
                ?? throw new InvalidOperationException("The experiment has no pipeline: call SetPipeline before SetRecommendationMetric.");
            var datasets = services.GetService(typeof(IDatasetManager)) as ITrainValidateDatasetManager
                ?? throw new InvalidOperationException("The experiment has no rows to train and to validate on: call SetDataset(train, validation). Folds of one set are not supported, "
                    + "since what came next is known of evaluation rows alone.");
            var validationSet = datasets.LoadValidateDataset(context, null);
            if (!isChecked)
                TrialChecks.Check(measurement, pipeline, datasets.LoadTrainDataset(context, null), validationSet);
            isChecked = true;
            return new NextItemTrialRunner(context, pipeline, settings => datasets.LoadTrainDataset(context, settings), validationSet, measurement, history);
        });
    }

    /// <summary>Runs a sweep to its end, or until it is cancelled.</summary>
    public static RecommenderSweepResult Run(
        AutoCatalog catalog, SweepablePipeline pipeline, IDataView trainSet, IDataView validationSet, RecommenderSweepOptions options)
    {
        options = (RecommenderSweepOptions)options.Copy();
        Check(options);
        var measurement = new TrialMeasurement(options);
        TrialChecks.Check(measurement, pipeline, trainSet, validationSet);
        var history = new TrialHistory(measurement, ownsModels: true);
        var experiment = catalog.CreateExperiment().SetPipeline(pipeline).SetDataset(trainSet, validationSet);
        SetTrials(SetRunner(experiment, measurement, history), pipeline, options);
        try
        {
            experiment.RunAsync(options.CancellationToken).GetAwaiter().GetResult();
        }
        catch (TimeoutException) when (history.Best is null)
        {
            // what AutoML throws when no trial succeeded; the history says why
        }

        bool isCancelled = options.CancellationToken.IsCancellationRequested;
        if (history.Best is not { } best)
            throw isCancelled ? new OperationCanceledException("The sweep was cancelled before a trial had succeeded.", options.CancellationToken) : NoneSucceeded(history);
        return new RecommenderSweepResult(history.Trials, best, history.BestModel!, isCancelled);
    }

    private static void SetTrials(AutoMLExperiment experiment, SweepablePipeline pipeline, RecommenderSweepOptions options)
    {
        int trials = options.MaximumNumberOfTrials;
        if (options.Strategy == SweepStrategy.Random)
        {
            experiment.SetRandomSearchTuner();
        }
        else if (options.Strategy == SweepStrategy.Grid)
        {
            var grid = new GridTuner(pipeline, limit: trials);
            experiment.SetTuner(grid);
            trials = grid.Count;
        }

        experiment.SetMaxModelToExplore(trials);
    }

    private static void Check(RecommenderSweepOptions options)
    {
        if (!Enum.IsDefined(options.Strategy))
            throw new ArgumentOutOfRangeException(nameof(options), options.Strategy, $"{nameof(options.Strategy)} is no {nameof(SweepStrategy)}.");
        if (options.MaximumNumberOfTrials < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.MaximumNumberOfTrials,
                $"{nameof(options.MaximumNumberOfTrials)} must be at least 1.");
        }
    }

    private static InvalidOperationException NoneSucceeded(TrialHistory history)
    {
        var first = history.Trials[0];
        return new InvalidOperationException(
            $"None of {history.Trials.Count} trials succeeded. The first ({first.ParameterText}) failed with: {first.Failure!.Message}", first.Failure);
    }
}
