using System.Globalization;
using Common;
using Microsoft.ML.NegativeFeedback;

namespace MovieLens.Table;

/// <summary>What is kept of a training's epochs beside its checkpoint, for a process that goes on is told of its own epochs alone.</summary>
internal sealed class EpochRecord : IProgress<TrainingProgress>
{
    private readonly string _path;
    private readonly IProgress<TrainingProgress> _next;
    private readonly List<(int Epoch, int BestEpoch, double Seconds)> _epochs = [];
    private TimeSpan _elapsed;

    /// <param name="checkpointPath">The checkpoint; the record lies beside it.</param>
    /// <param name="next">Who else is told.</param>
    public EpochRecord(string checkpointPath, IProgress<TrainingProgress> next)
    {
        (_path, _next) = (checkpointPath + ".epochs", next);
        if (File.Exists(_path) && File.Exists(checkpointPath))
        {
            _epochs.AddRange(File.ReadLines(_path).Select(line => line.Split(',')).Select(fields
                => (int.Parse(fields[0], CultureInfo.InvariantCulture), int.Parse(fields[1], CultureInfo.InvariantCulture), double.Parse(fields[2], CultureInfo.InvariantCulture))));
        }
    }

    public int? BestEpoch => _epochs.Count == 0 ? null : _epochs[^1].BestEpoch;

    /// <summary>Seconds that all epochs took; null where some of them are not known.</summary>
    public double? SecondsOf(int? epochs) => _epochs.Count == epochs ? Math.Round(_epochs.Sum(epoch => epoch.Seconds), 1) : null;

    /// <summary>How many epochs a training has that has ended.</summary>
    /// <remarks>It follows from the best one, so that it is right as well where the process was killed between the last checkpoint and its report.</remarks>
    public int? EpochsOf(int maximumEpochs) => BestEpoch is { } best ? Math.Min(maximumEpochs, best + TrainingChoice.Patience) : null;

    public void Report(TrainingProgress value)
    {
        _epochs.Add((value.Epoch, value.BestEpoch, (value.Elapsed - _elapsed).TotalSeconds));
        _elapsed = value.Elapsed;
        TextFile.WriteWhole(_path, string.Concat(_epochs.Select(epoch => string.Create(CultureInfo.InvariantCulture, $"{epoch.Epoch},{epoch.BestEpoch},{epoch.Seconds}\n"))));
        _next.Report(value);
    }

    public void Delete() => File.Delete(_path);
}
