using System.CommandLine;
using Common;
using MovieLens.Table;

namespace MovieLens;

/// <summary>The command line: one training; the table of many; what its rows say; and whether the lead of a model is more than chance.</summary>
internal static class MovieLensArguments
{
    private const string Description = """
        PNFRec and its baselines on MovieLens-1M, as published (RecSys '25). Without a command it trains a model, evaluates it and saves it. The folder of --data has ratings.dat; movies.dat for
        titles and pnfrec_test_users.txt and pnfrec_validation_users.txt, the published halves of the users, are used where they lie beside it.
        """;

    public static RootCommand Command()
    {
        var data = SampleOptions.Data("the folder of MovieLens-1M");
        data.Required = true;
        Option<int> epochs = SampleOptions.Epochs(100), seed = SampleOptions.Seed();
        var threads = SampleOptions.Threads();
        var model = SampleOptions.Name("--model", "what to train", PublishedModel.Names, "pnfrec");
        var checkpoint = SampleOptions.Path("--checkpoint", "a file that is written after every epoch, and gone on from where it is there");
        var output = SampleOptions.PathOr("--output", "where the model goes", "output", "DIR");
        var root = new RootCommand(Description) { data, model, seed, epochs, threads, checkpoint, output };
        root.Does((parsed, cancellation) => SingleTraining.Run(
            parsed.GetValue(data)!, new TrainingChoice(PublishedModel.Of(parsed.GetValue(model)!), parsed.GetValue(seed), parsed.GetValue(epochs), parsed.GetValue(threads), parsed.GetValue(checkpoint)),
            parsed.GetValue(output)!, cancellation));
        root.Add(TableCommand(data, epochs, threads));
        root.Add(ReportCommand());
        root.Add(BootstrapCommand());
        return root;
    }

    private static Command TableCommand(Option<string?> data, Option<int> epochs, Option<int?> threads)
    {
        var results = SampleOptions.Path("--results", "a file of CSV that gets a row a training; what has a row there is not trained again. Checkpoints, epochs and ranks of users lie beside it");
        results.Required = true;
        var seeds = SampleOptions.Seeds(5);
        var models = SampleOptions.Names("--models", "what to train; with --alphas pnfrec_pn, as in figure 2, unless named", PublishedModel.Names, []);
        var alphas = SampleOptions.Reals("--alphas", "values of α, the weight of the negative cross entropy, in the place of the published one", []);
        var command = new Command("table", "trains every model of table 2 with every seed, and goes on where it was stopped, kill -9 included") { data, results, seeds, models, alphas, epochs, threads };
        command.Aliases.Add("--table");
        command.Validators.Add(result =>
        {
            var names = result.GetValue(models) ?? [];
            if (result.GetValue(alphas) is { Length: > 0 } && names.FirstOrDefault(name => PublishedModel.Of(name).Alpha is null) is { } other)
                result.AddError($"--alphas has no meaning for {other}: it has no negative cross entropy. Name others by --models.");
        });
        return command.Does((parsed, cancellation) =>
        {
            var runs = TableRun.All(parsed.GetValue(models)!, parsed.GetValue(alphas)!, parsed.GetValue(seeds));
            return TableTraining.Run(parsed.GetValue(data)!, runs, parsed.GetValue(results)!, parsed.GetValue(epochs), parsed.GetValue(threads), cancellation);
        });
    }

    private static Command ReportCommand()
    {
        var files = new Argument<string[]>("FILE") { Description = "files of --results", Arity = ArgumentArity.OneOrMore };
        var page = SampleOptions.Page(Path.Combine("output", "movielens.html"));
        var command = new Command("report", "prints table 2 and what α is worth, beside what is published, in Markdown") { files, page };
        command.Aliases.Add("--tables");
        return command.Does((parsed, _) =>
        {
            TableFile[] read = [.. parsed.GetValue(files)!.Select(file => new TableFile(file))];
            return TableReport.Run([.. read.SelectMany(file => file.ReadExisting())], [.. read.SelectMany(file => file.ReadEpochs())], parsed.GetValue(page));
        });
    }

    private static Command BootstrapCommand()
    {
        var files = new Argument<string[]>("FILE") { Description = "files of --results, beside which lie the ranks of users", Arity = ArgumentArity.OneOrMore };
        var model = SampleOptions.Name("--model", "the model", PublishedModel.Names, "pnfrec");
        var baseline = SampleOptions.Name("--baseline", "what it is compared with", PublishedModel.Names, "sasrec_p");
        var draws = SampleOptions.Number("--draws", "how often users are drawn", 10_000);
        var seed = SampleOptions.Seed();
        var command = new Command("bootstrap", "compares two models by drawing users anew, with replacement") { files, model, baseline, draws, seed };
        command.Aliases.Add("--bootstrap");
        return command.Does((parsed, _) =>
        {
            UserRank[] ranks = [.. parsed.GetValue(files)!.SelectMany(file => new TableFile(file).ReadRanks())];
            UserBootstrap.Compare(ranks, PublishedModel.Of(parsed.GetValue(model)!), PublishedModel.Of(parsed.GetValue(baseline)!), parsed.GetValue(draws), parsed.GetValue(seed)).Write();
            return 0;
        });
    }
}
