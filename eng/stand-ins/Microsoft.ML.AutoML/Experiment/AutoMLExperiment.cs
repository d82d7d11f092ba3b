using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>Makes trials until it is told to stop, and keeps the best.</summary>
public class AutoMLExperiment
{
    private readonly AutoMLExperimentSettings _settings;
    private Func<IServiceProvider, ITrialRunner> _runner;
    private Func<IServiceProvider, ITuner> _tuner;
    private IMonitor _monitor;
    private int _maximumTrials = int.MaxValue;
    private TrialResult _best;

    public AutoMLExperiment(MLContext context, AutoMLExperimentSettings settings)
    {
        _settings = settings;
        _settings.Seed ??= ((IHostEnvironmentInternal)context).Seed;
        _settings.SearchSpace ??= new SearchSpace.SearchSpace();
        Services = new ExperimentServices(context, settings);
    }

    internal ExperimentServices Services { get; }

    public AutoMLExperiment AddSearchSpace(string key, SearchSpace.SearchSpace searchSpace)
    {
        _settings.SearchSpace[key] = searchSpace;
        return this;
    }

    public AutoMLExperiment SetMaxModelToExplore(int maxModel)
    {
        Contracts.CheckParam(maxModel > 0, nameof(maxModel), "maxModel has to be greater than 0");
        _maximumTrials = maxModel;
        return this;
    }

    public AutoMLExperiment SetMonitor<TMonitor>(TMonitor monitor)
        where TMonitor : class, IMonitor
    {
        _monitor = monitor;
        return this;
    }

    public AutoMLExperiment SetTrialRunner<TTrialRunner>(Func<IServiceProvider, TTrialRunner> factory)
        where TTrialRunner : class, ITrialRunner
    {
        _runner = factory;
        return this;
    }

    public AutoMLExperiment SetTrialRunner<TTrialRunner>(TTrialRunner runner)
        where TTrialRunner : class, ITrialRunner
        => SetTrialRunner(_ => runner);

    public AutoMLExperiment SetTuner<TTuner>(Func<IServiceProvider, TTuner> factory)
        where TTuner : class, ITuner
    {
        _tuner = factory;
        return this;
    }

    public AutoMLExperiment SetTuner<TTuner>(TTuner proposer)
        where TTuner : class, ITuner
        => SetTuner(_ => proposer);

    /// <summary>The best trial, as <see cref="RunAsync"/>; what that throws comes in an <see cref="AggregateException"/>.</summary>
    public TrialResult Run() => RunAsync().Result;

    /// <summary>
    /// The best trial. Cancelling ends the running trial and gives the best so far. A trial that throws ends the experiment when none has succeeded before it.
    /// </summary>
    /// <exception cref="TimeoutException">No trial succeeded.</exception>
    public async Task<TrialResult> RunAsync(CancellationToken ct = default)
    {
        _runner(Services);
        var tuner = _tuner(Services);
        for (int trial = 0; trial < _maximumTrials && !ct.IsCancellationRequested; trial++)
        {
            var settings = new TrialSettings { TrialId = trial, Parameter = Parameter.CreateNestedParameter(), StartedAtUtc = DateTime.UtcNow };
            settings.Parameter = tuner.Propose(settings);
            _monitor?.ReportRunningTrial(settings);
            try
            {
                using var runner = _runner(Services);
                var result = await runner.RunAsync(settings, ct);
                result.TrialSettings.EndedAtUtc = DateTime.UtcNow;
                Finish(result, tuner);
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                settings.EndedAtUtc = DateTime.UtcNow;
                _monitor?.ReportFailTrial(settings, exception);
                tuner.Update(new TrialResult { TrialSettings = settings, Loss = double.MaxValue });
                if (_best is null && exception is not (OperationCanceledException or OutOfMemoryException))
                    throw;
            }
            catch (Exception) when (ct.IsCancellationRequested)
            {
                break;
            }
        }

        return _best ?? throw new TimeoutException("Training time finished without completing a successful trial. "
            + "Either no trial completed or the metric for all completed trials are NaN or Infinity");
    }

    private void Finish(TrialResult result, ITuner tuner)
    {
        _monitor?.ReportCompletedTrial(result);
        tuner.Update(result);
        if (result.Loss < (_best?.Loss ?? double.MaxValue))
        {
            _best = result;
            _monitor?.ReportBestTrial(result);
        }
    }

    /// <summary>What an experiment is made with.</summary>
    public class AutoMLExperimentSettings
    {
        /// <summary>Null for the context's.</summary>
        public int? Seed { get; set; }

        public SearchSpace.SearchSpace SearchSpace { get; set; }
    }
}
