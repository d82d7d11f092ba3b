using System.Net;
using StackExchange.Redis;

namespace Serving;

/// <summary>What the service was asked to be, from the command line, the environment (Serving__Redis=…) or appsettings.json.</summary>
internal sealed record ServiceSettings
{
    public const string Usage = """
        Recommends over HTTP: a grain of Orleans a user, a model that is swapped while it runs.
          --urls URL            where to listen; default http://127.0.0.1:5000, port 0 is any free one
          --model FILE          the model to serve, replaced by another whenever the file changes; without it, one that is trained on the simulated
                                feed and kept as output/serving/model.zip
          --train FILE          only train that model, write it to FILE and end
          --seed N              seed of that training; default 1
          --redis HOST[:PORT]   be a silo of a cluster, whose members and users are in that Redis; without it, one process with its users in memory;
                                a password and more as StackExchange.Redis reads them: HOST:PORT,password=…
          --cluster NAME        the cluster's name in Redis; default serving
          --silo-address IP     address at which the other silos reach this one; default 127.0.0.1
          --silo-port N         its port; 0, the default, is any free one from 20000 on
          --gateway-port N      port for clients of Orleans that are no silos; 0, the default, is none
          --history N           views that are kept of a user, the newest; default 100
          --gather-ms N         milliseconds that the first request of a batch waits for others; default 2
          --batch N             histories that are scored at once; default 256
          --queue N             requests about users that are worked on at once: more get 503; default 1024
          --rate N              requests a second of one user, twice as many in a burst: more get 429; default 50
          --poll-ms N           how often the model's file is looked at; default 1000
          --body-grace-ms N     how long a body may come slower than 240 bytes a second; default 5000
        """;

    /// <summary>Where a trained model is kept unless a file is named.</summary>
    public const string DefaultModelFile = "output/serving/model.zip";

    private const string Section = "Serving";

    private static readonly Dictionary<string, string> Switches = new()
    {
        ["--urls"] = "urls",
        ["--model"] = $"{Section}:{nameof(Model)}",
        ["--train"] = $"{Section}:{nameof(Train)}",
        ["--seed"] = $"{Section}:{nameof(Seed)}",
        ["--redis"] = $"{Section}:{nameof(Redis)}",
        ["--cluster"] = $"{Section}:{nameof(Cluster)}",
        ["--silo-address"] = $"{Section}:{nameof(SiloAddress)}",
        ["--silo-port"] = $"{Section}:{nameof(SiloPort)}",
        ["--gateway-port"] = $"{Section}:{nameof(GatewayPort)}",
        ["--history"] = $"{Section}:{nameof(History)}",
        ["--gather-ms"] = $"{Section}:{nameof(GatherMilliseconds)}",
        ["--batch"] = $"{Section}:{nameof(Batch)}",
        ["--queue"] = $"{Section}:{nameof(Queue)}",
        ["--rate"] = $"{Section}:{nameof(Rate)}",
        ["--poll-ms"] = $"{Section}:{nameof(PollMilliseconds)}",
        ["--body-grace-ms"] = $"{Section}:{nameof(BodyGraceMilliseconds)}",
    };

    public static IEnumerable<string> SwitchNames => Switches.Keys;

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
    /// <exception cref="FormatException">An argument is unknown, or a setting is out of its range.</exception>
    public static ServiceSettings Read(ConfigurationManager configuration, string[] args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i].Split('=', 2)[0];
            if (!Switches.ContainsKey(name))
                throw new FormatException($"There is no argument {name}.");
            if (name == args[i] && ++i == args.Length)
                throw new FormatException($"{name} needs a value.");
        }

        configuration.AddCommandLine(args, Switches);
        try
        {
            return (configuration.GetSection(Section).Get<ServiceSettings>() ?? new ServiceSettings()).Checked();
        }
        catch (InvalidOperationException error)
        {
            throw new FormatException($"{error.Message} {error.InnerException?.Message}".TrimEnd(), error);
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
            throw new FormatException($"--silo-address is '{SiloAddress}'; it must be an IP address of this machine that the other silos can reach.");
        if (Redis is not null && !HasEndPoint(Redis))
            throw new FormatException($"--redis is '{Redis}'; it must be HOST, HOST:PORT or a connection string of StackExchange.Redis.");
        if (Model is not null && !File.Exists(Model))
            throw new FormatException($"--model names '{Model}', which is not there. Leave it out to serve a model that is trained on the simulated feed.");
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
            throw new FormatException($"{name} is {value}; it must be from {least} to {most}.");
    }
}
