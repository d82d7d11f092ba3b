using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>The trainers from the front door: in chains, learning, evaluated, watched, cancelled.</summary>
public class TrainerTests
{
    private readonly MLContext _ml = new(seed: 1);

    internal static TOptions Small<TOptions>(TOptions options) where TOptions : SequenceTrainerOptions
    {
        options.EmbeddingWidth = 16;
        options.MaximumSequenceLength = 10;
        options.NumberOfBlocks = 1;
        options.BatchSize = 32;
        options.LearningRate = 0.01;
        options.MaximumNumberOfEpochs = 12;
        options.NumberOfRecommendations = 5;
        options.DropoutRate = 0;
        options.Seed = 7;
        options.NumberOfThreads = 1;
        return options;
    }

    private TransformerChain<ITransformer> FitChain(IEstimator<NextItemTransformer> trainer, IDataView rows)
        => new EstimatorChain<ITransformer>()
            .Append(_ml.Transforms.Conversion.MapValueToKey("Items"))
            .Append(trainer)
            .Append((IEstimator<ITransformer>)_ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
            .Fit(rows);

    public static TheoryData<string> Trainers => ["pnfrec", "pnfrec_pn", "pnfrec_pc", "pnfrec_cosine", "sasrec_p", "sasrec", "sasrec_c"];

    private NextItemTrainer Create(string name) => name switch
    {
        "pnfrec" => _ml.Recommendation().Trainers.PnfRec(Small(new PnfRecTrainer.Options())),
        "pnfrec_pn" => _ml.Recommendation().Trainers.PnfRec(Small(new PnfRecTrainer.Options { ContrastiveWeight = 0 })),
        "pnfrec_pc" => _ml.Recommendation().Trainers.PnfRec(Small(new PnfRecTrainer.Options { NegativeWeight = 0 })),
        "pnfrec_cosine" => _ml.Recommendation().Trainers.PnfRec(
            Small(new PnfRecTrainer.Options { Similarity = ContrastSimilarity.Cosine, SeparatePositionEmbeddings = true })),
        "sasrec_p" => _ml.Recommendation().Trainers.SasRec(Small(new SasRecTrainer.Options())),
        "sasrec" => _ml.Recommendation().Trainers.SasRec(Small(new SasRecTrainer.Options { Variant = SasRecVariant.WholeSequence })),
        _ => _ml.Recommendation().Trainers.SasRec(Small(new SasRecTrainer.Options { Variant = SasRecVariant.Contrastive })),
    };

    [Theory]
    [MemberData(nameof(Trainers))]
    public void A_chain_learns_what_comes_next(string trainer)
    {
        var train = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(400, seed: 1));
        var test = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 2));

        var model = FitChain(Create(trainer), train);
        var metrics = _ml.Recommendation().EvaluateNextItem(model.Transform(test), numberOfRecommendations: 5);

        // 24 items of the ring less the 8 seen, and the disliked ones: chance is below 0.2
        Assert.True(metrics.Positive.HitRate > 0.8, $"HR@5 {metrics.Positive.HitRate}");
    }

    [Fact]
    public void A_prediction_engine_answers_as_the_rows_do()
    {
        var train = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(200, seed: 1));
        var histories = ToyFeed.Histories(10, seed: 2);
        var model = FitChain(Create("pnfrec"), train);

        var rows = _ml.Data.CreateEnumerable<ToyRecommendation>(
            model.Transform(_ml.Data.LoadFromEnumerable(histories)), reuseRowObject: false).ToArray();
        using var engine = _ml.Model.CreatePredictionEngine<ToyHistory, ToyRecommendation>(model, new PredictionEngineOptions { OwnsTransformer = false });

        foreach (var (history, row) in histories.Zip(rows))
        {
            var answer = engine.Predict(history);
            Assert.Equal(row.RecommendedItems, answer.RecommendedItems);
            Assert.Equal(row.Scores, answer.Scores, (a, b) => Math.Abs(a - b) <= 1e-4f * Math.Max(1, Math.Abs(a)));
            Assert.Empty(answer.RecommendedItems.Intersect(history.Items));
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_model_to_the_bit()
    {
        var train = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(100, seed: 1));
        var histories = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(20, seed: 2));

        float[][] Scores() => _ml.Data.CreateEnumerable<ToyRecommendation>(
            FitChain(Create("pnfrec"), train).Transform(histories), reuseRowObject: false).Select(row => row.Scores).ToArray();

        Assert.Equal(Scores(), Scores());
    }

    [Fact]
    public void Validation_rows_may_hold_items_or_keys()
    {
        var train = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(200, seed: 1));
        var validation = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(40, seed: 2));
        var toKeys = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(train);
        var withKeys = _ml.Transforms.Conversion.MapValueToKey(
            [new InputOutputColumnPair("Items"), new InputOutputColumnPair("TargetItem")], keyData: Catalogue(toKeys.Transform(train))).Fit(validation).Transform(validation);

        double?[] Ndcg(IDataView rows)
        {
            var progress = new Recorder<TrainingProgress>();
            var options = Small(new PnfRecTrainer.Options { ValidationSet = rows, Progress = progress });
            options.MaximumNumberOfEpochs = 3;
            _ml.Recommendation().Trainers.PnfRec(options).Fit(toKeys.Transform(train));
            return [.. progress.Reports.Select(report => report.ValidationScore)];
        }

        var byItems = Ndcg(validation);
        Assert.Equal(3, byItems.Length);
        Assert.All(byItems, ndcg => Assert.NotNull(ndcg));
        Assert.Equal(byItems, Ndcg(withKeys));
    }

    [Fact]
    public void Progress_reaches_the_log()
    {
        var lines = new List<string>();
        _ml.Log += (_, message) => lines.Add(message.Message);
        var train = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 1));
        var options = Small(new SasRecTrainer.Options { EarlyStoppingPatience = 12 });

        FitChain(_ml.Recommendation().Trainers.SasRec(options), train);

        Assert.Contains(lines, line => line.Contains(nameof(SasRecTrainer)) && line.Contains("Epoch 12"));
    }

    [Fact]
    public void Cancelled_training_goes_on_from_its_checkpoint_to_the_same_model()
    {
        var train = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(_ml.Data.LoadFromEnumerable(ToyFeed.Histories(100, seed: 1)))
            .Transform(_ml.Data.LoadFromEnumerable(ToyFeed.Histories(100, seed: 1)));
        string checkpoint = Path.Combine(Directory.CreateTempSubdirectory().FullName, "training.checkpoint");
        using var cancellation = new CancellationTokenSource();
        var interrupted = Small(new PnfRecTrainer.Options { CheckpointPath = checkpoint, CancellationToken = cancellation.Token });
        interrupted.Progress = new Recorder<TrainingProgress>(report =>
        {
            if (report.Epoch == 3)
                cancellation.Cancel();
        });

        Assert.ThrowsAny<OperationCanceledException>(() => _ml.Recommendation().Trainers.PnfRec(interrupted).Fit(train));
        Assert.True(File.Exists(checkpoint));
        var resumed = _ml.Recommendation().Trainers.PnfRec(
            Small(new PnfRecTrainer.Options { CheckpointPath = checkpoint })).Fit(train);
        var whole = _ml.Recommendation().Trainers.PnfRec(Small(new PnfRecTrainer.Options())).Fit(train);

        Assert.Equal(Export(whole), Export(resumed));
        Directory.Delete(Path.GetDirectoryName(checkpoint)!, recursive: true);

        static byte[] Export(NextItemTransformer transformer)
        {
            string path = Path.GetTempFileName();
            transformer.ExportToOnnx(path);
            byte[] bytes = File.ReadAllBytes(path);
            File.Delete(path);
            return bytes;
        }
    }

    [Fact]
    public void Seed_and_threads_that_the_options_leave_open_are_those_of_the_training_that_goes_on()
    {
        var rows = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(100, seed: 1));
        var train = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        string folder = Directory.CreateTempSubdirectory().FullName;
        string checkpoint = Path.Combine(folder, "training.checkpoint");
        var reports = new Recorder<TrainingProgress>();
        // contexts without a seed draw another each time; the machine's own number of threads would be another as well
        CutShort(threads: 3);
        var resumed = Open(epochs: 4);
        resumed.Progress = reports;
        new MLContext().Recommendation().Trainers.PnfRec(resumed).Fit(train);
        Assert.Equal([2, 3, 4], reports.Reports.Select(report => report.Epoch));

        // with no epoch left by other limits, the model of those that there are comes from the file; below them there is none
        File.Delete(checkpoint);
        CutShort(threads: null);
        new MLContext().Recommendation().Trainers.PnfRec(Open(epochs: 2)).Fit(train);
        File.Delete(checkpoint);
        CutShort(threads: null);
        var enough = Open(epochs: 1);
        enough.Progress = new Recorder<TrainingProgress>(_ => Assert.Fail("It has the epoch."));
        new MLContext().Recommendation().Trainers.PnfRec(enough).Fit(train);

        // what is fixed must agree
        File.Delete(checkpoint);
        CutShort(threads: null);
        var fixedSeed = Open(epochs: 4);
        fixedSeed.Seed = -1;
        var error = Assert.Throws<InvalidDataException>(() => new MLContext().Recommendation().Trainers.PnfRec(fixedSeed).Fit(train));
        Assert.Contains("Seed: ", error.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);

        void CutShort(int? threads)
        {
            using var cancellation = new CancellationTokenSource();
            var options = Open(epochs: 4);
            (options.NumberOfThreads, options.CancellationToken) = (threads, cancellation.Token);
            options.Progress = new Recorder<TrainingProgress>(_ => cancellation.Cancel());
            Assert.ThrowsAny<OperationCanceledException>(() => new MLContext().Recommendation().Trainers.PnfRec(options).Fit(train));
        }

        PnfRecTrainer.Options Open(int epochs)
        {
            var options = Small(new PnfRecTrainer.Options { CheckpointPath = checkpoint });
            (options.Seed, options.NumberOfThreads, options.MaximumNumberOfEpochs) = (null, null, epochs);
            return options;
        }
    }

    [Fact]
    public void A_file_that_is_no_checkpoint_is_refused_before_a_row_is_read()
    {
        string path = Path.GetTempFileName();
        int read = 0;
        var train = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(_ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 1)))
            .Transform(_ml.Data.LoadFromEnumerable(Rows()));
        var trainer = _ml.Recommendation().Trainers.SasRec(Small(new SasRecTrainer.Options { CheckpointPath = path }));
        var error = Assert.Throws<InvalidDataException>(() => trainer.Fit(train));
        Assert.Contains("delete the file", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, read);
        File.Delete(path);

        IEnumerable<ToyHistory> Rows()
        {
            foreach (var history in ToyFeed.Histories(60, seed: 1))
            {
                read++;
                yield return history;
            }
        }
    }

    [Fact]
    public void The_next_nights_training_takes_the_place_of_one_that_has_ended()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        string checkpoint = Path.Combine(folder, "training.checkpoint");
        foreach (int night in new[] { 1, 2 })
        {
            var rows = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: night));
            var train = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
            var reports = new Recorder<TrainingProgress>();
            var options = Small(new SasRecTrainer.Options { CheckpointPath = checkpoint, Progress = reports });
            options.MaximumNumberOfEpochs = 2;
            _ml.Recommendation().Trainers.SasRec(options).Fit(train);
            Assert.Equal([1, 2], reports.Reports.Select(report => report.Epoch));
            // the same again comes from the file
            _ml.Recommendation().Trainers.SasRec(options).Fit(train);
            Assert.Equal(2, reports.Reports.Count);
        }

        Directory.Delete(folder, recursive: true);
    }

    private IDataView Catalogue(IDataView keyed)
    {
        VBuffer<ReadOnlyMemory<char>> values = default;
        keyed.Schema["Items"].Annotations.GetValue("KeyValues", ref values);
        return _ml.Data.LoadFromEnumerable(values.DenseValues().Select(value => new Entry { Value = value.ToString() }).ToArray());
    }

    private sealed class Entry
    {
        public string Value { get; set; } = "";
    }
}
