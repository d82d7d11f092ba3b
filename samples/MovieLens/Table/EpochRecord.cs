using System.Globalization;
using Common;
using Microsoft.ML.NegativeFeedback;

namespace MovieLens.Table;

/// <summary>An epoch of a training.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="BestEpoch">The best one up to it.</param>
/// <param name="Loss">Mean of the batches.</param>
/// <param name="ValidationNdcg">NDCG_p@10 of the validation users after it.</param>
/// <param name="Seconds">How long it took, validation included.</param>
internal readonly record struct TrainedEpoch(int Epoch, int BestEpoch, double Loss, double? ValidationNdcg, double Seconds)
{
    public const string Header = "epoch,best_epoch,loss,validation_ndcg_p,seconds";

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch},{BestEpoch},{Loss},{ValidationNdcg},{Seconds}");

    /// <exception cref="FormatException">They are no epoch's.</exception>
    public static TrainedEpoch Parse(ReadOnlySpan<string> fields)
    {
        if (fields.Length != Header.Split(',').Length)
            throw new FormatException($"An epoch has the fields {Header}.");
        return new TrainedEpoch(int.Parse(fields[0], CultureInfo.InvariantCulture), int.Parse(fields[1], CultureInfo.InvariantCulture), Real(fields[2]), fields[3].Length == 0 ? null : Real(fields[3]), Real(fields[4]));

        static double Real(string field) => double.Parse(field, CultureInfo.InvariantCulture);
    }
}

/// <summary>What is kept of a training's epochs beside its checkpoint, for a process that goes on is told of its own epochs alone.</summary>
internal sealed class EpochRecord : IProgress<TrainingProgress>
{
    private readonly string _path;
    private readonly IProgress<TrainingProgress> _next;
    private readonly List<TrainedEpoch> _epochs = [];
    private TimeSpan _elapsed;

    /// <param name="checkpointPath">The checkpoint; the record lies beside it.</param>
    /// <param name="next">Who else is told.</param>
    public EpochRecord(string checkpointPath, IProgress<TrainingProgress> next)
    {
        (_path, _next) = (checkpointPath + ".epochs", next);
        if (File.Exists(_path) && File.Exists(checkpointPath))
            _epochs.AddRange(File.ReadLines(_path).Select(line => TrainedEpoch.Parse(line.Split(','))));
    }

    public IReadOnlyList<TrainedEpoch> Epochs => _epochs;

    public int? BestEpoch => _epochs.Count == 0 ? null : _epochs[^1].BestEpoch;

    /// <summary>Seconds that all epochs took; null where some of them are not known.</summary>
    public double? SecondsOf(int? epochs) => _epochs.Count == epochs ? Math.Round(_epochs.Sum(epoch => epoch.Seconds), 1) : null;

    /// <summary>How many epochs a training has that has ended.</summary>
    /// <remarks>It follows from the best one, so that it is right as well where the process was killed between the last checkpoint and its report.</remarks>
    public int? EpochsOf(int maximumEpochs) => BestEpoch is { } best ? Math.Min(maximumEpochs, best + TrainingChoice.Patience) : null;

    public void Report(TrainingProgress value)
    {
        double? ndcg = value.ValidationScore is { } score ? Math.Round(score, 6) : null;
        _epochs.Add(new TrainedEpoch(value.Epoch, value.BestEpoch, Math.Round(value.Loss, 6), ndcg, Math.Round((value.Elapsed - _elapsed).TotalSeconds, 1)));
        _elapsed = value.Elapsed;
        TextFile.WriteWhole(_path, string.Concat(_epochs.Select(epoch => $"{epoch}\n")));
        _next.Report(value);
    }

    public void Delete() => File.Delete(_path);
}
