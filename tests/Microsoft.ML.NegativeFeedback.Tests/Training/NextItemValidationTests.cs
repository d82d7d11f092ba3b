using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

public sealed class NextItemValidationTests
{
    [Theory]
    [InlineData(new int[0], 3, 2)] // after item 1; the tie with item 4 counts for the target
    [InlineData(new[] { 1 }, 3, 1)] // item 1 was seen
    [InlineData(new int[0], 2, 4)]
    [InlineData(new[] { 3 }, 3, int.MaxValue)] // what was seen is never recommended
    public void The_rank_counts_unseen_items_with_a_higher_score(int[] seen, int target, int expected)
        => Assert.Equal(expected, NextItemValidation.Rank([99f, 0.9f, 0.1f, 0.5f, 0.5f], seen, target));

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
    public void Rows_whose_target_is_not_positive_do_not_count()
    {
        using var scope = NewDisposeScope();
        var data = new SequenceData(5, [0, 1, 2, 3], [1, 2, 3], [1, 1, 1], [2, 3, 4], [1, -1, 0]);
        using var model = TestModels.Create(5, new SasRecSettings(new EncoderSettings(4, 6, 1, 1, 0), false, 0), 7);
        Assert.Equal(1, new NextItemValidation(data, model, 5).RowCount);
    }
}
