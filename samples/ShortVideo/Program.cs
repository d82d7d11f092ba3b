// SINE, its ablations and its baselines on short videos: tables 3 and 4 and figure 4 of the paper (RecSys '23), in form.
// dotnet run -c Release --project samples/ShortVideo -- [--data DIR] [--models A,B,…] [--seeds N] [--interests K,K,…] [--tune] [--results FILE]
using ShortVideo;

var arguments = Arguments.Parse(args);
if (arguments is null)
    return 2;

ShortVideoData[] logs = arguments.DataFolder is { } folder
    ? [ShortVideoData.OfKuaiRand(folder), ShortVideoData.OfFeed(arguments.Users)] : [ShortVideoData.OfFeed(arguments.Users)];
var results = arguments.ReportFrom is { } file ? Lines.Read(file) : new Experiment(logs[0], arguments).Run();
ResultTable[] tables = [.. ResultTable.Of(results, arguments.SubInterests[0])];
foreach (var table in tables.Where(table => table.Rows.Count > 0))
    Console.WriteLine($"\n{table}");

Page.Write(arguments.PageFile, results, tables, logs.Where(log => results.Any(result => result.Run.Dataset == log.Name)));
Console.WriteLine($"\nWritten: {arguments.PageFile}");
return 0;
