using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Serving.Users;

/// <summary>Something watched: what is stored of it. What it says of the user's taste is worked out when it is read.</summary>
[GenerateSerializer, Immutable, Alias("serving.view")]
internal sealed record WatchedView(
    [property: Id(0)] string Item,
    [property: Id(1)] float WatchSeconds,
    [property: Id(2)] float DurationSeconds,
    [property: Id(3)] DateTimeOffset Time);

/// <summary>What is persisted of a user: the last views, oldest first.</summary>
[GenerateSerializer, Alias("serving.user")]
internal sealed class UserState
{
    // replaced, never changed: readers keep what they were given
    [Id(0)]
    public ImmutableArray<WatchedView> Views { get; set; } = [];
}

/// <summary>A user, who lives on one silo of the cluster at a time.</summary>
internal interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Adds a view. True: it is stored; false: it is not known to be, and should be sent again. The same item at the same time counts once.</summary>
    Task<bool> AddView(WatchedView view);

    /// <summary>The last views, oldest first.</summary>
    [AlwaysInterleave]
    Task<ImmutableArray<WatchedView>> GetViews();
}

/// <summary>Keeps a user's last views, ordered by time in whatever order they come.</summary>
internal sealed class UserGrain(
    [PersistentState("user", UserGrain.Storage)] IPersistentState<UserState> state, ServiceSettings settings, ILogger<UserGrain> log) : Grain, IUserGrain
{
    public const string Storage = "users";

    public async Task<bool> AddView(WatchedView view)
    {
        var former = state.State.Views;
        var views = With(former, view, settings.History);
        if (views == former)
            return true;
        state.State.Views = views;
        try
        {
            await state.WriteStateAsync();
            return true;
        }
        catch (Exception error)
        {
            // Whether it was written nobody knows, or another activation wrote meanwhile (the etag differs): the next one reads what is there.
            // Until then this one has nothing that is not known to be stored, so that a view that is sent again is not taken for one that is.
            state.State.Views = former;
            log.LogWarning(error, "A view of user {User} could not be stored.", this.GetPrimaryKeyString());
            DeactivateOnIdle();
            return false;
        }
    }

    public Task<ImmutableArray<WatchedView>> GetViews() => Task.FromResult(state.State.Views);

    /// <summary>The views with one more at its place in time, without the oldest where they are too many; the same array where nothing changes.</summary>
    internal static ImmutableArray<WatchedView> With(ImmutableArray<WatchedView> views, WatchedView view, int limit)
    {
        int place = views.Length;
        for (; place > 0 && views[place - 1].Time >= view.Time; place--)
        {
            if (views[place - 1].Time > view.Time)
                continue;
            if (views[place - 1].Item == view.Item)
                return views;
        }

        // of equal times, the one that came first stays first
        while (place < views.Length && views[place].Time == view.Time)
            place++;
        if (views.Length < limit)
            return views.Insert(place, view);
        return place == 0 ? views : views.Insert(place, view).RemoveRange(0, views.Length + 1 - limit);
    }
}
