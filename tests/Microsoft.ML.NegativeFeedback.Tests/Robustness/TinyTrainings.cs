using Microsoft.ML.NegativeFeedback.Tests.Trainers;

namespace Microsoft.ML.NegativeFeedback.Tests.Robustness;

/// <summary>Every kind of trainer by its name, on a feed that it learns in no time.</summary>
internal static class TinyTrainings
{
    public static string[] Names => ["PnfRec", "SasRec", "Sine", "MultiFeedback", .. Enum.GetNames<BaselineNetwork>()];

    /// <summary>Rows and options of a training.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="trainer">One of the names.</param>
    /// <param name="epochs">How many epochs it is to take.</param>
    /// <param name="change">Changes the options further.</param>
    public static (IDataView Rows, NextItemTrainer Trainer) Create(MLContext ml, string trainer, int epochs, Action<SequenceTrainerOptions>? change = null)
    {
        var trainers = ml.Recommendation().Trainers;
        if (trainer == "MultiFeedback")
        {
            var ranked = new RankedFeed(ml, rows: 40);
            return (ranked.Train, trainers.MultiFeedback(With(ranked.Options())));
        }

        var rows = ml.Data.LoadFromEnumerable(ToyFeed.Histories(40, seed: 1));
        var keyed = ml.Transforms.Conversion.MapValueToKey("Items").Append(ml.Transforms.CopyColumns("Candidates", "Items")).Fit(rows).Transform(rows);
        return (keyed, trainer switch
        {
            "PnfRec" => trainers.PnfRec(With(TrainerTests.Small(new PnfRecTrainer.Options()))),
            "SasRec" => trainers.SasRec(With(TrainerTests.Small(new SasRecTrainer.Options()))),
            "Sine" => trainers.Sine(With(TrainerTests.Small(new SineTrainer.Options()))),
            _ => trainers.Baseline(With(TrainerTests.Small(new BaselineTrainer.Options { Network = Enum.Parse<BaselineNetwork>(trainer), CandidatesColumnName = NeedsCandidates(trainer) ? "Candidates" : null }))),
        });

        TOptions With<TOptions>(TOptions options)
            where TOptions : SequenceTrainerOptions
        {
            options.MaximumNumberOfEpochs = epochs;
            change?.Invoke(options);
            return options;
        }
    }

    private static bool NeedsCandidates(string trainer) => trainer is nameof(BaselineNetwork.Din) or nameof(BaselineNetwork.Dien) or nameof(BaselineNetwork.SliRec);
}
