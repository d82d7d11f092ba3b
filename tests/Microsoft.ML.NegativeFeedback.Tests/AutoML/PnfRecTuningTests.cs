using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Tests.AutoML;

/// <summary>The tuning of PNFRec: the encoder, then α, then β.</summary>
public class PnfRecTuningTests
{
    private readonly MLContext _ml = new(seed: 1);

    private IDataView TrainSet => _ml.Data.LoadFromEnumerable(ToyFeed.Histories(80, seed: 1));

    private IDataView ValidationSet => _ml.Data.LoadFromEnumerable(SweepFeed.Evaluation(30, seed: 2));

    private static PnfRecTuningOptions Options => new()
    {
        Trainer = SweepFeed.Short,
        NumberOfRecommendations = 5,
        EncoderSearchSpace = new() { ["LearningRate"] = new ChoiceOption(1e-4, 1e-2) },
        EncoderStrategy = SweepStrategy.Grid,
        NegativeWeights = [0, 0.3, 0.6],
        ContrastiveWeights = [0, 0.2],
    };

    [Fact]
    public void One_weight_after_the_other_is_tuned_with_the_rest_fixed()
    {
        var result = _ml.Auto().TunePnfRec(TrainSet, ValidationSet, Options);

        Assert.False(result.IsCancelled);
        Assert.Null(result.Failure);
        Assert.Equal([(1e-4, 0, 0), (1e-2, 0, 0)], result.EncoderSweep.Trials.Select(Weights));
        double learningRate = result.EncoderSweep.Best.Options!.LearningRate;
        Assert.Equal([(learningRate, 0, 0), (learningRate, 0.3, 0), (learningRate, 0.6, 0)], result.NegativeWeightSweep!.Trials.Select(Weights));
        double alpha = ((PnfRecTrainer.Options)result.NegativeWeightSweep.Best.Options!).NegativeWeight;
        Assert.Equal([(learningRate, alpha, 0), (learningRate, alpha, 0.2)], result.ContrastiveWeightSweep!.Trials.Select(Weights));

        // a weight of 0 is the best of the sweep before, so that no sweep can be worse
        Assert.Equal(result.EncoderSweep.Best.Metric, result.NegativeWeightSweep.Trials[0].Metric);
        Assert.Equal(result.NegativeWeightSweep.Best.Metric, result.ContrastiveWeightSweep.Trials[0].Metric);
        Assert.Equal(result.ContrastiveWeightSweep.Best, result.Best);
        Assert.Equal(alpha, result.Options.NegativeWeight);
        Assert.Equal(SweepFeed.Short.EmbeddingWidth, result.Options.EmbeddingWidth);

        static (double, double, double) Weights(RecommendationTrial trial)
        {
            var options = (PnfRecTrainer.Options)trial.Options!;
            return (options.LearningRate, options.NegativeWeight, options.ContrastiveWeight);
        }
    }

