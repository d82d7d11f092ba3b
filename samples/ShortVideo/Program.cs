// SINE, its ablations and its baselines on short videos: tables 3 and 4 and figure 4 of the paper (RecSys '23), in form.
// dotnet run -c Release --project samples/ShortVideo; --help tells the options
using Common;
using ShortVideo;

return await ShortVideoArguments.Command(Run).RunAsync(args, whenStopped: "Stopped. With --results what is trained is not trained again.");

static int Run(ShortVideoArguments arguments)
{
    ShortVideoData[] feeds = [.. arguments.PassingSkipShares.Select(share => ShortVideoData.OfFeed(arguments.Users, share))];
    ShortVideoData[] logs = arguments.DataFolder is { } folder ? [ShortVideoData.OfKuaiRand(folder), .. feeds] : feeds;
    var results = arguments.ReportFrom is { } file ? ResultFile.Read(file) : Train();
    ResultTable[] tables = [.. PaperTables.Of(results, arguments.SubInterests[0])];
    foreach (var table in tables)
    {
        Console.WriteLine();
        table.Write();
    }

    ShortVideoPage.Write(arguments.PageFile, results, tables, [.. logs.Where(log => results.Any(result => result.Run.Dataset == log.Name))], arguments.SubInterests[0]);
    Console.WriteLine($"\nWritten: {arguments.PageFile}");
    return 0;

    // with a folder of data on that alone, else on every feed; with a file of results, each gives all that the file holds
    IReadOnlyCollection<RunResult> Train()
        => [.. logs.Take(arguments.DataFolder is null ? feeds.Length : 1).SelectMany(log => new Experiment(log, arguments).Run()).DistinctBy(result => result.Run)];
}
