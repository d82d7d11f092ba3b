using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>A trial that is to be made.</summary>
public class TrialSettings
{
    /// <summary>From 0.</summary>
    public int TrialId { get; set; }

    public DateTime StartedAtUtc { get; set; }

    public DateTime? EndedAtUtc { get; set; }

    /// <summary>A point of the experiment's search space; the pipeline's is under "_pipeline_".</summary>
    public Parameter Parameter { get; set; }
}

/// <summary>What came of a trial.</summary>
public class TrialResult
{
    public TrialSettings TrialSettings { get; set; }

    public ITransformer Model { get; set; }

    /// <summary>What the experiment makes small.</summary>
    public double Loss { get; set; }

    public double Metric { get; set; }

    public double DurationInMilliseconds { get; set; }
}

/// <summary>Makes trials.</summary>
public interface ITrialRunner : IDisposable
{
    Task<TrialResult> RunAsync(TrialSettings settings, CancellationToken ct);
}

/// <summary>Proposes the parameters of the next trial.</summary>
public interface ITuner
{
    Parameter Propose(TrialSettings settings);

    void Update(TrialResult result);
}

/// <summary>Watches an experiment.</summary>
public interface IMonitor
{
    void ReportCompletedTrial(TrialResult result);

    void ReportBestTrial(TrialResult result);

    void ReportFailTrial(TrialSettings settings, Exception exception = null);

    void ReportRunningTrial(TrialSettings settings);
}
