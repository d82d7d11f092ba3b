// Recommends over HTTP, from one process or a cluster of them.
// dotnet run -c Release --project samples/Serving -- [--model FILE] [--redis HOST] [--urls URL] …; --help tells all options
using System.CommandLine;
using Common;
using Serving;
using StackExchange.Redis;

var command = ServiceArguments.Command();
command.SetAction(Serve);
return await command.RunAsync(args);

static async Task<int> Serve(ParseResult parsed, CancellationToken cancellation)
{
    var builder = ServiceHost.CreateBuilder();
    var settings = ServiceSettings.Read(builder.Configuration, parsed);
    if (settings.Train is { } file)
    {
        FeedModel.Train(Path.GetFullPath(file), settings.Seed, Console.WriteLine, cancellation);
        Console.WriteLine($"Written: {file}");
        return 0;
    }

    try
    {
        await using var app = await ServiceHost.Build(builder, settings);
        await app.StartAsync(cancellation);
        Console.WriteLine($"Listening on {string.Join(", ", app.Urls)}; Ctrl+C or SIGTERM stops.");
        await app.WaitForShutdownAsync(cancellation);
        return 0;
    }
    catch (RedisConnectionException error)
    {
        Console.Error.WriteLine(error.Message);
        return 1;
    }
}
