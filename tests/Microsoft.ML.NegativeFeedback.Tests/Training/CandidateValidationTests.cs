using Microsoft.ML.NegativeFeedback.Evaluation;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

/// <summary>What early stopping watches of candidates, and the rows that it makes where none are given.</summary>
public sealed class CandidateValidationTests
{
    private const int ItemCount = 30;

    /// <summary>A row with many candidates must not pad as many others to its width as fit otherwise.</summary>
    [Fact]
    public void Rows_are_scored_in_batches_whose_memory_is_bounded()
    {
        using var model = new PairwiseModel(new DinNetwork(ItemCount, new EncoderSettings(36, 200, 1, 1, 0), seed: 1), new PairwiseWeights(1, 0), CPU);
        var scorer = new HistoryScorer(model, RandomSequences.Create(300, ItemCount, 12, seed: 1));
        int[] rows = [.. Enumerable.Range(0, 300).OrderBy(scorer.Length)];
        int[][] batches = scorer.BatchesOf(rows, Count);
        Assert.Equal(rows, batches.SelectMany(batch => batch));
        Assert.All(batches, batch => Assert.InRange(batch.Length * (long)batch.Max(Count) * model.Network.ValuesPerCandidate, 1, 1L << 24));
        Assert.InRange(batches.Length, 3, 12);
        // one that is too large alone stands alone
        Assert.Equal(300, scorer.BatchesOf(rows, _ => 1_000_000).Length);

        int Count(int row) => row % 100 == 99 ? 1000 : 2;
    }

    [Fact]
    public void Scores_that_are_no_numbers_end_the_training()
    {
        // all weights of the first step are numbers still
        var train = RandomSequences.Create(20, ItemCount, 12, seed: 1);
        int[] rows = [.. Enumerable.Range(0, train.RowCount)];
        var validation = new CandidateRows(train, [.. rows.Select(_ => new[] { 1, 2 })], [.. rows.Select(_ => new float[] { 1, 0 })]);
        var data = new SampledData(train, new CandidateValidationRows(validation, EarlyStoppingMetric.Auc), new NegativeSamplerSettings(NegativeSamplingMethod.Uniform));
        var task = new PairwiseTask(new SasRecNetwork(ItemCount, new EncoderSettings(8, 8, 1, 1, 0, EncoderForm.Sine), false, 3), new PairwiseWeights(1, 0), data);
        var error = Assert.Throws<InvalidOperationException>(
            () => ModelTraining.Train(task, new TrainingSettings { BatchSize = 20, MaximumEpochs = 1, LearningRate = 1e18, Threads = 1, Seed = 3 }));
        Assert.StartsWith("A score of the validation rows is no number", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EarlyStoppingMetric.Auc, "AUC")]
    [InlineData(EarlyStoppingMetric.Gauc, "GAUC")]
    [InlineData(EarlyStoppingMetric.Ndcg, "NDCG@2")]
    public void Metrics_are_those_of_the_scores_row_by_row(EarlyStoppingMetric metric, string name)
    {
        using var scope = NewDisposeScope();
        var data = RandomSequences.Create(50, ItemCount, 12, seed: 3);
        int[][] candidates = [.. Enumerable.Range(0, data.RowCount).Select(row => new[] { 1 + (row % ItemCount), 1 + ((row * 7) % ItemCount), 0 })];
        float[][] labels = [.. candidates.Select(_ => new float[] { 1, 0, 0 })];
        using var model = Model();
        var result = new CandidateValidation(new CandidateRows(data, candidates, labels), model, metric).Evaluate(new TorchWorkers(2, 2));

        var totals = new CandidateTotals(2);
        var windows = new SequenceWindows(data, SequenceKind.Positives, 6, [NetworkInput.Skips]);
        using var noGradient = no_grad();
        for (int row = 0; row < data.RowCount; row++)
        {
            if (windows.Length(row) == 0)
                continue;
            long[] inputs = [.. windows.Items(row).ToArray().Select(item => (long)item)];
            var pass = new TorchPass(model);
            var vectors = pass.Lookup(model.Network.Items, new(tensor([.. candidates[row].Select(item => (long)item)], 1, 3)));
            float[] scores = model.Network.Scores(pass, TestModels.AtNewest(inputs, [inputs.Length - 1]), vectors).Value.ToArray();
            totals.Add([scores[0], scores[1], float.NegativeInfinity], labels[row]);
        }

        var expected = totals.ToMetrics();
        Assert.Equal(result.Metrics[name], result.Score);
        Assert.Equal(expected.Auc, result.Metrics["AUC"], 10);
        Assert.Equal(expected.Gauc, result.Metrics["GAUC"], 10);
        Assert.Equal(expected.Ndcg, result.Metrics["NDCG@2"], 10);
    }

