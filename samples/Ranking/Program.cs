// The multi-feedback ranker with and without what users gave feedback on: table 2 and figures 3 and 4 of the paper (CIKM '23), offline and in form.
// dotnet run -c Release --project samples/Ranking -- [--data DIR] [--users N] [--seeds N] [--checkpoints DIR]
using Ranking;

var arguments = Arguments.Parse(args);
if (arguments is null)
    return 2;

var data = arguments.DataFolder is { } folder ? RankingData.OfKuaiRand(folder) : RankingData.OfFeed(arguments.Users);
var results = new Experiment(data, arguments).Run();
foreach (var table in Tables.Of(results).Append(Tables.OfLift(results[0])))
    Console.WriteLine($"\n{table}");

Page.Write(arguments.PageFile, data.Name, results);
Console.WriteLine($"\nWritten: {arguments.PageFile}");
return 0;
