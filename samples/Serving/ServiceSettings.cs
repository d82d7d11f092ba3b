using System.CommandLine;
using System.Net;
using StackExchange.Redis;

namespace Serving;

/// <summary>What the service was asked to be, from the command line, the environment (Serving__Redis=…) or appsettings.json.</summary>
internal sealed record ServiceSettings
{
    /// <summary>Where a trained model is kept unless a file is named.</summary>
    public const string DefaultModelFile = "output/serving/model.zip";

    /// <summary>The section of the configuration.</summary>
    public const string Section = "Serving";

    public string? Model { get; init; }

    public string? Train { get; init; }

    public int Seed { get; init; } = 1;

    public string? Redis { get; init; }

    public string Cluster { get; init; } = "serving";

    public string SiloAddress { get; init; } = "127.0.0.1";

    public int SiloPort { get; init; }

    public int GatewayPort { get; init; }

    public int History { get; init; } = 100;

    public int GatherMilliseconds { get; init; } = 2;

    public int Batch { get; init; } = 256;

    public int Queue { get; init; } = 1024;

    public int Rate { get; init; } = 50;

    public int PollMilliseconds { get; init; } = 1000;

    public int BodyGraceMilliseconds { get; init; } = 5000;

    public string ModelFile => Path.GetFullPath(Model ?? DefaultModelFile);

    /// <summary>Adds the command line to the configuration and reads the settings.</summary>
    /// <exception cref="ArgumentException">A setting is of the wrong kind or out of its range.</exception>
    public static ServiceSettings Read(ConfigurationManager configuration, ParseResult parsed)
    {
        configuration.AddInMemoryCollection(ServiceArguments.Given(parsed));
        try
        {
            return (configuration.GetSection(Section).Get<ServiceSettings>() ?? new ServiceSettings()).Checked();
        }
        catch (InvalidOperationException error)
        {
            throw new ArgumentException($"{error.Message} {error.InnerException?.Message}".TrimEnd(), error);
        }
    }

    private ServiceSettings Checked()
    {
        InRange("--silo-port", SiloPort, 0, ushort.MaxValue);
        InRange("--gateway-port", GatewayPort, 0, ushort.MaxValue);
        InRange("--history", History, 1, 10_000);
        InRange("--gather-ms", GatherMilliseconds, 0, 1000);
        InRange("--batch", Batch, 1, 100_000);
        InRange("--queue", Queue, 1, 1_000_000);
        InRange("--rate", Rate, 1, 1_000_000);
        InRange("--poll-ms", PollMilliseconds, 10, 3_600_000);
        InRange("--body-grace-ms", BodyGraceMilliseconds, 1001, 600_000);
        if (!IPAddress.TryParse(SiloAddress, out _))
            throw new ArgumentException($"--silo-address is '{SiloAddress}'; it must be an IP address of this machine that the other silos can reach.");
        if (Redis is not null && !HasEndPoint(Redis))
            throw new ArgumentException($"--redis is '{Redis}'; it must be HOST, HOST:PORT or a connection string of StackExchange.Redis.");
        if (Model is not null && !File.Exists(Model))
            throw new ArgumentException($"--model names '{Model}', which is not there. Leave it out to serve a model that is trained on the simulated feed.");
        return this;
    }

    private static bool HasEndPoint(string redis)
    {
        try
        {
            return ConfigurationOptions.Parse(redis).EndPoints.Count > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void InRange(string name, int value, int least, int most)
    {
        if (value < least || value > most)
            throw new ArgumentException($"{name} is {value}; it must be from {least} to {most}.");
    }
}
