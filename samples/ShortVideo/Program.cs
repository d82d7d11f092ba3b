// SINE, its ablations and its baselines on short videos: tables 3 and 4 and figure 4 of the paper (RecSys '23), in form.
// dotnet run -c Release --project samples/ShortVideo -- [--data DIR] [--passing S,S,…] [--models A,B,…] [--seeds N] [--interests K,K,…] [--tune] [--results FILE]
using ShortVideo;

var arguments = Arguments.Parse(args);
if (arguments is null)
    return 2;

ShortVideoData[] feeds = [.. arguments.PassingSkipShares.Select(share => ShortVideoData.OfFeed(arguments.Users, share))];
ShortVideoData[] logs = arguments.DataFolder is { } folder ? [ShortVideoData.OfKuaiRand(folder), .. feeds] : feeds;
var results = arguments.ReportFrom is { } file ? Lines.Read(file) : Train();
ResultTable[] tables = [.. ResultTable.Of(results, arguments.SubInterests[0])];
foreach (var table in tables.Where(table => table.Rows.Count > 0))
    Console.WriteLine($"\n{table}");

Page.Write(arguments.PageFile, results, tables, [.. logs.Where(log => results.Any(result => result.Run.Dataset == log.Name))], arguments.SubInterests[0]);
Console.WriteLine($"\nWritten: {arguments.PageFile}");
return 0;

// with a folder of data on that alone, else on every feed; with a file of results, each gives all that the file holds
IReadOnlyCollection<RunResult> Train()
    => [.. logs.Take(arguments.DataFolder is null ? feeds.Length : 1).SelectMany(log => new Experiment(log, arguments).Run()).DistinctBy(result => result.Run)];
