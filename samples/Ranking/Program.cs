// The multi-feedback ranker with and without what users gave feedback on: table 2 and figures 3 and 4 of the paper (CIKM '23), offline and in form.
// dotnet run -c Release --project samples/Ranking; --help tells the options
using Common;
using Ranking;

return await RankingArguments.Command(Run).RunAsync(args, whenStopped: "Stopped. With --checkpoints the same command goes on from here.");

static int Run(RankingArguments arguments)
{
    var data = arguments.DataFolder is { } folder ? RankingData.OfKuaiRand(folder) : RankingData.OfFeed(arguments.Users);
    var results = new Experiment(data, arguments).Run();
    foreach (var table in Tables.Of(results).Append(Tables.OfLift(results[0])))
    {
        Console.WriteLine();
        table.Write();
    }

    RankingPage.Write(arguments.PageFile, data.Name, results);
    Console.WriteLine($"\nWritten: {arguments.PageFile}");
    return 0;
}
