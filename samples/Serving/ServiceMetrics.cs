using System.Diagnostics;
using System.Diagnostics.Metrics;
using Serving.Scoring;

namespace Serving;

/// <summary>What OpenTelemetry is told beside what ASP.NET Core and Orleans tell of themselves.</summary>
internal sealed class ServiceMetrics
{
    public const string MeterName = "Serving";

    private readonly Histogram<int> _batchSize;
    private readonly Histogram<double> _batchDuration, _recommendationDuration, _viewDuration;
    private readonly Counter<long> _refusals, _modelSwaps;

    public ServiceMetrics(IMeterFactory meters, ModelHolder model)
    {
        var meter = meters.Create(MeterName);
        var milliseconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] };
        _batchSize = meter.CreateHistogram("serving.batch.size", "{history}", "Histories scored at once.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] });
        _batchDuration = meter.CreateHistogram("serving.batch.duration", "s", "Time of scoring a batch.", advice: milliseconds);
        _recommendationDuration = meter.CreateHistogram("serving.recommendation.duration", "s", "Time from a request to its recommendations.", advice: milliseconds);
        _viewDuration = meter.CreateHistogram("serving.view.duration", "s", "Time until a view is stored.", advice: milliseconds);
        _refusals = meter.CreateCounter<long>("serving.refusals", "{request}", "Requests that were turned away for too much load, by reason.");
        _modelSwaps = meter.CreateCounter<long>("serving.model.swaps", "{file}", "Model files that were found, served or refused.");
        meter.CreateObservableGauge("serving.model.items", () => new Measurement<int>(model.ItemCount, new KeyValuePair<string, object?>("version", model.Version)),
            "{item}", "Items of the model that is served, with its version.");
    }

    public T MeasureBatch<T>(int size, Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        var result = work();
        _batchSize.Record(size);
        _batchDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);
        return result;
    }

    public void Recommended(long start) => _recommendationDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);

    public void ViewStored(long start) => _viewDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);

    public void Refused(string reason) => _refusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void ModelSwapped(bool isRefused) => _modelSwaps.Add(1, new KeyValuePair<string, object?>("outcome", isRefused ? "refused" : "served"));
}
