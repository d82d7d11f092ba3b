namespace ServingLoad;

/// <summary>Users with short histories, new ones in every run.</summary>
internal sealed class LoadUsers
{
    private const int UserCount = 500;
    private const int ViewsPerUser = 8;
    private const float VideoSeconds = 30;

    // before any clock of a service, and later views come after it
    private static readonly DateTimeOffset Begin = DateTimeOffset.UtcNow.AddDays(-30);

    private readonly string _run = $"load-{Guid.NewGuid():N}"[..13];

    private LoadUsers(IReadOnlyList<string> items) => Items = items;

    /// <summary>Items of the model: the most popular ones.</summary>
    public IReadOnlyList<string> Items { get; }

    /// <summary>Asks the service for items, and gives the users their histories where a run reads them.</summary>
    public static async Task<LoadUsers> Create(ServiceClient client, bool withHistories)
    {
        var (outcome, answer) = await client.Recommend("load", url: 0, k: 100);
        if (outcome != Outcome.Done)
            throw new InvalidOperationException("The service does not answer: start it first, or name it with --urls.");
        var users = new LoadUsers([.. answer!.Items.Select(item => item.Item)]);
        if (!withHistories)
            return users;
        await Parallel.ForEachAsync(Enumerable.Range(0, UserCount), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (user, _) =>
        {
            foreach (var view in users.History(user))
            {
                if (await client.Post(view, user) != Outcome.Done)
                    throw new InvalidOperationException("A view that prepares the run was not acknowledged: is the service under load by others?");
            }
        });
        return users;
    }

    public string Name(int number) => $"{_run}-{number % UserCount}";

    public IEnumerable<int> Numbers => Enumerable.Range(0, UserCount);

    /// <summary>What a user has seen before the run: items by turns, every third of them skipped.</summary>
    public IEnumerable<SentView> History(int number)
        => Enumerable.Range(0, ViewsPerUser).Select(view => View(Name(number), (number * 7) + (view * (1 + (number % 9))), isSkipped: view % 3 == 2, Begin.AddMinutes(view)));

    /// <summary>A further view of a client's.</summary>
    public SentView Next(int client, int request)
        => View(Name((client * 31) + request), client + request, isSkipped: request % 3 == 2, Begin.AddDays(1).AddMilliseconds((request * 1000L) + client));

    private SentView View(string user, int item, bool isSkipped, DateTimeOffset time)
        => new(user, Items[item % Items.Count], isSkipped ? 1 : VideoSeconds, VideoSeconds, DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds()));
}
