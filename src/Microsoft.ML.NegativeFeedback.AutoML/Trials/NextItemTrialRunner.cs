using System.Diagnostics;
using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback.Trials;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Makes the trials of a sweep over recommenders: trains a pipeline on one set of rows, measures it on another, and hands a metric to AutoML to make large.
/// <c>SetRecommendationMetric</c> gives an experiment one.
/// </summary>
/// <remarks>
/// <para>A trial that throws is recorded as failed, with the worst value of the metric and an infinite loss, and the experiment goes on. Only cancellation ends it.</para>
/// <para>The trainers of this library stop when the trial is cancelled; those without validation rows of their own watch the rows that the trial is measured on for early
/// stopping, as in the protocol of PNFRec. They write no checkpoints.</para>
/// </remarks>
public sealed class NextItemTrialRunner : ITrialRunner
{
    /// <summary>Where AutoML keeps the parameters of the pipeline.</summary>
    internal const string PipelineParameter = "_pipeline_";

    private readonly MLContext _context;
    private readonly SweepablePipeline _pipeline;
    private readonly Func<TrialSettings, IDataView> _trainSet;
    private readonly IDataView _validationSet;
    private readonly TrialMeasurement _measurement;
    private readonly TrialHistory _history;

    /// <summary>A runner of trials on these rows.</summary>
    /// <param name="context">The context that trainers are made in.</param>
    /// <param name="pipeline">The pipeline, as given to the experiment's <c>SetPipeline</c>.</param>
    /// <param name="trainSet">The rows that a trial's pipeline is fitted on.</param>
    /// <param name="validationSet">The rows that it is measured on: those with what came next.</param>
    /// <param name="options">What the trials are measured by.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type, or holds what cannot be measured; an option is out of its range; a trainer does not give what is measured.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or none with what the metric needs.</exception>
    public NextItemTrialRunner(
        MLContext context, SweepablePipeline pipeline, IDataView trainSet, IDataView validationSet, RecommendationMetricOptions options)
        : this(context, pipeline, _ => trainSet, validationSet, new TrialMeasurement(options), history: null)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(trainSet);
        ArgumentNullException.ThrowIfNull(validationSet);
        TrialChecks.Check(_measurement, pipeline, trainSet, validationSet);
    }

    internal NextItemTrialRunner(
        MLContext context,
        SweepablePipeline pipeline,
        Func<TrialSettings, IDataView> trainSet,
        IDataView validationSet,
        TrialMeasurement measurement,
        TrialHistory? history)
    {
        _context = context;
        _pipeline = pipeline;
        _trainSet = trainSet;
        _validationSet = validationSet;
        _measurement = measurement;
        _history = history ?? new TrialHistory(measurement, ownsModels: false);
    }

    /// <summary>Makes a trial, on the calling thread, as AutoML's own runners do.</summary>
    /// <param name="settings">The trial's number and parameters.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The trained model with its metric; without model and with an infinite loss where the trial failed.</returns>
    /// <exception cref="OperationCanceledException">The trial was cancelled.</exception>
    public Task<TrialResult> RunAsync(TrialSettings settings, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ct.ThrowIfCancellationRequested();
        var watch = Stopwatch.StartNew();
        var surroundings = new TrialSurroundings(_measurement.Options, _validationSet, ct);
        surroundings.AttachTo(_context);
        ITransformer? model = null;
        TrialMetrics? validation = null, test = null;
        Exception? failure = null;
        double metric = _measurement.Worst;
        try
        {
            model = _pipeline.BuildFromOption(_context, settings.Parameter[PipelineParameter]).Fit(_trainSet(settings));
            var columns = ScoredColumns.Of(surroundings.TrainerOptions);
            validation = _measurement.Measure(_context, model, _validationSet, columns);
            metric = _measurement.ValueOf(validation);
            test = MeasureTestSet(model, columns, settings.TrialId, ct);
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            failure = exception;
            (model as IDisposable)?.Dispose();
            (model, validation, test, metric) = (null, null, null, _measurement.Worst);
        }
        finally
        {
            // the context may be the caller's own
            TrialSurroundings.DetachFrom(_context);
        }

        var parameters = PipelineParameters.Flatten(settings.Parameter[PipelineParameter]);
        _history.Add(new RecommendationTrial(
            settings.TrialId, parameters, surroundings.TrainerOptions, metric, validation, test, watch.Elapsed, failure), model, _context);
        return Task.FromResult(new TrialResult
        {
            TrialSettings = settings,
            Model = model,
            Metric = metric,
            Loss = failure is null ? -metric : double.PositiveInfinity,
            DurationInMilliseconds = watch.Elapsed.TotalMilliseconds,
        });
    }

    // nothing is chosen by the test set, so that a trial whose model cannot be measured on it has succeeded
    private TrialMetrics? MeasureTestSet(ITransformer model, ScoredColumns columns, int trial, CancellationToken ct)
    {
        if (_measurement.Options.TestSet is not { } testSet)
            return null;
        try
        {
            return _measurement.Measure(_context, model, testSet, columns);
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            using var channel = ((IChannelProvider)_context).Start("Sweep");
            channel.Warning(MessageSensitivity.None, "Trial {0} has no metrics of the test set, which cannot be measured: {1}", trial, exception.Message);
            return null;
        }
    }

    /// <summary>Does nothing: a runner holds nothing, and AutoML disposes the same one after every trial.</summary>
    public void Dispose()
    {
    }
}
