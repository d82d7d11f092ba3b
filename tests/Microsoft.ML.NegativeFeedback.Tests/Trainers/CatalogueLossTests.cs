namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>Trainers with losses over a few items of the catalogue.</summary>
public class CatalogueLossTests
{
    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<string, string> TrainersAndLosses
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (string trainer in new[] { "pnfrec", "pnfrec_cosine", "sasrec_p", "sasrec_c" })
            {
                foreach (string loss in new[] { "popularity", "uniform", "scalable" })
                    cases.Add(trainer, loss);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(TrainersAndLosses))]
    public void What_comes_next_is_learned(string trainer, string loss)
    {
        var train = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(400, seed: 1));
        var test = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 2));
        var model = _ml.Transforms.Conversion.MapValueToKey("Items").Append(Create(trainer, Loss(loss))).Fit(train);
        var metrics = _ml.Recommendation().EvaluateNextItem(model.Transform(test), numberOfRecommendations: 5);
        // chance is below 0.2, as over the whole catalogue
        Assert.True(metrics.Positive.HitRate > 0.8, $"HR@5 {metrics.Positive.HitRate}");
    }

    /// <summary>A checkpoint knows the loss by it: what is not read must not make it another.</summary>
    [Fact]
    public void Uniform_draws_have_no_exponent()
        => Assert.Equal(CatalogueLoss.SampledSoftmax(method: NegativeSamplingMethod.Uniform, popularityExponent: 0.5).Description, CatalogueLoss.SampledSoftmax(method: NegativeSamplingMethod.Uniform).Description);

    [Fact]
    public void A_checkpoint_of_another_loss_is_another_training()
    {
        var rows = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 1));
        var train = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        string folder = Directory.CreateTempSubdirectory().FullName, path = Path.Combine(folder, "training.checkpoint");
        using var cancellation = new CancellationTokenSource();
        var options = TrainerTests.Small(new PnfRecTrainer.Options { CheckpointPath = path, Seed = 1, Loss = CatalogueLoss.SampledSoftmax(12), CancellationToken = cancellation.Token });
        options.Progress = new CancelAfterAnEpoch(cancellation);
        Assert.ThrowsAny<OperationCanceledException>(() => _ml.Recommendation().Trainers.PnfRec(options).Fit(train));
        foreach (var other in new[] { CatalogueLoss.Full, CatalogueLoss.SampledSoftmax(13), CatalogueLoss.ScalableCrossEntropy() })
        {
            var different = TrainerTests.Small(new PnfRecTrainer.Options { CheckpointPath = path, Seed = 1, Loss = other });
            Assert.Contains("the model", Assert.Throws<InvalidDataException>(() => _ml.Recommendation().Trainers.PnfRec(different).Fit(train)).Message);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void What_makes_no_sense_is_refused_when_it_is_said()
    {
        Assert.Equal("numberOfNegatives", Assert.Throws<ArgumentOutOfRangeException>(() => CatalogueLoss.SampledSoftmax(0)).ParamName);
        Assert.Equal("numberOfNegatives", Assert.Throws<ArgumentOutOfRangeException>(() => CatalogueLoss.SampledSoftmax(1_000_001)).ParamName);
        Assert.Equal("method", Assert.Throws<ArgumentOutOfRangeException>(() => CatalogueLoss.SampledSoftmax(10, NegativeSamplingMethod.InBatch)).ParamName);
        Assert.Equal("popularityExponent", Assert.Throws<ArgumentOutOfRangeException>(() => CatalogueLoss.SampledSoftmax(10, popularityExponent: double.NaN)).ParamName);
        Assert.Equal("itemsPerBucket", Assert.Throws<ArgumentOutOfRangeException>(() => CatalogueLoss.ScalableCrossEntropy(0)).ParamName);
        foreach (double factor in new[] { 0, -1, double.NaN, double.PositiveInfinity, 101 })
            Assert.Equal("bucketFactor", Assert.Throws<ArgumentOutOfRangeException>(() => CatalogueLoss.ScalableCrossEntropy(10, factor)).ParamName);
        var trainers = _ml.Recommendation().Trainers;
        Assert.Contains("Loss", Assert.Throws<ArgumentNullException>(() => trainers.PnfRec(new PnfRecTrainer.Options { Loss = null! })).Message);
        Assert.Contains("Loss", Assert.Throws<ArgumentNullException>(() => trainers.SasRec(new SasRecTrainer.Options { Loss = null! })).Message);
    }

    private static CatalogueLoss Loss(string name) => name switch
    {
        "popularity" => CatalogueLoss.SampledSoftmax(20),
        "uniform" => CatalogueLoss.SampledSoftmax(20, NegativeSamplingMethod.Uniform),
        _ => CatalogueLoss.ScalableCrossEntropy(12),
    };

    private NextItemTrainer Create(string name, CatalogueLoss loss) => name switch
    {
        "pnfrec" => _ml.Recommendation().Trainers.PnfRec(TrainerTests.Small(new PnfRecTrainer.Options { Loss = loss })),
        "pnfrec_cosine" => _ml.Recommendation().Trainers.PnfRec(TrainerTests.Small(new PnfRecTrainer.Options { Loss = loss, Similarity = ContrastSimilarity.Cosine })),
        "sasrec_p" => _ml.Recommendation().Trainers.SasRec(TrainerTests.Small(new SasRecTrainer.Options { Loss = loss })),
        _ => _ml.Recommendation().Trainers.SasRec(TrainerTests.Small(new SasRecTrainer.Options { Loss = loss, Variant = SasRecVariant.Contrastive })),
    };

    private sealed class CancelAfterAnEpoch(CancellationTokenSource cancellation) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => cancellation.Cancel();
    }
}
