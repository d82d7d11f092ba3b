using Microsoft.ML;
using Microsoft.ML.NegativeFeedback;

namespace MovieLens;

/// <summary>The models of table 2 of the PNFRec paper with its published settings for MovieLens-1M.</summary>
internal static class Models
{
    public static readonly string[] Names = ["pnfrec", "pnfrec_pn", "pnfrec_pc", "sasrec_p", "sasrec", "sasrec_c"];

    public static NextItemTrainer Create(MLContext ml, Arguments arguments, IDataView validationSet, IProgress<TrainingProgress> progress)
    {
        var trainers = ml.Recommendation().Trainers;
        return arguments.Model switch
        {
            "pnfrec" => trainers.PnfRec(With(new PnfRecTrainer.Options())),
            "pnfrec_pn" => trainers.PnfRec(With(new PnfRecTrainer.Options { ContrastiveWeight = 0 })),
            "pnfrec_pc" => trainers.PnfRec(With(new PnfRecTrainer.Options { NegativeWeight = 0 })),
            "sasrec_p" => trainers.SasRec(With(new SasRecTrainer.Options())),
            "sasrec" => trainers.SasRec(With(new SasRecTrainer.Options { Variant = SasRecVariant.WholeSequence })),
            _ => trainers.SasRec(With(new SasRecTrainer.Options { Variant = SasRecVariant.Contrastive })),
        };

        TOptions With<TOptions>(TOptions options) where TOptions : SequenceTrainerOptions
        {
            options.EmbeddingWidth = 231;
            options.MaximumNumberOfEpochs = arguments.Epochs;
            options.NumberOfThreads = arguments.Threads;
            options.Seed = arguments.Seed;
            options.CheckpointPath = arguments.Checkpoint;
            options.ValidationSet = validationSet;
            options.Progress = progress;
            return options;
        }
    }
}
