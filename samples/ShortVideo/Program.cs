// SINE, its ablations and its baselines on short videos: tables 3 and 4 and figure 4 of the paper (RecSys '23), in form.
// dotnet run -c Release --project samples/ShortVideo -- [--data DIR] [--models A,B,…] [--seeds N] [--interests K,K,…] [--tune] [--results FILE]
using ShortVideo;

var arguments = Arguments.Parse(args);
if (arguments is null)
    return 2;

IReadOnlyCollection<RunResult> results;
if (arguments.ReportFrom is { } file)
{
    results = Lines.Read(file);
}
else
{
    var data = ShortVideoData.Load(arguments);
    Console.WriteLine(data);
    results = new Experiment(data, arguments).Run();
}

foreach (var table in ResultTable.Of(results, arguments.SubInterests[0]))
    Console.WriteLine($"\n{table}");
return 0;
