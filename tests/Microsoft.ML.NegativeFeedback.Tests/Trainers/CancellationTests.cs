using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>The token of the options is looked at in whatever takes long: while rows are read and cut, and before them.</summary>
public class CancellationTests
{
    private static readonly CancellationToken Cancelled = new(canceled: true);

    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Reading_ends_at_the_row_where_it_is_cancelled(bool isPairwise, bool amongValidationRows)
    {
        const int RowsInAll = 5_000, CancelledAt = 50;
        using var cancellation = new CancellationTokenSource();
        var histories = ToyFeed.Histories(60, seed: 1);
        var all = _ml.Data.LoadFromEnumerable(histories);
        var prepare = _ml.Transforms.Conversion.MapValueToKey("Items").Append(_ml.Transforms.CopyColumns("Candidates", "Items"))
            .Append(_ml.Transforms.CopyColumns("CandidateLabels", "Feedback")).Fit(all);
        int read = 0;
        var watched = prepare.Transform(_ml.Data.LoadFromEnumerable(Rows()));
        var (train, validation) = amongValidationRows ? (prepare.Transform(all), watched) : (watched, null);
        var options = TrainerTests.Small<SequenceTrainerOptions>(isPairwise ? new SineTrainer.Options() : new PnfRecTrainer.Options());
        options.CancellationToken = cancellation.Token;
        var trainers = _ml.Recommendation().Trainers;
        NextItemTrainer trainer = options is SineTrainer.Options sine ? trainers.Sine(sine) : trainers.PnfRec((PnfRecTrainer.Options)options);

        Assert.ThrowsAny<OperationCanceledException>(() => trainer.Fit(train, validation));
        // a cursor may read some rows ahead
        Assert.InRange(read, CancelledAt, RowsInAll / 2);

        IEnumerable<ToyHistory> Rows()
        {
            for (int i = 0; i < RowsInAll; i++)
            {
                if (++read == CancelledAt)
                    cancellation.Cancel();
                yield return histories[i % histories.Length];
            }
        }
    }

    [Fact]
    public void Cutting_ends_when_it_is_cancelled()
    {
        using var scope = NewDisposeScope();
        var data = RandomSequences.Create(20, 10, 8, seed: 1);
        var encoder = new EncoderSettings(4, 6, 1, 1, 0);
        using var model = TestModels.Create(10, new SasRecSettings(encoder, false, 0), 7);
        using var pairwise = new PairwiseModel(new SasRecNetwork(10, encoder with { Form = EncoderForm.Sine }, false, 7), new PairwiseWeights(1, 0), CPU);
        var sampler = new NegativeSampler(new NegativeSamplerSettings(NegativeSamplingMethod.Uniform), 10, new long[11]);
        Assert.Throws<OperationCanceledException>(() => new SliceCutter(data, model, 100, cancellationToken: Cancelled));
        Assert.Throws<OperationCanceledException>(() => new SampledBatches(data, pairwise, sampler, 100, 1, Cancelled));
        Assert.Throws<OperationCanceledException>(() => new MetItems(data, Cancelled));
    }

    [Fact]
    public void A_token_that_is_cancelled_before_ends_the_fit_before_a_row_is_read()
    {
        var options = TrainerTests.Small(new PnfRecTrainer.Options { CancellationToken = Cancelled });
        int read = 0;
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(_ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 1)))
            .Transform(_ml.Data.LoadFromEnumerable(Rows()));
        Assert.Throws<OperationCanceledException>(() => _ml.Recommendation().Trainers.PnfRec(options).Fit(keyed));
        Assert.Equal(0, read);

        IEnumerable<ToyHistory> Rows()
        {
            foreach (var history in ToyFeed.Histories(60, seed: 1))
            {
                read++;
                yield return history;
            }
        }
    }
}
