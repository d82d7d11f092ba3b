// Load on samples/Serving, with a check of what it answers.
// dotnet run -c Release --project samples/ServingLoad; --help tells the options
using Common;
using ServingLoad;

return await LoadArguments.Command(Run).RunAsync(args);

static async Task<int> Run(LoadArguments arguments, CancellationToken cancellation)
{
    using var client = new ServiceClient(arguments.Urls, cancellation);
    var users = await LoadUsers.Create(client, withHistories: arguments.ProcessToKill is null);
    Console.WriteLine(ClosedLoop.Header);
    bool isGood = true;
    foreach (int connections in arguments.ProcessToKill is null ? arguments.Connections : [arguments.Connections[^1]])
    {
        isGood &= arguments switch
        {
            { Swaps: > 0 } => await new SwapCheck(arguments, client, users).Run(connections, cancellation),
            { ProcessToKill: not null } => await new KillCheck(arguments, client, users).Run(connections, cancellation),
            _ => await Measure(connections),
        };
    }

    return isGood ? 0 : 1;

    async Task<bool> Measure(int connections)
    {
        var recommended = await ClosedLoop.Run("recommendations", connections, ClosedLoop.After(arguments.Duration), async (number, request) =>
        {
            var (outcome, answer) = await client.Recommend(users.Name((number * 31) + request), number);
            return (outcome, answer is { Items.Count: not 10 });
        });
        Console.WriteLine(recommended.Row);
        var viewed = await ClosedLoop.Run("views", connections, ClosedLoop.After(arguments.Duration), async (number, request)
            => (await client.Post(users.Next(number, request), number), false));
        Console.WriteLine(viewed.Row);
        return recommended.IsGood && viewed.IsGood;
    }
}
