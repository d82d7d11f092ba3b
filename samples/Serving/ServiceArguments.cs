using System.CommandLine;
using Common;

namespace Serving;

/// <summary>The command line of the service. What is not given there comes from the environment (Serving__Redis=…) or appsettings.json, so that no option has a default of its own.</summary>
internal static class ServiceArguments
{
    private const string Section = ServiceSettings.Section;

    private static readonly (string Name, string Key, string Takes, string Description)[] Options =
    [
        ("--urls", "urls", "URL", "where to listen; http://127.0.0.1:5000 otherwise, port 0 is any free one"),
        ("--model", $"{Section}:{nameof(ServiceSettings.Model)}", "FILE",
            "the model to serve, replaced by another whenever the file changes; without it, one that is trained on the simulated feed and kept as output/serving/model.zip"),
        ("--train", $"{Section}:{nameof(ServiceSettings.Train)}", "FILE", "only train that model, write it to FILE and end"),
        ("--seed", $"{Section}:{nameof(ServiceSettings.Seed)}", "N", "seed of that training; 1 otherwise"),
        ("--redis", $"{Section}:{nameof(ServiceSettings.Redis)}", "HOST[:PORT]",
            "be a silo of a cluster, whose members and users are in that Redis; without it, one process with its users in memory; a password and more as StackExchange.Redis reads them: HOST:PORT,password=…"),
        ("--cluster", $"{Section}:{nameof(ServiceSettings.Cluster)}", "NAME", "the cluster's name in Redis; serving otherwise"),
        ("--silo-address", $"{Section}:{nameof(ServiceSettings.SiloAddress)}", "IP", "address at which the other silos reach this one; 127.0.0.1 otherwise"),
        ("--silo-port", $"{Section}:{nameof(ServiceSettings.SiloPort)}", "N", "its port; 0, as it is otherwise, is any free one from 20000 on"),
        ("--gateway-port", $"{Section}:{nameof(ServiceSettings.GatewayPort)}", "N", "port for clients of Orleans that are no silos; 0, as it is otherwise, is none"),
        ("--history", $"{Section}:{nameof(ServiceSettings.History)}", "N", "views that are kept of a user, the newest; 100 otherwise"),
        ("--gather-ms", $"{Section}:{nameof(ServiceSettings.GatherMilliseconds)}", "N", "milliseconds that the first request of a batch waits for others; 2 otherwise"),
        ("--batch", $"{Section}:{nameof(ServiceSettings.Batch)}", "N", "histories that are scored at once; 256 otherwise"),
        ("--queue", $"{Section}:{nameof(ServiceSettings.Queue)}", "N", "requests about users that are worked on at once: more get 503; 1024 otherwise"),
        ("--rate", $"{Section}:{nameof(ServiceSettings.Rate)}", "N", "requests a second of one user, twice as many in a burst: more get 429; 50 otherwise"),
        ("--poll-ms", $"{Section}:{nameof(ServiceSettings.PollMilliseconds)}", "N", "how often the model's file is looked at; 1000 otherwise"),
        ("--body-grace-ms", $"{Section}:{nameof(ServiceSettings.BodyGraceMilliseconds)}", "N", "how long a body may come slower than 240 bytes a second; 5000 otherwise"),
    ];

    /// <summary>The configuration's keys that an option sets.</summary>
    public static IEnumerable<string> Keys => Options.Select(option => option.Key);

    /// <summary>The command line.</summary>
    public static RootCommand Command()
    {
        var command = new RootCommand("Recommends over HTTP: a grain of Orleans a user, a model that is swapped while it runs.");
        foreach (var option in Options)
            command.Add(SampleOptions.Path(option.Name, option.Description, option.Takes));
        return command;
    }

    /// <summary>What was given, by the configuration's keys.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Given(ParseResult parsed)
        => from option in Options
           let value = parsed.GetValue<string?>(option.Name)
           where value is not null
           select KeyValuePair.Create(option.Key, (string?)value);
}
