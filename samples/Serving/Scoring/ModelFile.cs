namespace Serving.Scoring;

/// <summary>What became of looking at the model's file.</summary>
/// <param name="IsReplaced">Whether another model is served now.</param>
/// <param name="Refusal">Why what is there is not served; null where it is.</param>
internal sealed record ModelReload(bool IsReplaced, string? Refusal);

/// <summary>
/// Looks at the model's file and serves what was put there. It polls: notifications of file systems do not come from every mount. A file that cannot be served is refused once,
/// and the model before goes on.
/// </summary>
internal sealed class ModelFile(ServiceSettings settings, ModelHolder holder, ServiceMetrics metrics, ILogger<ModelFile> log) : BackgroundService
{
    private readonly SemaphoreSlim _one = new(1);
    private (DateTime Written, long Length)? _seen = Stamp(settings.ModelFile);

    /// <summary>Reads the file now, changed or not.</summary>
    public async Task<ModelReload> Reload(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            _seen = Stamp(settings.ModelFile);
            byte[] file = await File.ReadAllBytesAsync(settings.ModelFile, cancellation);
            string former = holder.Version;
            if (ServedModel.VersionOf(file) == former)
                return new ModelReload(false, null);
            var next = await Task.Run(() => ServedModel.Load(file), cancellation);
            holder.Replace(next);
            metrics.ModelSwapped(isRefused: false);
            log.LogInformation("Model {Version} with {Items} items takes over from {Former}.", next.Version, next.ItemCount, former);
            return new ModelReload(true, null);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            metrics.ModelSwapped(isRefused: true);
            log.LogError("{File} is refused, model {Version} goes on: {Reason}", settings.ModelFile, holder.Version, error.Message);
            return new ModelReload(false, error.Message);
        }
        finally
        {
            _one.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(settings.PollMilliseconds));
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                // a file that is gone for a moment, while another takes its place, is no news
                if (Stamp(settings.ModelFile) is { } stamp && stamp != _seen)
                    await Reload(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // the service stops
        }
    }

    private static (DateTime Written, long Length)? Stamp(string path)
        => new FileInfo(path) is { Exists: true } file ? (file.LastWriteTimeUtc, file.Length) : null;
}
