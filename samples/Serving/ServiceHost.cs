using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using Orleans.Configuration;
using Orleans.Persistence;
using Orleans.Storage;
using Serving.Bulk;
using Serving.Scoring;
using Serving.Users;
using StackExchange.Redis;

namespace Serving;

/// <summary>Puts the service together: HTTP in front, a silo of Orleans behind it, a model between them.</summary>
internal static class ServiceHost
{
    // a view is some 200 bytes; ids may have 128 characters of up to 12 bytes as JSON escapes them
    private const int MaximumBodyBytes = 4096;

    private static readonly TimeSpan RedisPatience = TimeSpan.FromSeconds(5), RedisRetry = TimeSpan.FromSeconds(1);

    public static WebApplicationBuilder CreateBuilder()
    {
        // the page and appsettings.json lie beside the program; options are read by ServiceArguments
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection([new("urls", builder.Configuration["urls"] ?? "http://127.0.0.1:5000")]);
        builder.Logging.AddSimpleConsole(options => options.SingleLine = true);
        builder.Logging.AddFilter("Orleans", LogLevel.Warning).AddFilter("Microsoft.Orleans", LogLevel.Warning).AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // every message that is sent again by Orleans
        builder.Logging.AddFilter("Polly", LogLevel.None);
        return builder;
    }

