using Microsoft.ML.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sweeps;
using Microsoft.ML.NegativeFeedback.Trials;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Tuning;

/// <summary>
/// PNFRec's incremental tuning (RecSys '25, section 4.2.2): the best hyperparameters of SASRec_p, then α, then β with the rest fixed.
/// </summary>
internal sealed class PnfRecTuning
{
    private readonly AutoCatalog _catalog;
    private readonly IDataView _trainSet;
    private readonly IDataView _validationSet;
    private readonly PnfRecTuningOptions _options;
    private InvalidOperationException? _failure;

    public PnfRecTuning(AutoCatalog catalog, IDataView trainSet, IDataView validationSet, PnfRecTuningOptions options)
    {
        options = options.CopyAll();
        CheckEncoderSweep(options);
        CheckGrid(options.NegativeWeights, nameof(options.NegativeWeights));
        CheckGrid(options.ContrastiveWeights, nameof(options.ContrastiveWeights));
        _catalog = catalog;
        _trainSet = trainSet;
        _validationSet = validationSet;
        _options = options;
    }

    public PnfRecTuningResult Run()
    {
        var trainer = (PnfRecTrainer.Options)_options.Trainer.Copy();
        (trainer.NegativeWeight, trainer.ContrastiveWeight) = (0, 0);
        var encoder = Sweep(trainer, _options.EncoderSearchSpace ?? EncoderSpace(trainer), _options.EncoderStrategy, _options.MaximumNumberOfEncoderTrials);
        var negative = SweepWeight(encoder, nameof(trainer.NegativeWeight), _options.NegativeWeights);
        var contrastive = SweepWeight(negative, nameof(trainer.ContrastiveWeight), _options.ContrastiveWeights);
        bool isCancelled = _failure is null && (contrastive is null || contrastive.IsCancelled);
        return new PnfRecTuningResult(encoder, negative, contrastive, isCancelled, _failure);
    }

    /// <summary>What has a search space but the two weights.</summary>
    private static SearchSpace.SearchSpace EncoderSpace(PnfRecTrainer.Options trainer)
    {
        var space = TrainerSearchSpace.StartingFrom(trainer);
        space.Remove(nameof(trainer.NegativeWeight));
        space.Remove(nameof(trainer.ContrastiveWeight));
        return space;
    }

    /// <summary>
    /// All values of one weight with the best options of the sweep before; null where the tuning was cancelled before the first trial ended, or every trial failed: what
    /// the sweeps before found is kept.
    /// </summary>
    private RecommenderSweepResult? SweepWeight(RecommenderSweepResult? before, string name, IReadOnlyList<double> values)
    {
        if (before is null || before.IsCancelled)
            return null;
        var space = new SearchSpace.SearchSpace { [name] = new ChoiceOption([.. values.Cast<object>()]) };
        try
        {
            return Sweep((PnfRecTrainer.Options)before.Best.Options!, space, SweepStrategy.Grid, values.Count);
        }
        catch (OperationCanceledException) when (_options.CancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (InvalidOperationException exception)
        {
            _failure = exception;
            return null;
        }
    }

    private RecommenderSweepResult Sweep(PnfRecTrainer.Options trainer, SearchSpace.SearchSpace space, SweepStrategy strategy, int trials)
    {
        var sweepable = _catalog.PnfRec(trainer, space);
        var pipeline = _options.Pipeline is { } create ? create(sweepable) : DefaultPipeline(sweepable, trainer);
        return RecommenderSweep.Run(_catalog, pipeline, _trainSet, _validationSet, new RecommenderSweepOptions
        {
            Metric = _options.Metric,
            NumberOfRecommendations = _options.NumberOfRecommendations,
            TargetItemColumnName = _options.TargetItemColumnName,
            TargetFeedbackColumnName = _options.TargetFeedbackColumnName,
            CandidateLabelsColumnName = _options.CandidateLabelsColumnName,
            CandidateTruncationLevel = _options.CandidateTruncationLevel,
            TestSet = _options.TestSet,
            Progress = _options.Progress,
            Strategy = strategy,
            MaximumNumberOfTrials = trials,
            CancellationToken = _options.CancellationToken,
        });
    }

    private SweepablePipeline DefaultPipeline(SweepableEstimator sweepable, PnfRecTrainer.Options trainer)
    {
        var items = Columns.Require(_trainSet.Schema, trainer.ItemsColumnName, type => type is VectorDataViewType, "the items of a history, a vector");
        if (ColumnTypes.IsKeyVector(items.Type))
            return new EstimatorChain<ITransformer>().Append(sweepable);
        if (trainer.CandidatesColumnName is not null)
        {
            throw new ArgumentException($"Columns '{trainer.ItemsColumnName}' and '{trainer.CandidatesColumnName}' need keys of one dictionary: give rows with keys, or a "
                + $"{nameof(PnfRecTuningOptions.Pipeline)} that maps both with the keyData of the split's catalogue.");
        }

        return new MLContext().Transforms.Conversion.MapValueToKey(trainer.ItemsColumnName).Append(sweepable);
    }

    /// <summary>The sweeps have options of other names, which no message should be about.</summary>
    private static void CheckEncoderSweep(PnfRecTuningOptions options)
    {
        if (options.MaximumNumberOfEncoderTrials < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.MaximumNumberOfEncoderTrials,
                $"{nameof(options.MaximumNumberOfEncoderTrials)} must be at least 1.");
        }

        if (!Enum.IsDefined(options.EncoderStrategy))
            throw new ArgumentOutOfRangeException(nameof(options), options.EncoderStrategy, $"{nameof(options.EncoderStrategy)} is no {nameof(SweepStrategy)}.");
    }

    private static void CheckGrid(IReadOnlyList<double> values, string name)
    {
        if (values.Count == 0 || values.Distinct().Count() != values.Count || !values.All(value => double.IsFinite(value) && value >= 0))
            throw new ArgumentException($"{name} must hold different values, each at least 0.", name);
    }
}
