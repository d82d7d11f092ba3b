using System.Collections.Concurrent;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>The multi-feedback ranker from rows to ranked candidates.</summary>
public sealed class MultiFeedbackTrainerTests
{
    private static readonly PredictionEngineOptions Shared = new() { OwnsTransformer = false };

    private readonly MLContext _ml = new(1);
    private readonly RankedFeed _feed;

    public MultiFeedbackTrainerTests() => _feed = new RankedFeed(_ml);

    [Fact]
    public void It_learns_every_kind_of_feedback_from_the_last_item_and_the_candidate()
    {
        using var model = Fit(options => (options.MaximumNumberOfEpochs, options.LearningRate) = (40, 0.005));
        var scored = model.Transform(_feed.Test);
        var metrics = _ml.Recommendation().EvaluateMultiFeedback(scored);
        Assert.Equal(["EVV", "FVV", "GVV"], metrics.Tasks.Select(task => task.Task));
        Assert.All(metrics.Tasks, task => Assert.True(task.Auc > 0.8, $"{metrics}"));
        foreach (var row in Read(scored))
        {
            for (int i = 0; i < row.CandidateScores.Length; i++)
                Assert.Equal(row.Probabilities[3 * i] + row.Probabilities[(3 * i) + 1] - row.Probabilities[(3 * i) + 2], row.CandidateScores[i], 1e-5);
            Assert.Equal(row.CandidateScores.OrderDescending().Take(row.Scores.Length), row.Scores);
        }
    }

    [Fact]
    public void Fewer_candidates_than_recommendations_and_unknown_ones_leave_places_empty()
    {
        using var model = Fit();
        var history = _feed.TestHistories[0];
        history.Candidates = ["nobody knows this", RankedFeed.Item(3)];
        var row = Assert.Single(Read(model.Transform(_feed.Keyed(history))));
        Assert.Equal([float.NegativeInfinity], row.CandidateScores[..1]);
        Assert.Equal([0, 0, 0], row.Probabilities[..3]);
        Assert.Equal([row.CandidateScores[1], float.NegativeInfinity, float.NegativeInfinity], row.Scores);
        Assert.Equal([RankedFeed.Item(3), "", ""], row.RecommendedItems);
    }

