using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Serving.Tests;

/// <summary>The programs as they are started on a command line.</summary>
[Collection(ServiceTests.Name)]
public sealed class ProgramTests(TinyModels models)
{
    [UnixFact]
    public async Task Alone_it_trains_a_model_serves_it_and_ends_well()
    {
        var folder = Directory.CreateTempSubdirectory("serving");
        using (var service = StartedProgram.Dotnet("Serving", folder.FullName, "--urls", "http://127.0.0.1:0"))
        {
            string address = (await service.Line("^Listening on ([^;]+);")).Groups[1].Value;
            using var client = new HttpClient { BaseAddress = new Uri(address) };
            Assert.Equal(10, (await client.GetFromJsonAsync<RecommendationAnswer>("/users/ann/recommendations"))!.Items.Count());
            Assert.Contains("<title>", await client.GetStringAsync("/"), StringComparison.Ordinal);
            Assert.Equal(0, await service.Terminate());
        }

        // the next start finds the model
        Assert.True(File.Exists(Path.Combine(folder.FullName, ServiceSettings.DefaultModelFile)));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_Redis_that_is_away_is_a_clear_error()
    {
        // held, but not listened on
        using var held = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        held.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        string redis = $"127.0.0.1:{((IPEndPoint)held.LocalEndPoint!).Port}";
        using var service = StartedProgram.Dotnet("Serving", Path.GetTempPath(), "--model", models.First, "--redis", redis);

        Assert.Equal(1, await service.Ended());
        Assert.Equal($"Redis at {redis} does not answer. Start redis-server there, name another with --redis HOST:PORT, or leave --redis out for one process with its users in memory.",
            Assert.Single(service.Output));
    }

    [Theory]
    [InlineData("Unrecognized command or argument '--modle'", "--modle", "x")]
    [InlineData("Required argument missing for option: '--model'", "--model")]
    [InlineData("--model names 'nowhere.zip', which is not there", "--model", "nowhere.zip")]
    [InlineData("--rate is 0; it must be from 1", "--rate", "0")]
    [InlineData("Failed to convert configuration value", "--rate", "many")]
    [InlineData("--redis is ','; it must be HOST", "--redis", ",")]
    [InlineData("--silo-address is 'here'", "--silo-address=here")]
    public void Arguments_are_checked_first(string expected, params string[] arguments)
    {
        var parsed = ServiceArguments.Command().Parse(arguments);
        string message = parsed.Errors.Count > 0 ? parsed.Errors[0].Message : Assert.Throws<ArgumentException>(() => ServiceSettings.Read(new ConfigurationManager(), parsed)).Message;
        Assert.StartsWith(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_and_refusals_are_those_of_the_other_samples()
    {
        using var help = StartedProgram.Dotnet("Serving", Path.GetTempPath(), "--help");
        Assert.Equal(0, await help.Ended());
        Assert.Contains(help.Output, line => line.TrimStart().StartsWith("--silo-address <IP>", StringComparison.Ordinal));
        using var refused = StartedProgram.Dotnet("Serving", Path.GetTempPath(), "--rate", "0");
        Assert.Equal(1, await refused.Ended());
        Assert.Equal("--rate is 0; it must be from 1 to 1000000.", Assert.Single(refused.Output));
    }

    [Fact]
    public async Task A_port_of_another_program_is_refused()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        foreach (string name in new[] { "--silo-port", "--gateway-port" })
        {
            var error = await Assert.ThrowsAsync<IOException>(() => RunningService.Start("--model", models.First, name, $"{port}"));
            Assert.StartsWith($"{name} is {port}, which another program listens on", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Settings_come_from_the_command_line_before_the_configuration_and_the_help_has_them_all()
    {
        var configuration = new ConfigurationManager { ["Serving:Rate"] = "7", ["Serving:Queue"] = "8" };
        var settings = ServiceSettings.Read(configuration, ServiceArguments.Command().Parse(["--queue", "9", "--urls=http://127.0.0.1:1"]));
        Assert.Equal((7, 9, "http://127.0.0.1:1"), (settings.Rate, settings.Queue, configuration["urls"]));
        var properties = typeof(ServiceSettings).GetProperties().Where(property => property.CanWrite).Select(property => $"{ServiceSettings.Section}:{property.Name}");
        Assert.Equal(properties.Append("urls").Order(), ServiceArguments.Keys.Order());
    }

    [UnixFact]
    public async Task Swaps_that_are_stopped_put_the_model_back()
    {
        // a file that the service does not look at: the first swap waits until it is stopped
        string file = models.CopyOfFirst();
        await using var service = await RunningService.Start("--model", models.First);
        using var load = StartedProgram.Dotnet("ServingLoad", Path.GetTempPath(),
            "--urls", service.Address.ToString(), "--connections", "1", "--swaps", "3", "--model", file, "--other", models.Second);
        await Eventually.Is(() => Task.FromResult(!IsFirst()));

        Assert.Equal(130, await load.Terminate());
        Assert.True(IsFirst());

        bool IsFirst() => File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(models.First));
    }

    [RedisFact]
    public async Task What_was_acknowledged_outlives_a_silo_that_is_killed()
    {
        using var cluster = StartedProgram.Start(Path.GetTempPath(), StartedProgram.PathOf("ClusterScript"), ["--model", models.First], ("FIRST_PORT", "0"));
        var silos = new List<Match>();
        for (int silo = 1; silo <= 3; silo++)
            silos.Add(await cluster.Line($"^silo-{silo}: (.*), process (.*)$"));
        await cluster.Line("^Ready");

        using var load = StartedProgram.Dotnet("ServingLoad", Path.GetTempPath(),
            "--urls", string.Join(',', silos.Select(silo => silo.Groups[1].Value)), "--connections", "8", "--seconds", "4", "--kill", silos[2].Groups[2].Value);

        Assert.True(await load.Ended() == 0, string.Join('\n', load.Output));
        Assert.Contains(load.Output, line => Regex.IsMatch(line, "^[1-9][0-9]* views of .* were acknowledged; 0 of them are lost, the histories of 0 users could not be read"));
        Assert.Equal(143, await cluster.Terminate());
    }
}

/// <summary>A fact that ends a program by SIGTERM, skipped on Windows.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "there is no SIGTERM on Windows" : null;
}
