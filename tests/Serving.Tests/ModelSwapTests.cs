using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Serving.Scoring;

namespace Serving.Tests;

[Collection(ServiceTests.Name)]
public sealed class ModelSwapTests(TinyModels models)
{
    private const string NeverByItself = "3600000";

    [Fact]
    public async Task While_models_are_swapped_every_answer_is_that_of_the_model_it_names()
    {
        string file = models.CopyOfFirst();
        await using var service = await RunningService.Start("--model", file, "--poll-ms", NeverByItself, "--rate", "1000000");
        await service.View("ann", "5");
        await service.View("ann", "9", watchSeconds: 1, time: RunningService.Noon.AddMinutes(1));
        byte[] first = File.ReadAllBytes(models.First), second = File.ReadAllBytes(models.Second);
        var expected = new Dictionary<string, string[]>
        {
            [ServedModel.VersionOf(first)] = TinyModels.Ask(models.First, ["5", "9"], [1, -1]),
            [ServedModel.VersionOf(second)] = TinyModels.Ask(models.Second, ["5", "9"], [1, -1]),
        };
        Assert.NotEqual(expected.Values.First(), expected.Values.Last());

        using var done = new CancellationTokenSource();
        var asking = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var seen = new HashSet<string>();
            do
            {
                var answer = await service.Recommend("ann");
                Assert.Equal(expected[answer.ModelVersion], answer.Items.Select(item => item.Item));
                seen.Add(answer.ModelVersion);
            }
            while (!done.IsCancellationRequested);
            return seen;
        })).ToArray();
        for (int swap = 1; swap <= 20; swap++)
        {
            TinyModels.Replace(file, swap % 2 == 0 ? first : second);
            var answer = await Reload(service);
            Assert.True((bool)answer["isReplaced"]!);
            Assert.Equal(ServedModel.VersionOf(swap % 2 == 0 ? first : second), (string)answer["version"]!);
            // whoever asks after the swap is answered by the new model
            Assert.Equal(service.ModelVersion, (await service.Recommend("ann")).ModelVersion);
        }

        done.Cancel();
        Assert.Equal(2, (await Task.WhenAll(asking)).SelectMany(versions => versions).Distinct().Count());
    }

    [Fact]
    public async Task The_service_finds_a_new_file_by_itself()
    {
        string file = models.CopyOfFirst();
        await using var service = await RunningService.Start("--model", file, "--poll-ms", "10");
        byte[] second = File.ReadAllBytes(models.Second);

        TinyModels.Replace(file, second);

        await Eventually.Is(() => Task.FromResult(service.ModelVersion == ServedModel.VersionOf(second)));
        Assert.Equal(service.ModelVersion, (await service.Recommend("ann")).ModelVersion);
        Assert.Contains(service.ModelVersion, await service.Client.GetStringAsync("/health/ready"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_served_is_refused_and_the_model_goes_on()
    {
        string file = models.CopyOfFirst();
        await using var service = await RunningService.Start("--model", file, "--poll-ms", NeverByItself);
        string version = service.ModelVersion;
        byte[] whole = File.ReadAllBytes(models.Second);
        var broken = new Dictionary<string, byte[]>
        {
            ["empty"] = [],
            ["no zip"] = "a model"u8.ToArray(),
            ["cut off"] = whole[..(whole.Length / 2)],
            ["damaged"] = [.. whole[..(whole.Length / 3)], .. new byte[100], .. whole[(whole.Length / 3 + 100)..]],
            ["of numbers"] = File.ReadAllBytes(models.OfNumbers),
        };

        foreach (var (kind, content) in broken)
        {
            TinyModels.Replace(file, content);
            using var response = await service.Client.PostAsync("/model/reload", null);
            Assert.True(response.StatusCode == HttpStatusCode.Conflict, kind);
            var problem = await ProblemAssert.Is(HttpStatusCode.Conflict, response);
            Assert.Contains($"model {version} goes on", problem.Detail, StringComparison.Ordinal);
            Assert.Equal(version, (await service.Recommend("ann")).ModelVersion);
        }

        Assert.Contains("outcome=\"refused\"} 5", await service.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
        File.Delete(file);
        using (var response = await service.Client.PostAsync("/model/reload", null))
            await ProblemAssert.Is(HttpStatusCode.Conflict, response);
        TinyModels.Replace(file, whole);
        Assert.True((bool)(await Reload(service))["isReplaced"]!);
    }

    [Fact]
    public async Task A_model_that_was_replaced_is_disposed_of_after_its_last_batch()
    {
        var holder = new ModelHolder(ServedModel.Load(await File.ReadAllBytesAsync(models.First)));
        using var inside = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        ServedModel former = null!;
        var batch = Task.Run(() => holder.Use(model =>
        {
            former = model;
            inside.Release();
            goOn.Wait();
            return model.Score([new ViewedRow()]);
        }));
        await inside.WaitAsync();

        holder.Replace(ServedModel.Load(await File.ReadAllBytesAsync(models.Second)));
        goOn.Release();

        Assert.Equal(former.Version, (await batch)[0].ModelVersion);
        Assert.Throws<ObjectDisposedException>(() => former.Score([new ViewedRow()]));
        Assert.NotEqual(former.Version, holder.Use(model => model.Score([new ViewedRow()]))[0].ModelVersion);
        holder.Dispose();
    }

    private static async Task<JsonNode> Reload(RunningService service)
    {
        using var response = await service.Client.PostAsync("/model/reload", null);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }
}
