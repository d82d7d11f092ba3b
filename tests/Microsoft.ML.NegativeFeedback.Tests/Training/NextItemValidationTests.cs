using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

public sealed class NextItemValidationTests
{
    [Fact]
    public void The_rank_counts_unseen_items_with_a_higher_score()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = TestModels.Create(4, new SasRecSettings(new EncoderSettings(4, 6, 1, 1, 0), false, 0), 7);
        // all states are (1, 0, 0, 0), so that items score 0.9, 0.1, 0.5 and 0.5
        model.Parameter("finalNorm.weight").zero_();
        model.Parameter("finalNorm.bias").copy_(tensor([1f, 0, 0, 0]));
        model.Parameter("items").copy_(tensor([0f, 0, 0, 0, 0.9f, 0, 0, 0, 0.1f, 0, 0, 0, 0.5f, 0, 0, 0, 0.5f, 0, 0, 0], 5, 4));
        // of rows with the histories [2], [1], [4], [2], [3] and [2]
        var data = new SequenceData(4, [0, 1, 2, 3, 4, 5, 6], [2, 1, 4, 2, 3, 2], [1, 1, 1, 1, 1, 1], [3, 3, 3, 2, 2, 0], [1, 1, 1, 1, 1, 1]);
        int[] ranks = new HistoryScorer(model, data).RanksOfTargets([0, 1, 2, 3, 4, 5]);
        // after item 1; the tie with item 4 counts for the target; item 1 was seen; what was seen or is unknown is never recommended
        Assert.Equal([2, 1, 2, int.MaxValue, 3, int.MaxValue], ranks);
    }

    [Fact]
    public void Metrics_are_those_of_the_ranks()
    {
        const int itemCount = 30, cutoff = 5;
        using var scope = NewDisposeScope();
        var data = RandomSequences.Create(40, itemCount, 12, seed: 3, withTargets: true);
        using var model = TestModels.Create(itemCount, new SasRecSettings(new EncoderSettings(8, 6, 1, 2, 0), false, 0), 7);
        var validation = new NextItemValidation(data, model, cutoff);
        var metrics = validation.Evaluate(new TorchWorkers(count: 2, threads: 2));

        double gain = 0, hits = 0;
        int counted = 0;
        for (int row = 0; row < data.RowCount; row++)
        {
            var feedback = data.Feedback(row).ToArray();
            long[] positives = [.. data.Items(row).ToArray().Where((_, i) => feedback[i] > 0).TakeLast(6)];
            if (positives.Length == 0)
                continue;
            counted++;
            using var noGradient = no_grad();
            float[] scores = model.Score(tensor(positives, 1, positives.Length), tensor(new long[] { positives.Length - 1 })).ToArray();
            int target = data.TargetItem(row);
            var seen = data.Items(row).ToArray().ToHashSet();
            int rank = 1 + Enumerable.Range(1, itemCount).Count(item => !seen.Contains(item) && scores[item] > scores[target]);
            if (seen.Contains(target) || rank > cutoff)
                continue;
            hits++;
            gain += 1 / Math.Log2(rank + 1);
        }

        Assert.Equal(counted, validation.RowCount);
        Assert.True(hits > 0);
        Assert.Equal(gain / counted, metrics.Score, 10);
        Assert.Equal(hits / counted, metrics.Metrics[$"HR_p@{cutoff}"], 10);
    }

    [Fact]
    public void Scores_of_few_rows_at_a_time_give_the_same_metrics()
    {
        const int itemCount = 200;
        using var scope = NewDisposeScope();
        var data = RandomSequences.Create(300, itemCount, 12, seed: 3, withTargets: true);
        using var model = TestModels.Create(itemCount, new SasRecSettings(new EncoderSettings(12, 6, 1, 2, 0), false, 0), 7);
        var expected = Evaluate(1 << 20);
        Assert.All(new[] { 0L, itemCount + 1, 7 * (itemCount + 1), 64 * (itemCount + 1) }, largest => Assert.Equal(expected, Evaluate(largest)));

        IReadOnlyDictionary<string, double> Evaluate(long largestScores)
            => new NextItemValidation(data, model, 100, largestScores: largestScores).Evaluate(new TorchWorkers(2, 2)).Metrics;
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(1_000_000)]
    [InlineData(2_000_000)]
    [InlineData(500_000_000)]
    public void Scores_at_once_stay_within_bounds(int itemCount)
    {
        long rows = NextItemValidation.RowsPerChunk(itemCount);
        Assert.InRange(rows, 1, 256);
        Assert.InRange(rows * (itemCount + 1L) * sizeof(float), 1, Math.Max(256L << 20, (itemCount + 1L) * sizeof(float)));
    }

    [Fact]
    public void A_cancelled_validation_ends_at_once()
    {
        using var scope = NewDisposeScope();
        var data = RandomSequences.Create(40, 30, 12, seed: 3, withTargets: true);
        using var model = TestModels.Create(30, new SasRecSettings(new EncoderSettings(4, 6, 1, 1, 0), false, 0), 7);
        var cancelled = new CancellationToken(canceled: true);
        Assert.Throws<OperationCanceledException>(() => new NextItemValidation(data, model, 5).Evaluate(new TorchWorkers(2, 2), cancelled));
        Assert.Throws<OperationCanceledException>(() => new NextItemValidation(data, model, 5, cancelled));
    }

    [Fact]
    public void A_target_that_training_does_not_know_is_missed()
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Create(5, new SasRecSettings(new EncoderSettings(4, 6, 1, 1, 0), false, 0), 7);
        double Hits(int second) => new NextItemValidation(new SequenceData(5, [0, 1, 2], [1, 2], [1, 1], [3, second], [1, 1]), model, 5)
            .Evaluate(new TorchWorkers(1, 1)).Metrics["HR_p@5"];
        Assert.Equal((1, 0.5), (Hits(4), Hits(0)));
    }

    [Fact]
    public void Rows_whose_target_is_not_positive_do_not_count()
    {
        using var scope = NewDisposeScope();
        var data = new SequenceData(5, [0, 1, 2, 3], [1, 2, 3], [1, 1, 1], [2, 3, 4], [1, -1, 0]);
        using var model = TestModels.Create(5, new SasRecSettings(new EncoderSettings(4, 6, 1, 1, 0), false, 0), 7);
        Assert.Equal(1, new NextItemValidation(data, model, 5).RowCount);
    }
}
