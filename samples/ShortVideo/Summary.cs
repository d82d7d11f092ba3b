namespace ShortVideo;

/// <summary>The results of one model with its best setting.</summary>
internal sealed record Summary(Setting Setting, int Seeds, Spread Auc, Spread Gauc, Spread Ndcg, Spread Seconds)
{
    /// <summary>Summarises over seeds; null where there is no result.</summary>
    public static Summary? Of(IEnumerable<RunResult> results, string dataset, string model, int subInterests)
    {
        var own = results.Where(result => result.Run.Dataset == dataset && result.Run.Model == model && result.Run.SubInterests == subInterests).ToList();
        if (own.Count == 0)
            return null;
        // settings are compared with the first seed, on the validation rows
        int firstSeed = own.Min(result => result.Run.Seed);
        var setting = own.Where(result => result.Run.Seed == firstSeed).MaxBy(result => result.ValidationAuc)!.Run.Setting;
        var chosen = own.Where(result => result.Run.Setting == setting).ToList();
        return new Summary(setting, chosen.Count, Spread.Of(chosen, result => result.Auc), Spread.Of(chosen, result => result.Gauc),
            Spread.Of(chosen, result => result.Ndcg), Spread.Of(chosen, result => result.Seconds));
    }

    /// <summary>The cells of <see cref="ResultTable.Header"/>.</summary>
    public IReadOnlyList<string> ToCells(string title) =>
    [
        title, Auc.ToString(), Gauc.ToString(), Ndcg.ToString(), Seeds.ToString(Lines.Culture),
        Setting.LearningRate.ToString(Lines.Culture), Setting.DropoutRate.ToString(Lines.Culture), Seconds.Mean.ToString("0", Lines.Culture),
    ];
}

/// <summary>A mean and the standard deviation of the sample, null where it has one value.</summary>
internal readonly record struct Spread(double Mean, double? StandardDeviation)
{
    public static Spread Of(IReadOnlyCollection<RunResult> results, Func<RunResult, double> metric)
    {
        double mean = results.Average(metric);
        return new Spread(mean, results.Count < 2 ? null
            : Math.Sqrt(results.Sum(result => Math.Pow(metric(result) - mean, 2)) / (results.Count - 1)));
    }

    public override string ToString() => string.Create(Lines.Culture, $"{Mean:0.0000}") + (StandardDeviation is { } deviation
        ? string.Create(Lines.Culture, $" ± {deviation:0.0000}") : "");
}