    [Fact]
    public void A_cancelled_validation_ends_at_once()
    {
        using var scope = NewDisposeScope();
        var data = RandomSequences.Create(50, ItemCount, 12, seed: 3);
        var rows = new CandidateRows(data, [.. Enumerable.Repeat(new[] { 1, 2 }, 50)], [.. Enumerable.Repeat(new float[] { 1, 0 }, 50)]);
        using var model = Model();
        var cancelled = new CancellationToken(canceled: true);
        var validation = new CandidateValidation(rows, model, EarlyStoppingMetric.Auc);
        Assert.Throws<OperationCanceledException>(() => validation.Evaluate(new TorchWorkers(2, 2), cancelled));
        Assert.Throws<OperationCanceledException>(() => new CandidateValidation(rows, model, EarlyStoppingMetric.Auc, cancelled));
    }

    [Fact]
    public void Candidates_of_one_kind_are_refused()
    {
        using var scope = NewDisposeScope();
        var data = RandomSequences.Create(5, ItemCount, 12, seed: 3);
        var rows = new CandidateRows(data, [.. Enumerable.Repeat(new[] { 1, 2 }, 5)], [.. Enumerable.Repeat(new float[] { 1, 1 }, 5)]);
        using var model = Model();
        var error = Assert.Throws<InvalidOperationException>(() => new CandidateValidation(rows, model, EarlyStoppingMetric.Auc));
        Assert.Contains("both kinds", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EarlyStoppingMetric.Gauc)]
    [InlineData(EarlyStoppingMetric.Ndcg)]
    public void What_is_measured_within_a_row_needs_a_row_with_both_kinds(EarlyStoppingMetric metric)
    {
        using var scope = NewDisposeScope();
        var data = RandomSequences.Create(6, ItemCount, 12, seed: 3);
        int[] rows = [.. Enumerable.Range(0, data.RowCount)];
        var candidates = new CandidateRows(data, [.. rows.Select(_ => new[] { 1, 2 })], [.. rows.Select(row => new float[] { row % 2, row % 2 })]);
        using var model = Model();
        var error = Assert.Throws<InvalidOperationException>(() => new CandidateValidation(candidates, model, metric));
        Assert.Contains("No validation row", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{metric}", error.Message, StringComparison.Ordinal);
        var result = new CandidateValidation(candidates, model, EarlyStoppingMetric.Auc).Evaluate(new TorchWorkers(1, 1));
        Assert.InRange(result.Score, 0, 1);
    }

    [Fact]
    public void Held_out_candidates_are_the_last_liked_item_and_the_skips_around_it()
    {
        var builder = new SequenceDataBuilder(ItemCount, hasTargets: false);
        builder.AddRow([1, 2, 9, 3, 8, 4, 7], [1, 1, -1, 0, -1, 1, -1]);
        builder.AddRow([1, 2, 9, 3, 8, 4, 7], [1, 1, -1, 0, -1, 1, -1]);
        var (train, validation) = HeldOutCandidates.Split(builder.Build(), 0.5, seed: 1);
        Assert.Equal(1, train.RowCount);
        Assert.Equal([1, 2], validation!.Histories.Items(0).ToArray());
        Assert.Equal([4, 9, 8, 7], validation.Candidates(0).ToArray());
        Assert.Equal([1, 0, 0, 0], validation.Labels(0).ToArray());
    }

    [Fact]
    public void Where_nothing_was_skipped_the_held_out_item_is_told_from_sampled_ones()
    {
        var builder = new SequenceDataBuilder(ItemCount, hasTargets: false);
        builder.AddRow([1, 2, 3], [1, 1, 1]);
        builder.AddRow([5, 6], [1, 1]);
        var (_, validation) = HeldOutCandidates.Split(builder.Build(), 0.5, seed: 1);
        int[] candidates = validation!.Candidates(0).ToArray();
        Assert.Equal(11, candidates.Length);
        Assert.DoesNotContain(candidates[1..], candidate => validation.Histories.Items(0).Contains(candidate) || candidate == candidates[0]);
    }

    private static PairwiseModel Model()
        => new(new SasRecNetwork(ItemCount, new EncoderSettings(8, 6, 1, 2, 0, EncoderForm.Sine), false, 7), new PairwiseWeights(1, 0), CPU);
}
