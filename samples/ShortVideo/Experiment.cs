using System.Diagnostics;
using Common;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;

namespace ShortVideo;

/// <summary>Trains the models that the arguments ask for and gathers their results.</summary>
internal sealed class Experiment(ShortVideoData data, ShortVideoArguments arguments)
{
    private const int FirstSeed = 1;

    private readonly LeaveLastOutData _split = data.Split();
    private readonly Dictionary<Run, RunResult> _results = [];

    public IReadOnlyCollection<RunResult> Run()
    {
        Console.WriteLine(Describe(data.Name, _split.Counts));
        if (File.Exists(arguments.ResultsFile))
        {
            foreach (var result in ResultFile.Read(arguments.ResultsFile))
                _results[result.Run] = result;
        }

        foreach (string model in arguments.Models)
        {
            int subInterests = Models.HasSubInterests(model) ? arguments.SubInterests[0] : 0;
            var setting = Tune(model, subInterests);
            TrainSeeds(model, subInterests, setting);
            if (model == Models.Sine)
            {
                foreach (int others in arguments.SubInterests.Skip(1))
                    TrainSeeds(model, others, setting);
            }
        }

        return _results.Values;
    }

    /// <summary>The best setting by AUC on the validation rows; the test rows have no say.</summary>
    private Setting Tune(string model, int subInterests)
        => !arguments.Tunes ? arguments.Setting
            : Setting.Grid.MaxBy(setting => Train(new Run(data.Name, model, FirstSeed, subInterests, setting)).ValidationAuc);

    private void TrainSeeds(string model, int subInterests, Setting setting)
    {
        for (int seed = FirstSeed; seed < FirstSeed + arguments.Seeds; seed++)
            Train(new Run(data.Name, model, seed, subInterests, setting));
    }

    private RunResult Train(Run run)
    {
        if (_results.TryGetValue(run, out var known))
            return known;
        var ml = new MLContext(run.Seed);
        var progress = new TrainingConsole("AUC");
        var watch = Stopwatch.StartNew();
        // one dictionary for histories and candidates, which knows the items that are candidates only
        var trainer = ml.Transforms.Conversion
            .MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: _split.Catalogue)
            .Append(Models.Create(ml, run, _split, arguments, progress));
        string title = $"{run.Dataset}: {Models.Titles[run.Model]}{(run.SubInterests > 0 ? $", K = {run.SubInterests}" : "")}, seed {run.Seed}, {run.Setting}";
        using var model = progress.Watch(title, () => trainer.Fit(_split.TrainSet));
        double seconds = watch.Elapsed.TotalSeconds;
        var metrics = ml.Recommendation().EvaluateCandidates(model.Transform(_split.TestSet));
        var result = new RunResult(run, progress.BestScore, metrics.Auc, metrics.Gauc, metrics.Ndcg, seconds, progress.Last!.Epoch);
        Console.WriteLine(string.Create(ResultFile.Culture, $"  test: AUC {metrics.Auc:0.0000}, GAUC {metrics.Gauc:0.0000}, NDCG@2 {metrics.Ndcg:0.0000}; {seconds:0} s"));
        if (arguments.ResultsFile is { } path)
            ResultFile.Append(path, result);
        return _results[run] = result;
    }

    private static string Describe(string name, LeaveLastOutCounts counts) => string.Create(ResultFile.Culture, $"""
        {name}: {counts.Users:N0} users, {counts.Items:N0} videos, {counts.Rows:N0} users with three liked videos
        training: {counts.TrainInteractions:N0} views, {counts.TrainPositives:N0} liked, {counts.TrainNegatives:N0} skipped
        skips to rank: validation {counts.ValidationNegatives:N0} of {counts.ValidationRowsWithNegatives:N0} users, test {counts.TestNegatives:N0} of {counts.TestRowsWithNegatives:N0} users
        """);
}
