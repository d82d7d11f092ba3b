using Common;

namespace ShortVideo;

/// <summary>The results of one model with its best setting.</summary>
internal sealed record ModelSummary(Setting Setting, int Seeds, Spread Auc, Spread Gauc, Spread Ndcg, Spread Seconds)
{
    /// <summary>Summarises over seeds; null where there is no result.</summary>
    public static ModelSummary? Of(IEnumerable<RunResult> results, string dataset, string model, int subInterests)
    {
        var own = results.Where(result => result.Run.Dataset == dataset && result.Run.Model == model && result.Run.SubInterests == subInterests).ToList();
        if (own.Count == 0)
            return null;
        // settings are compared with the first seed, on the validation rows
        int firstSeed = own.Min(result => result.Run.Seed);
        var setting = own.Where(result => result.Run.Seed == firstSeed).MaxBy(result => result.ValidationAuc)!.Run.Setting;
        var chosen = own.Where(result => result.Run.Setting == setting).ToList();
        return new ModelSummary(setting, chosen.Count, Spread.Of(chosen, result => result.Auc), Spread.Of(chosen, result => result.Gauc),
            Spread.Of(chosen, result => result.Ndcg), Spread.Of(chosen, result => result.Seconds));
    }

    /// <summary>The cells of <see cref="PaperTables"/>.</summary>
    public IReadOnlyList<string> ToCells(string title) =>
    [
        title, Auc.ToString(), Gauc.ToString(), Ndcg.ToString(), Seeds.ToString(ResultFile.Culture),
        Setting.LearningRate.ToString(ResultFile.Culture), Setting.DropoutRate.ToString(ResultFile.Culture), Seconds.Mean.ToString("0", ResultFile.Culture),
    ];
}