    [Fact]
    public void Coefficients_of_the_tasks_change_what_is_learned()
    {
        byte[] equal = Export(Fit()), given = Export(Fit(options => (options.Balance, options.TaskShares) = (TaskBalance.Given, [0.8, 0.1, 0.1]))),
            same = Export(Fit(options => (options.Balance, options.TaskShares) = (TaskBalance.Given, [1 / 3.0, 1 / 3.0, 1 / 3.0]))),
            learned = Export(Fit(options => options.Balance = TaskBalance.Learned)), pairwise = Export(Fit(options => options.Loss = MultiFeedbackLossKind.Pairwise));
        Assert.Equal(equal, same);
        Assert.Equal(4, new[] { equal, given, learned, pairwise }.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void A_task_without_a_share_is_not_learned()
    {
        using var model = Fit(options => (options.Balance, options.TaskShares, options.MaximumNumberOfEpochs, options.LearningRate) = (TaskBalance.Given, [0, 1, 0], 25, 0.005));
        var tasks = _ml.Recommendation().EvaluateMultiFeedback(model.Transform(_feed.Test)).Tasks;
        Assert.True(tasks[1].Auc > 0.9, $"{tasks[1].Auc}");
        Assert.InRange(tasks[0].Auc, 0.3, 0.7);
    }

    [Fact]
    public void Without_the_feedback_of_histories_scoring_needs_no_flags()
    {
        var unflagged = _ml.Transforms.DropColumns("Flags").Fit(_feed.Test).Transform(_feed.Test);
        using var model = Fit(options => options.UseFeedback = false);
        Assert.Equal(Read(model.Transform(_feed.Test)).SelectMany(row => row.Scores), Read(model.Transform(unflagged)).SelectMany(row => row.Scores));
        using var reading = Fit();
        Assert.Contains("'Flags' is missing", Assert.Throws<ArgumentException>(() => reading.Transform(unflagged)).Message);
    }

    [Fact]
    public void A_chain_is_fitted_on_rows_that_have_the_context_beside_the_items_alone()
    {
        var train = _ml.Transforms.DropColumns("TargetHour", "TargetMinute").Fit(_feed.Train).Transform(_feed.Train);
        var trainer = _ml.Recommendation().Trainers.MultiFeedback(_feed.Options());
        using var chain = _ml.Transforms.CopyColumns("Copy", "Feedback").Append(trainer).Fit(train);
        using var alone = trainer.Fit(train);
        Assert.Equal(Read(alone.Transform(_feed.Test)).SelectMany(row => row.Scores), Read(chain.Transform(_feed.Test)).SelectMany(row => row.Scores));
        Assert.Contains("'TargetHour'", Assert.Throws<ArgumentException>(() => Read(chain.Transform(train))).Message);
    }

    [Fact]
    public void One_kind_of_feedback_is_foretold_as_well()
    {
        var rows = Array.ConvertAll(_feed.Histories, history => new RankedHistory
        {
            Items = history.Items,
            Feedback = history.Feedback,
            Flags = [.. history.Flags.Chunk(3).Select(flags => flags[1])],
            Candidates = history.Candidates,
        });
        var train = _feed.Keyed(rows);
        using var model = _ml.Recommendation().Trainers.MultiFeedback(TrainerTests.Small(
            new MultiFeedbackTrainer.Options { TaskNames = ["FVV"], FusionWeights = [-1], MaximumNumberOfEpochs = 1, ExpertWidth = 8 })).Fit(train);
        var row = Read(model.Transform(train))[0];
        Assert.Equal(row.Probabilities.Select(probability => -probability), row.CandidateScores);
    }

    [Fact]
    public void Other_fusion_weights_make_another_model_with_a_life_of_its_own()
    {
        using var model = Fit();
        var before = Read(model.Transform(_feed.Test));
        using var cautious = model.WithFusionWeights(0, 0, -1);
        var other = Read(cautious.Transform(_feed.Test));
        Assert.Equal(before.SelectMany(row => row.Probabilities), other.SelectMany(row => row.Probabilities));
        foreach (var row in other)
            Assert.Equal(row.Probabilities.Chunk(3).Select(own => -own[2]), row.CandidateScores);
        Assert.Contains(before.Zip(other), pair => !pair.First.RecommendedItems.SequenceEqual(pair.Second.RecommendedItems));
        Assert.Equal(before.SelectMany(row => row.Scores), Read(model.Transform(_feed.Test)).SelectMany(row => row.Scores));

        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Transform(_feed.Test));
        Assert.Equal(other.SelectMany(row => row.Scores), Read(cautious.Transform(_feed.Test)).SelectMany(row => row.Scores));
        using var back = cautious.WithFusionWeights(1, 1, -1);
        cautious.Dispose();
        Assert.Equal(before.SelectMany(row => row.Scores), Read(back.Transform(_feed.Test)).SelectMany(row => row.Scores));
        Assert.Equal(Export(model), Export(back));
    }

    [Fact]
    public void Rows_that_are_cached_shuffled_split_read_by_threads_or_one_by_one_and_loaded_get_the_same()
    {
        using var model = Fit();
        var chain = _ml.Transforms.Conversion.MapKeyToValue("RecommendedItems").Fit(model.Transform(_feed.Test));
        var whole = new TransformerChain<ITransformer>(_feed.Keys, model, chain);
        var raw = _feed.Rows(_feed.TestHistories);
        string[] expected = Sorted(whole.Transform(raw));
        Assert.Equal(expected, Sorted(_ml.Data.Cache(whole.Transform(raw))));
        Assert.Equal(expected, Sorted(whole.Transform(_ml.Data.ShuffleRows(raw, seed: 3))));
        var split = _ml.Data.TrainTestSplit(raw, testFraction: 0.4);
        Assert.Equal(expected, Sorted(whole.Transform(split.TrainSet)).Concat(Sorted(whole.Transform(split.TestSet))).Order(StringComparer.Ordinal));
        Assert.Equal(expected, ByThreads(whole.Transform(raw)));
        using var engine = _ml.Model.CreatePredictionEngine<RankedHistory, RankedCandidates>(whole, Shared);
        Assert.Equal(expected, _feed.TestHistories.Select(history => TextOf(engine.Predict(history))).Order(StringComparer.Ordinal));

        string path = Path.Combine(Directory.CreateTempSubdirectory("ranker").FullName, "model.zip");
        _ml.Model.SaveAtomically(whole, raw.Schema, path);
        var loaded = new MLContext(2).Model.Load(path, out _);
        Assert.Equal(expected, Sorted(loaded.Transform(raw)));
        using var batches = _ml.Recommendation().ScoreInBatches(loaded);
        Assert.Equal(expected, Sorted(batches.Transform(raw)));

        // other weights, in batches of the loaded model, saved and loaded once more
        using var cautious = batches.OfType<NextItemTransformer>().Single().WithFusionWeights(1, 1, -4);
        using var trained = model.WithFusionWeights(1, 1, -4);
        _ml.Model.SaveAtomically(cautious, _feed.Test.Schema, path);
        Assert.Equal(Read(trained.Transform(_feed.Test)).SelectMany(row => row.Scores), Read(_ml.Model.Load(path, out _).Transform(_feed.Test)).SelectMany(row => row.Scores));
        File.Delete(path);
    }

    [Theory]
    [InlineData(EarlyStoppingMetric.Auc)]
    [InlineData(EarlyStoppingMetric.Gauc)]
    public void Early_stopping_watches_the_mean_over_the_tasks_of_given_rows(EarlyStoppingMetric metric)
    {
        var progress = new Recorder<TrainingProgress>();
        using var model = Fit(options =>
        {
            (options.ValidationSet, options.EarlyStoppingMetric, options.Progress) = (_feed.Test, metric, progress);
            (options.EarlyStoppingPatience, options.MaximumNumberOfEpochs) = (2, 4);
        });
        string name = metric.ToString().ToUpperInvariant();
        foreach (var report in progress.Reports)
            Assert.Equal(new[] { "EVV", "FVV", "GVV" }.Average(task => report.ValidationMetrics[$"{name} {task}"]), report.ValidationScore!.Value, 1e-12);
        double best = progress.Reports.Max(report => report.ValidationScore!.Value);
        // the weights are those of the best epoch, and what was watched is what scoring gives
        var tasks = _ml.Recommendation().EvaluateMultiFeedback(model.Transform(_feed.Test)).Tasks;
        Assert.Equal(best, tasks.Average(task => metric == EarlyStoppingMetric.Auc ? task.Auc : task.Gauc), 2e-3);
    }

    [Fact]
    public void Early_stopping_watches_held_out_views_where_no_rows_are_given_and_nothing_where_none_may_leave()
    {
        var progress = new Recorder<TrainingProgress>();
        Fit(options => (options.ValidationFraction, options.Progress) = (0.3, progress)).Dispose();
        Assert.All(progress.Reports, report => Assert.Equal(6, report.ValidationMetrics.Count));
        progress.Reports.Clear();
        Fit(options => (options.ValidationFraction, options.Progress) = (0, progress)).Dispose();
        Assert.All(progress.Reports, report => Assert.Null(report.ValidationScore));
    }

    [Fact]
    public void Validation_rows_may_hold_the_items_themselves()
    {
        var progress = new Recorder<TrainingProgress>();
        var texts = _ml.Transforms.Conversion.MapKeyToValue([new("Items"), new("Candidates")]).Fit(_feed.Test).Transform(_feed.Test);
        Fit(options => (options.ValidationSet, options.Progress) = (texts, progress)).Dispose();
        double? ofTexts = progress.Reports[^1].ValidationScore;
        Fit(options => (options.ValidationSet, options.Progress) = (_feed.Test, progress)).Dispose();
        Assert.Equal(ofTexts, progress.Reports[^1].ValidationScore);
    }

    [Fact]
    public void Features_of_items_may_come_in_any_order_and_an_unknown_item_among_them_changes_nothing()
    {
        byte[] expected = Export(Fit());
        Assert.Equal(expected, Export(Fit(options => options.ItemFeatures = _feed.KeyedItems(Enumerable.Range(0, RankedFeed.ItemCount).Reverse()))));
        Assert.Equal(expected, Export(Fit(options => options.ItemFeatures = _feed.KeyedItems(Enumerable.Range(0, RankedFeed.ItemCount + 3)))));
    }

    [Fact]
    public void Items_without_features_and_rows_without_a_key_are_scored_by_what_is_known()
    {
        using var model = Fit(options => options.ItemFeatures = _feed.KeyedItems(Enumerable.Range(5, 9)));
        var history = _feed.TestHistories[0];
        (history.City, history.TargetHour, history.Candidates) = ("nowhere", "never", [RankedFeed.Item(1), RankedFeed.Item(7), RankedFeed.Item(20)]);
        var row = Assert.Single(Read(model.Transform(_feed.Keyed(history))));
        Assert.All(row.Probabilities, probability => Assert.InRange(probability, 1e-6, 1 - 1e-6));
    }

    [Fact]
    public void A_checkpoint_goes_on_with_the_same_features_alone()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("ranker").FullName, "checkpoint");
        using var cancellation = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Fit(options => (options.CheckpointPath, options.CancellationToken, options.Progress)
            = (path, cancellation.Token, new Recorder<TrainingProgress>(_ => cancellation.Cancel()))));
        Assert.Throws<InvalidDataException>(() => Fit(options => (options.CheckpointPath, options.ItemFeatures) = (path, _feed.KeyedItems(Enumerable.Range(3, 9)))));
        Assert.Equal(Export(Fit()), Export(Fit(options => options.CheckpointPath = path)));
    }

    private NextItemTransformer Fit(Action<MultiFeedbackTrainer.Options>? set = null)
    {
        var options = _feed.Options();
        set?.Invoke(options);
        return _ml.Recommendation().Trainers.MultiFeedback(options).Fit(_feed.Train);
    }

    private static byte[] Export(NextItemTransformer model)
    {
        string path = Path.GetTempFileName();
        model.ExportToOnnx(path);
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        model.Dispose();
        return bytes;
    }

    private RankedCandidates[] Read(IDataView scored)
        => [.. _ml.Data.CreateEnumerable<RankedCandidates>(_ml.Transforms.Conversion.MapKeyToValue("RecommendedItems").Fit(scored).Transform(scored), reuseRowObject: false)];

    private static string TextOf(RankedCandidates row)
        => FormattableString.Invariant($"{string.Join(' ', row.RecommendedItems)} {string.Join(' ', row.Scores.Concat(row.Probabilities).Select(value => value.ToString("F4")))}");

    private string[] Sorted(IDataView scored)
        => [.. _ml.Data.CreateEnumerable<RankedCandidates>(scored, reuseRowObject: false).Select(TextOf).Order(StringComparer.Ordinal)];

    // the rows of a set of cursors, each read by a thread of its own
    private static string[] ByThreads(IDataView view)
    {
        var rows = new ConcurrentBag<string>();
        Parallel.ForEach(view.GetRowCursorSet(view.Schema, 3), cursor =>
        {
            using var _ = cursor;
            var best = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(view.Schema["RecommendedItems"]);
            ValueGetter<VBuffer<float>> scores = cursor.GetGetter<VBuffer<float>>(view.Schema["Scores"]), probabilities = cursor.GetGetter<VBuffer<float>>(view.Schema["Probabilities"]);
            VBuffer<ReadOnlyMemory<char>> names = default;
            VBuffer<float> values = default, foretold = default;
            while (cursor.MoveNext())
            {
                best(ref names);
                scores(ref values);
                probabilities(ref foretold);
                rows.Add(TextOf(new RankedCandidates
                {
                    RecommendedItems = [.. names.DenseValues().Select(name => name.ToString())],
                    Scores = [.. values.DenseValues()],
                    Probabilities = [.. foretold.DenseValues()],
                }));
            }
        });
        return [.. rows.Order(StringComparer.Ordinal)];
    }
}
