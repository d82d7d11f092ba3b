using System.Diagnostics;
using System.Globalization;

namespace ServingLoad;

/// <summary>Clients that each send a request when the last one was answered.</summary>
internal static class ClosedLoop
{
    public const string Header = """
        | run | connections | requests | a second | p50 ms | p99 ms | refused | lost | wrong |
        |---|---|---|---|---|---|---|---|---|
        """;

    /// <summary>Sends until the time is over.</summary>
    /// <param name="name">What the row is called.</param>
    /// <param name="connections">How many clients there are.</param>
    /// <param name="isOver">Asked before each request.</param>
    /// <param name="send">Sends the n-th request of a client and says what came of it, and whether the answer is wrong.</param>
    /// <returns>The row of the table, and whether no request was lost or answered wrongly.</returns>
    public static async Task<(string Row, bool IsGood)> Run(string name, int connections, Func<bool> isOver, Func<int, int, Task<(Outcome Outcome, bool IsWrong)>> send)
    {
        var watch = Stopwatch.StartNew();
        var clients = await Task.WhenAll(Enumerable.Range(0, connections).Select(client => Task.Run(async () =>
        {
            var results = new List<(double Milliseconds, Outcome Outcome, bool IsWrong)>();
            for (int request = 0; !isOver(); request++)
            {
                long start = Stopwatch.GetTimestamp();
                var (outcome, isWrong) = await send(client, request);
                results.Add((Stopwatch.GetElapsedTime(start).TotalMilliseconds, outcome, isWrong));
            }

            return results;
        })));
        double seconds = watch.Elapsed.TotalSeconds;
        var all = clients.SelectMany(client => client).ToList();
        double[] answered = [.. all.Where(result => result.Outcome == Outcome.Done).Select(result => result.Milliseconds).Order()];
        int refused = all.Count(result => result.Outcome == Outcome.Refused), lost = all.Count(result => result.Outcome == Outcome.Lost), wrong = all.Count(result => result.IsWrong);
        string row = string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {connections} | {all.Count} | {all.Count / seconds:0} | {Percentile(0.5):0.00} | {Percentile(0.99):0.00} | {refused} | {lost} | {wrong} |");
        return (row, lost + wrong == 0);

        double Percentile(double share) => answered.Length == 0 ? double.NaN : answered[(int)Math.Min(share * answered.Length, answered.Length - 1)];
    }

    /// <summary>Says whether so much time has passed since now.</summary>
    public static Func<bool> After(TimeSpan duration)
    {
        long start = Stopwatch.GetTimestamp();
        return () => Stopwatch.GetElapsedTime(start) >= duration;
    }
}
