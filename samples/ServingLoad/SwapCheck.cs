using System.Security.Cryptography;
using Microsoft.ML;

namespace ServingLoad;

/// <summary>Recommendations while models are swapped: each must be what ML.NET gives for the model that the answer names.</summary>
internal sealed class SwapCheck(LoadArguments arguments, ServiceClient client, LoadUsers users)
{
    // batches of other sizes sum in another order
    private const float Tolerance = 1e-4f;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task<bool> Run(int connections, CancellationToken cancellation)
    {
        byte[] first = await File.ReadAllBytesAsync(arguments.Model, cancellation), second = await File.ReadAllBytesAsync(arguments.Other, cancellation);
        if (VersionOf(first) == VersionOf(second))
            throw new InvalidOperationException("--model and --other are the same model: train another with samples/Serving --train FILE --seed 2.");
        var expected = new Dictionary<string, Answer[]> { [VersionOf(first)] = Expect(arguments.Model, first), [VersionOf(second)] = Expect(arguments.Other, second) };
        bool areSwapped = false;
        var swapping = Swap();
        var asking = ClosedLoop.Run($"{arguments.Swaps} swaps", connections, () => Volatile.Read(ref areSwapped), async (number, request) =>
        {
            int user = (number * 31) + request;
            var (outcome, answer) = await client.Recommend(users.Name(user), number);
            return (outcome, answer is not null && IsWrong(answer, user));
        });
        // both, however one of them ends: the model is put back
        await Task.WhenAll(swapping, asking);
        var (row, isGood) = await asking;
        Console.WriteLine(row);
        return isGood;

        async Task Swap()
        {
            try
            {
                for (int swap = 1; swap <= arguments.Swaps; swap++)
                    await Serve(swap % 2 == 1 ? second : first);
            }
            finally
            {
                Volatile.Write(ref areSwapped, true);
                Put(first);
            }

            await WaitFor(first);
        }

        bool IsWrong(Answer answer, int user) => !expected.TryGetValue(answer.ModelVersion, out var answers) || Differ(answer, answers[user % answers.Length]);
    }

    private static bool Differ(Answer answer, Answer expected)
        => answer.Items.Count != expected.Items.Count || answer.Items.Zip(expected.Items).Any(pair =>
            // items of like score may change places
            MathF.Abs(pair.First.Score - pair.Second.Score) > Tolerance * Math.Max(1, MathF.Abs(pair.Second.Score))
            || (pair.First.Item != pair.Second.Item && !expected.Items.Any(item => item.Item == pair.First.Item && MathF.Abs(item.Score - pair.First.Score) <= Tolerance)
                && MathF.Abs(pair.First.Score - expected.Items[^1].Score) > Tolerance));

    private async Task Serve(byte[] model)
    {
        Put(model);
        await WaitFor(model);
    }

    private void Put(byte[] model)
    {
        string next = arguments.Model + ".next";
        File.WriteAllBytes(next, model);
        File.Move(next, arguments.Model, overwrite: true);
    }

    private async Task WaitFor(byte[] model)
    {
        var isOver = ClosedLoop.After(Patience);
        while ((await client.Versions()).Any(version => version != VersionOf(model)))
        {
            if (isOver())
                throw new InvalidOperationException($"The service did not take over {arguments.Model} within {Patience.TotalSeconds} s: is it what its silos serve (--model)?");
            await Task.Delay(20);
        }
    }

    private Answer[] Expect(string name, byte[] model)
    {
        var ml = new MLContext();
        using var stream = new MemoryStream(model);
        using var engine = ml.Model.CreatePredictionEngine<Asked, Expected>(ml.Model.Load(stream, out _));
        Console.Error.WriteLine($"What {name} recommends to {users.Numbers.Count()} users is worked out by ML.NET alone.");
        return [.. users.Numbers.Select(user =>
        {
            SentView[] history = [.. users.History(user)];
            var row = engine.Predict(new Asked
            {
                Items = [.. history.Select(view => view.Item)],
                Feedback = [.. history.Select(view => view.WatchSeconds >= view.DurationSeconds / 2 ? 1f : -1f)],
            });
            return new Answer(VersionOf(model), [.. row.RecommendedItems.Zip(row.Scores, (item, score) => new AnsweredItem(item, score))]);
        })];
    }

    private static string VersionOf(byte[] model) => Convert.ToHexStringLower(SHA256.HashData(model))[..12];

    private sealed class Asked
    {
        public string[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];
    }

    private sealed class Expected
    {
        public string[] RecommendedItems { get; set; } = [];

        public float[] Scores { get; set; } = [];
    }
}
