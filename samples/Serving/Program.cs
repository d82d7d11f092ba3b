// Recommends over HTTP, from one process or a cluster of them.
// dotnet run -c Release --project samples/Serving -- [--model FILE] [--redis HOST] [--urls URL] …; --help tells all switches
using Serving;
using StackExchange.Redis;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(ServiceSettings.Usage);
    return 0;
}

try
{
    var builder = ServiceHost.CreateBuilder();
    var settings = ServiceSettings.Read(builder.Configuration, args);
    if (settings.Train is { } file)
    {
        FeedModel.Train(Path.GetFullPath(file), settings.Seed, Console.WriteLine, CancellationToken.None);
        Console.WriteLine($"Written: {file}");
        return 0;
    }

    await using var app = await ServiceHost.Build(builder, settings);
    await app.StartAsync();
    Console.WriteLine($"Listening on {string.Join(", ", app.Urls)}; Ctrl+C or SIGTERM stops.");
    await app.WaitForShutdownAsync();
    return 0;
}
catch (FormatException error)
{
    Console.Error.WriteLine($"{error.Message}\n\n{ServiceSettings.Usage}");
    return 2;
}
catch (Exception error) when (error is RedisConnectionException or InvalidDataException or IOException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
