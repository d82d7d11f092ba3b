namespace Microsoft.ML.AutoML;

/// <summary>Sets the parts of an experiment.</summary>
public static class AutoMLExperimentExtension
{
    private const string PipelineOption = "_pipeline_";

    /// <summary>
    /// What is swept, and the tuner: the first trial is where the search space starts, the others are drawn from it. The package also sets a trial runner
    /// for its own metrics, which this one does not have: set one.
    /// </summary>
    public static AutoMLExperiment SetPipeline(this AutoMLExperiment experiment, SweepablePipeline pipeline)
    {
        experiment.AddSearchSpace(PipelineOption, pipeline.SearchSpace);
        experiment.Services.Pipeline = pipeline;
        return experiment.SetRandomTuner(seed: null, startsWithDefault: true);
    }

    public static AutoMLExperiment SetDataset(
        this AutoMLExperiment experiment, IDataView train, IDataView validation, bool subSamplingTrainDataset = false)
    {
        experiment.Services.Datasets = new TrainValidateDatasetManager(train, validation);
        return subSamplingTrainDataset
            ? experiment.AddSearchSpace(nameof(TrainValidateDatasetManager), TrainValidateDatasetManager.Subsampling)
            : experiment;
    }

    public static AutoMLExperiment SetRandomSearchTuner(this AutoMLExperiment experiment, int? seed = null)
        => experiment.SetRandomTuner(seed, startsWithDefault: false);

    private static AutoMLExperiment SetRandomTuner(this AutoMLExperiment experiment, int? seed, bool startsWithDefault)
        => experiment.SetTuner(services =>
        {
            var settings = (AutoMLExperiment.AutoMLExperimentSettings)services.GetService(typeof(AutoMLExperiment.AutoMLExperimentSettings));
            return new RandomSearchTuner(settings.SearchSpace, seed ?? settings.Seed, startsWithDefault);
        });
}