    [Fact]
    public void The_defaults_are_those_of_the_paper()
    {
        var options = new PnfRecTuningOptions();

        Assert.Equal(RecommendationMetric.PositiveNdcg, options.Metric);
        Assert.Equal(10, options.NumberOfRecommendations);
        Assert.Equal(Enumerable.Range(0, 21).Select(step => 0.05 * step), options.NegativeWeights, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(options.NegativeWeights, options.ContrastiveWeights);
    }

    [Fact]
    public void Items_may_be_keys_already_and_the_pipeline_ones_own()
    {
        var keys = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(TrainSet);
        var options = Options;
        options.NegativeWeights = options.ContrastiveWeights = [0];
        options.EncoderSearchSpace = new() { ["LearningRate"] = new ChoiceOption(1e-2) };
        var ofValues = _ml.Auto().TunePnfRec(TrainSet, ValidationSet, options);
        var ofKeys = _ml.Auto().TunePnfRec(keys.Transform(TrainSet), keys.Transform(ValidationSet), options);
        options.Pipeline = trainer => _ml.Transforms.Conversion.MapValueToKey("Items").Append(trainer).Append(_ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"));
        var withNames = _ml.Auto().TunePnfRec(TrainSet, ValidationSet, options);

        Assert.Equal(ofValues.Best.Metric, ofKeys.Best.Metric);
        Assert.Equal(ofValues.Best.Metric, withNames.Best.Metric);
        Assert.NotEmpty(_ml.Data.CreateEnumerable<ToyRecommendation>(withNames.Model.Transform(ValidationSet), reuseRowObject: false).First().RecommendedItems);
    }

    [Theory]
    [InlineData(2, 2, null, null)]
    [InlineData(3, 2, 1, null)]
    [InlineData(6, 2, 3, 1)]
    public void A_tuning_that_is_cancelled_keeps_what_is_done(int trials, int encoderTrials, int? negativeWeightTrials, int? contrastiveWeightTrials)
    {
        using var cancellation = new CancellationTokenSource();
        var options = Options;
        int done = 0;
        options.CancellationToken = cancellation.Token;
        options.Progress = new Recorder<SweepProgress>(_ =>
        {
            if (++done == trials)
                cancellation.Cancel();
        });

        var result = _ml.Auto().TunePnfRec(TrainSet, ValidationSet, options);

        Assert.True(result.IsCancelled);
        Assert.Null(result.Failure);
        Assert.Equal(encoderTrials, result.EncoderSweep.Trials.Count);
        Assert.Equal(negativeWeightTrials, result.NegativeWeightSweep?.Trials.Count);
        Assert.Equal(contrastiveWeightTrials, result.ContrastiveWeightSweep?.Trials.Count);
        Assert.NotNull(result.Model);
    }

    [Fact]
    public void A_tuning_whose_weights_all_fail_keeps_the_sweeps_before()
    {
        // without a disliked item there is nothing for α to weigh
        var liked = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(80, seed: 1).Select(history => new ToyHistory
        {
            Items = [.. history.Items.Where((_, i) => history.Feedback[i] > 0)],
            Feedback = [.. history.Feedback.Where(value => value > 0)],
        }).ToArray());
        var options = Options;
        options.NegativeWeights = [0.3, 0.6];
        var validationSet = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(30, seed: 2));

        var result = _ml.Auto().TunePnfRec(liked, validationSet, options);

        Assert.False(result.IsCancelled);
        Assert.Equal(2, result.EncoderSweep.Trials.Count);
        Assert.Null(result.NegativeWeightSweep);
        Assert.Null(result.ContrastiveWeightSweep);
        Assert.Equal(result.EncoderSweep.Best, result.Best);
        Assert.Contains("None of 2 trials succeeded", result.Failure!.Message);
        Assert.Contains("negative feedback", result.Failure.Message);
    }

    [Fact]
    public void What_is_wrong_with_the_sweep_of_the_encoder_is_named_by_its_own_options()
    {
        var options = Options;
        options.MaximumNumberOfEncoderTrials = 0;
        Assert.Contains("MaximumNumberOfEncoderTrials", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Auto().TunePnfRec(TrainSet, ValidationSet, options)).Message);
        options = Options;
        options.EncoderStrategy = (SweepStrategy)77;
        Assert.Contains("EncoderStrategy", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Auto().TunePnfRec(TrainSet, ValidationSet, options)).Message);
    }

    [Fact]
    public void A_grid_without_values_or_with_a_negative_one_is_refused()
    {
        var options = Options;
        options.NegativeWeights = [];
        Assert.Contains("NegativeWeights", Assert.Throws<ArgumentException>(() => _ml.Auto().TunePnfRec(TrainSet, ValidationSet, options)).Message);
        options = Options;
        options.ContrastiveWeights = [0, -0.5];
        Assert.Contains("ContrastiveWeights", Assert.Throws<ArgumentException>(() => _ml.Auto().TunePnfRec(TrainSet, ValidationSet, options)).Message);
    }
}
