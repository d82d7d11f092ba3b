namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>
/// The same seed and number of threads give the same model, to the bit, however the managed heap lies: between the trainings stands garbage, so that arrays
/// that a training makes come to lie elsewhere.
/// </summary>
public class SameBitsTests
{
    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<string, int> TrainersAndThreads
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (string name in new[] { "pnfrec", "pnfrec_cosine", "pnfrec_sampled", "sasrec_p", "sasrec", "sasrec_c", "sasrec_c_scalable", "sine", "sine_sum", "sine_attention", "ranker", "ranker_learned" }
                .Concat(Enum.GetNames<BaselineNetwork>()))
            {
                cases.Add(name, 1);
                cases.Add(name, 2);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(TrainersAndThreads))]
    public void Every_training_gives_the_same_bytes_resumed_or_not(string name, int threads)
    {
        const int Repetitions = 4;
        bool isRanker = name.StartsWith("ranker", StringComparison.Ordinal);
        var rows = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 1));
        var train = isRanker ? new RankedFeed(_ml, rows: 60).Train
            : _ml.Transforms.Conversion.MapValueToKey("Items").Append(_ml.Transforms.CopyColumns("Candidates", "Items")).Fit(rows).Transform(rows);
        string folder = Directory.CreateTempSubdirectory("same-bits").FullName;
        byte[] expected = Export(epochs: 2, checkpoint: null);
        var garbage = new List<Array>();
        for (int i = 1; i <= Repetitions; i++)
        {
            // some words more each time, in the small heap and in the large one
            garbage.Add(new long[i]);
            garbage.Add(new long[20_000 + i]);
            Assert.True(expected.AsSpan().SequenceEqual(Export(epochs: 2, checkpoint: null)), $"training {i} differs");
            string checkpoint = Path.Combine(folder, $"{i}.checkpoint");
            Export(epochs: 1, checkpoint);
            Assert.True(expected.AsSpan().SequenceEqual(Export(epochs: 2, checkpoint)), $"resumed training {i} differs");
        }

        GC.KeepAlive(garbage);
        Directory.Delete(folder, recursive: true);

        byte[] Export(int epochs, string? checkpoint)
        {
            using var model = Create(name, options =>
            {
                (options.NumberOfThreads, options.MaximumNumberOfEpochs, options.CheckpointPath) = (threads, epochs, checkpoint);
                // two slices and more of a batch for two workers, and a last batch of its own size
                (options.BatchSize, options.DropoutRate, options.CandidatesColumnName) = (40, 0.3, isRanker || BaselineTrainerTests.RanksGivenCandidatesAlone(name) ? "Candidates" : null);
            }).Fit(train);
            string path = Path.Combine(folder, "model.onnx");
            model.ExportToOnnx(path);
            return File.ReadAllBytes(path);
        }
    }

    private NextItemTrainer Create(string name, Action<SequenceTrainerOptions> set)
    {
        var trainers = _ml.Recommendation().Trainers;
        return name switch
        {
            "pnfrec" => trainers.PnfRec(With(new PnfRecTrainer.Options())),
            "pnfrec_cosine" => trainers.PnfRec(With(new PnfRecTrainer.Options { Similarity = ContrastSimilarity.Cosine, SeparatePositionEmbeddings = true })),
            "sasrec_p" => trainers.SasRec(With(new SasRecTrainer.Options())),
            "sasrec" => trainers.SasRec(With(new SasRecTrainer.Options { Variant = SasRecVariant.WholeSequence })),
            "sasrec_c" => trainers.SasRec(With(new SasRecTrainer.Options { Variant = SasRecVariant.Contrastive })),
            "pnfrec_sampled" => trainers.PnfRec(With(new PnfRecTrainer.Options { Loss = CatalogueLoss.SampledSoftmax(12) })),
            "sasrec_c_scalable" => trainers.SasRec(With(new SasRecTrainer.Options { Variant = SasRecVariant.Contrastive, Loss = CatalogueLoss.ScalableCrossEntropy(6) })),
            "sine" => trainers.Sine(With(new SineTrainer.Options())),
            "sine_sum" => trainers.Sine(With(new SineTrainer.Options { FusionNormalization = FusionNormalization.Sum })),
            "sine_attention" => trainers.Sine(With(new SineTrainer.Options { SameInterestWeight = 0.8 })),
            "ranker" => trainers.MultiFeedback(With(new RankedFeed(_ml, rows: 2).Options())),
            "ranker_learned" => trainers.MultiFeedback(With(new MultiFeedbackTrainer.Options { Balance = TaskBalance.Learned, Loss = MultiFeedbackLossKind.Pairwise })),
            _ => trainers.Baseline(With(new BaselineTrainer.Options { Network = Enum.Parse<BaselineNetwork>(name) })),
        };

        TOptions With<TOptions>(TOptions options)
            where TOptions : SequenceTrainerOptions
        {
            TrainerTests.Small(options);
            set(options);
            return options;
        }
    }
}
