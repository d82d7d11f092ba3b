using Microsoft.ML;
using Microsoft.ML.NegativeFeedback;

namespace MovieLens;

/// <summary>
/// A model of table 2 of the PNFRec paper (Ivanova, Frolov and Vasilev, RecSys '25, doi:10.1145/3705328.3759333) with its settings and results for MovieLens-1M: means of five runs
/// and their standard deviations, which the authors' repository (github.com/Veronika-Ivanova/pnfrec) has.
/// </summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Title">As the table calls it.</param>
/// <param name="Length">Items of the longest sequence: 50 of one kind of feedback, 100 of both (section 4.2.2 of the paper).</param>
/// <param name="Alpha">α, the weight of the negative cross entropy; null where the model has none.</param>
/// <param name="HitRate">HR_p@10.</param>
/// <param name="Ndcg">NDCG_p@10.</param>
/// <param name="HitRateDifference">ΔHR@10.</param>
/// <param name="NdcgDifference">ΔNDCG@10.</param>
internal sealed record PublishedModel(
    string Name, string Title, int Length, double? Alpha, string HitRate, string Ndcg, string HitRateDifference, string NdcgDifference)
{
    public static readonly IReadOnlyList<PublishedModel> All =
    [
        new("pnfrec", "PNFRec", 50, 0.45, "0.1716 ± 0.0083", "0.1041 ± 0.0026", "0.0724 ± 0.0152", "0.0484 ± 0.0055"),
        new("pnfrec_pn", "PNFRec_pn", 50, 0.45, "0.1677 ± 0.0131", "0.1024 ± 0.0069", "0.0644 ± 0.0148", "0.0467 ± 0.0068"),
        new("pnfrec_pc", "PNFRec_pc", 50, null, "0.1612 ± 0.0022", "0.0921 ± 0.0047", "0.0760 ± 0.0109", "0.0435 ± 0.0047"),
        new("sasrec_p", "SASRec_p", 50, null, "0.1587 ± 0.0112", "0.0935 ± 0.0086", "0.0726 ± 0.0170", "0.0449 ± 0.0052"),
        new("sasrec_c", "SASRec_c", 100, null, "0.1638 ± 0.0083", "0.0892 ± 0.0053", "-0.0213 ± 0.0044", "-0.0174 ± 0.0036"),
        new("sasrec", "SASRec", 100, null, "0.1683 ± 0.0089", "0.0927 ± 0.0034", "-0.0160 ± 0.0061", "-0.0116 ± 0.0064"),
    ];

    public static string[] Names => [.. All.Select(model => model.Name)];

    public static PublishedModel Of(string name) => All.Single(model => model.Name == name);

    /// <summary>The trainer with the published settings.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="choice">What else it is to be.</param>
    /// <param name="validationSet">What early stopping watches.</param>
    /// <param name="progress">Who is told after every epoch.</param>
    /// <param name="cancellation">Stops it.</param>
    public static NextItemTrainer Create(MLContext ml, TrainingChoice choice, IDataView validationSet, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        var trainers = ml.Recommendation().Trainers;
        return choice.Model.Name switch
        {
            "pnfrec" => trainers.PnfRec(With(new PnfRecTrainer.Options { NegativeWeight = choice.Alpha!.Value })),
            "pnfrec_pn" => trainers.PnfRec(With(new PnfRecTrainer.Options { NegativeWeight = choice.Alpha!.Value, ContrastiveWeight = 0 })),
            "pnfrec_pc" => trainers.PnfRec(With(new PnfRecTrainer.Options { NegativeWeight = 0 })),
            "sasrec_p" => trainers.SasRec(With(new SasRecTrainer.Options())),
            "sasrec" => trainers.SasRec(With(new SasRecTrainer.Options { Variant = SasRecVariant.WholeSequence })),
            _ => trainers.SasRec(With(new SasRecTrainer.Options { Variant = SasRecVariant.Contrastive })),
        };

        TOptions With<TOptions>(TOptions options) where TOptions : SequenceTrainerOptions
        {
            options.EmbeddingWidth = 231;
            options.MaximumSequenceLength = choice.Model.Length;
            options.MaximumNumberOfEpochs = choice.Epochs;
            options.EarlyStoppingPatience = TrainingChoice.Patience;
            options.NumberOfThreads = choice.Threads;
            options.Seed = choice.Seed;
            options.CheckpointPath = choice.Checkpoint;
            options.ValidationSet = validationSet;
            options.Progress = progress;
            options.CancellationToken = cancellation;
            return options;
        }
    }
}

/// <summary>A training to do.</summary>
/// <param name="Model">The model.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Epochs">At most so many.</param>
/// <param name="Threads">Null where torch decides.</param>
/// <param name="Checkpoint">Written after every epoch; null for none.</param>
internal sealed record TrainingChoice(PublishedModel Model, int Seed, int Epochs, int? Threads, string? Checkpoint)
{
    /// <summary>Epochs without a better validation score after which training stops, as published.</summary>
    public const int Patience = 10;

    /// <summary>α; the published one unless another is tried.</summary>
    public double? Alpha { get; init; } = Model.Alpha;
}
