using System.CommandLine;
using Common;

namespace BulkScoring;

/// <summary>What the command line asks for.</summary>
/// <param name="Users">Simulated users.</param>
/// <param name="Items">Simulated items.</param>
/// <param name="Partitions">Files that the users are in.</param>
/// <param name="K">Items recommended to each.</param>
/// <param name="ModelPath">The saved model.</param>
/// <param name="HistoryFolder">Partitions of users.</param>
/// <param name="OutputFolder">Partitions of recommendations.</param>
/// <param name="Gpu">The GPU that scores where there is one; null for the CPU in any case.</param>
internal sealed record BulkArguments(int Users, int Items, int Partitions, int K, string ModelPath, string HistoryFolder, string OutputFolder, int? Gpu)
{
    private const string Description = """
        Scores simulated users to the top k of a simulated catalogue, from and to Parquet, a partition at a time. Without a command it makes the model, makes the users and scores them;
        whatever of that is there already is left alone, so that the same command goes on where it was stopped.
        Nothing is deleted: files of other partitions in the folders of users or recommendations, such as a job with more partitions leaves, are named and refused.
        """;

    /// <summary>The command line.</summary>
    /// <param name="makeModel">Makes the model.</param>
    /// <param name="makeUsers">Makes the users.</param>
    /// <param name="score">Scores them.</param>
    public static RootCommand Command(Func<BulkArguments, CancellationToken, Task> makeModel, Func<BulkArguments, CancellationToken, Task> makeUsers, Func<BulkArguments, CancellationToken, Task> score)
    {
        var users = SampleOptions.Number("--users", "users to simulate", 20_000);
        var items = SampleOptions.Number("--items", "items to simulate", 10_000);
        var partitions = SampleOptions.Number("--partitions", "files that the users are divided into", 10);
        var k = SampleOptions.Number("--k", "items to recommend to each user", 100);
        var folder = SampleOptions.PathOr("--folder", "where model, users and recommendations are", Path.Combine("output", "bulk-scoring"), "DIR");
        var gpu = SampleOptions.Number("--gpu", "the GPU that scores; the CPU takes over where there is none; -1: the CPU in any case", 0, least: -1);
        var model = SampleOptions.Path("--model", "another model: a chain from Items, Int32, to RecommendedItems, saved by ml.Model.SaveAtomically");
        var histories = SampleOptions.Path("--histories", "another folder of users: *.parquet with User Int64, Items list of Int32, Feedback list of Single", "DIR");

        var root = new RootCommand(Description) { users, items, partitions, k, folder, gpu };
        root.Validators.Add(result =>
        {
            if (result.GetValue(k) > result.GetValue(items))
                result.AddError($"--k {result.GetValue(k)} is more than --items {result.GetValue(items)}: nobody can be recommended more items than there are.");
            if (result.GetValue(partitions) > result.GetValue(users))
                result.AddError($"--partitions {result.GetValue(partitions)} is more than --users {result.GetValue(users)}.");
        });
        Run(root, makeModel, makeUsers, score);
        root.Add(Run(new Command("model", "makes the model alone") { items, folder }, makeModel));
        root.Add(Run(new Command("users", "makes the users alone") { users, items, partitions, folder }, makeUsers));
        root.Add(Run(new Command("score", "scores alone: what is in the folder, or your own model and histories") { k, folder, gpu, model, histories }, score));
        return root;

        Command Run(Command command, params Func<BulkArguments, CancellationToken, Task>[] stages)
        {
            command.SetAction(async (parsed, cancellation) =>
            {
                string place = parsed.GetValue(folder)!;
                var arguments = new BulkArguments(
                    parsed.GetValue(users), parsed.GetValue(items), parsed.GetValue(partitions), parsed.GetValue(k), parsed.GetValue(model) ?? Path.Combine(place, "model.zip"),
                    parsed.GetValue(histories) ?? Path.Combine(place, "users"), Path.Combine(place, "recommendations"), parsed.GetValue(gpu) is >= 0 and int device ? device : null);
                foreach (var stage in stages)
                    await stage(arguments, cancellation);
            });
            return command;
        }
    }
}