    /// <summary>Loads or trains the model, meets Redis, and builds what is to be started.</summary>
    /// <exception cref="InvalidDataException">The model cannot be served.</exception>
    /// <exception cref="RedisConnectionException">Redis does not answer.</exception>
    public static async Task<WebApplication> Build(WebApplicationBuilder builder, ServiceSettings settings)
    {
        // Redis first: an answer about it should not wait for a training
        var redis = settings.Redis is null ? null : await Connect(settings.Redis);
        var model = LoadModel(settings);
        builder.Services.AddSingleton(settings).AddSingleton(new ModelHolder(model)).AddSingleton<ServiceMetrics>().AddSingleton<ModelFile>()
            .AddHostedService(services => services.GetRequiredService<ModelFile>()).AddSingleton(TimeProvider.System).AddSingleton<BulkScorers>();
        if (redis is not null)
            builder.Services.AddSingleton<IConnectionMultiplexer>(redis);
        AddHttp(builder, settings);
        AddHealthAndMetrics(builder, redis is not null);
        builder.UseOrleans(silo => AddSilo(silo, settings, redis));

        var app = builder.Build();
        app.UseExceptionHandler().UseStatusCodePages().UseDefaultFiles().UseStaticFiles();
        app.UseRateLimiter();
        app.MapUserApi();
        app.MapBulkApi();
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = HealthAnswer.Write });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = HealthAnswer.Write });
        app.MapPrometheusScrapingEndpoint();
        return app;
    }

    private static ServedModel LoadModel(ServiceSettings settings)
    {
        string file = settings.ModelFile;
        if (!File.Exists(file))
        {
            Console.WriteLine("No --model is given: training one on the simulated feed.");
            FeedModel.Train(file, settings.Seed, Console.WriteLine, CancellationToken.None);
        }

        try
        {
            return ServedModel.Load(File.ReadAllBytes(file));
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{file} cannot be served. {error.Message}", error);
        }
    }

    private static async Task<ConnectionMultiplexer> Connect(string host)
    {
        var options = RedisOptions(host);
        options.AbortOnConnectFail = true;
        try
        {
            var redis = await ConnectionMultiplexer.ConnectAsync(options);
            await redis.GetDatabase().PingAsync();
            return redis;
        }
        catch (RedisException error)
        {
            throw new RedisConnectionException(ConnectionFailureType.UnableToConnect,
                $"Redis at {host} does not answer. Start redis-server there, name another with --redis HOST:PORT, or leave --redis out for one process with its users in memory.", error);
        }
    }

    private static ConfigurationOptions RedisOptions(string host)
    {
        var options = ConfigurationOptions.Parse(host);
        options.ConnectTimeout = options.AsyncTimeout = options.SyncTimeout = (int)RedisPatience.TotalMilliseconds;
        // one that goes away later is waited for in the background; meanwhile what needs it fails at once
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ReconnectRetryPolicy = new LinearRetry((int)RedisRetry.TotalMilliseconds);
        return options;
    }

    private static void AddHttp(WebApplicationBuilder builder, ServiceSettings settings)
    {
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = MaximumBodyBytes;
            server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            server.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, TimeSpan.FromMilliseconds(settings.BodyGraceMilliseconds));
            server.Limits.MaxConcurrentConnections = 10_000;
        });
        builder.Services.ConfigureHttpJsonOptions(options =>
        {
            var json = options.SerializerOptions;
            json.NumberHandling = JsonNumberHandling.Strict;
            json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.AllowDuplicateProperties = false;
            json.RespectNullableAnnotations = json.RespectRequiredConstructorParameters = true;
        });
        // what cannot be read is thrown, so that the answer can say what is wrong with it
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.AddProblemDetails().AddExceptionHandler<Problems>();
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.OnRejected = Problems.OnRejected;
            limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(
                PartitionedRateLimiter.Create<HttpContext, string>(http => OfUser(http) is { } user
                    ? RateLimitPartition.GetTokenBucketLimiter(user, _ => new TokenBucketRateLimiterOptions
                    {
                        TokenLimit = 2 * settings.Rate,
                        TokensPerPeriod = settings.Rate,
                        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                    })
                    : RateLimitPartition.GetNoLimiter("")),
                PartitionedRateLimiter.Create<HttpContext, bool>(http => OfUser(http) is not null
                    ? RateLimitPartition.GetConcurrencyLimiter(true, _ => new ConcurrencyLimiterOptions { PermitLimit = settings.Queue })
                    : RateLimitPartition.GetNoLimiter(false)));
        });

        // health, metrics and the page are not limited
        static string? OfUser(HttpContext http) => http.GetRouteValue("id") as string;
    }

    private static void AddHealthAndMetrics(WebApplicationBuilder builder, bool hasRedis)
    {
        var health = builder.Services.AddHealthChecks().AddCheck<ModelHealth>("model");
        if (hasRedis)
            health.AddCheck<RedisHealth>("redis");
        builder.Services.AddOpenTelemetry().WithMetrics(metrics =>
        {
            metrics.AddMeter(ServiceMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.Orleans").AddPrometheusExporter();
            if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not null)
                metrics.AddOtlpExporter();
        });
    }

    private static void AddSilo(ISiloBuilder silo, ServiceSettings settings, ConnectionMultiplexer? redis)
    {
        int siloPort = settings.SiloPort > 0 ? Free("--silo-port", settings.SiloPort) : FreePort(), gatewayPort = Free("--gateway-port", settings.GatewayPort);
        var address = IPAddress.Parse(settings.SiloAddress);
        silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(10));
        if (redis is null)
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: settings.Cluster, clusterId: settings.Cluster);
            silo.AddMemoryGrainStorage(UserGrain.Storage);
            return;
        }

        silo.ConfigureEndpoints(address, siloPort, gatewayPort);
        silo.Configure<ClusterOptions>(options => options.ServiceId = options.ClusterId = settings.Cluster);
        // a silo that was killed is voted dead after some 6 s; the default takes 15
        silo.Configure<ClusterMembershipOptions>(options => options.ProbeTimeout = TimeSpan.FromSeconds(2));
        silo.UseRedisClustering(options =>
        {
            options.ConfigurationOptions = RedisOptions(settings.Redis!);
            options.CreateMultiplexer = _ => Task.FromResult<(IConnectionMultiplexer, bool)>((redis, true));
        });
        silo.AddRedisGrainStorage(UserGrain.Storage, (OptionsBuilder<RedisStorageOptions> options) => options.Configure<Orleans.Serialization.Serializer>((storage, serializer) =>
        {
            storage.ConfigurationOptions = RedisOptions(settings.Redis!);
            storage.CreateMultiplexer = _ => Task.FromResult<(IConnectionMultiplexer, bool)>((redis, true));
            // members by number: a state that a former version wrote is read, and one is a third of its size in JSON
            storage.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
        }));
    }

    /// <summary>
    /// A port that is free now, below those that the system gives to outgoing connections. The search begins where no other process of this machine begins, lest two that start together find the same.
    /// </summary>
    private static int FreePort()
    {
        const int First = 20_000, Count = 10_000, Stride = 7;
        for (int i = 0; i < Count; i++)
        {
            int port = First + (((Environment.ProcessId * Stride) + i) % Count);
            if (IsFree(port))
                return port;
        }

        throw new IOException($"No port from {First} on is free for the silo: name one with --silo-port.");
    }

    private static int Free(string name, int port)
        => port == 0 || IsFree(port) ? port : throw new IOException($"{name} is {port}, which another program listens on: name another, or 0.");

    // asked beforehand: Orleans would share the port with whoever has it
    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
