namespace TorchSharp;

/// <summary>The stack of dispose scopes of a thread, and what it counts.</summary>
public class DisposeScopeManager
{
    [ThreadStatic] private static DisposeScopeManager? ofThread;

    private readonly ThreadDisposeScopeStatistics statistics = new();

    private DisposeScopeManager() { }

    public static ThreadDisposeScopeStatistics Statistics => OfThread.statistics;

    internal static DisposeScopeManager OfThread => ofThread ??= new DisposeScopeManager();

    internal DisposeScope? CurrentDisposeScope { get; private set; }

    internal DisposeScope NewDisposeScope() => CurrentDisposeScope = new DisposeScope(this);

    internal void Register(torch.Tensor tensor)
    {
        statistics.TensorStatistics.ThreadTotalLiveCount++;
        CurrentDisposeScope?.Add(tensor);
    }

    internal void CountDisposed() => statistics.TensorStatistics.ThreadTotalLiveCount--;

    internal void RemoveDisposeScope(DisposeScope removed)
    {
        if (CurrentDisposeScope == removed)
        {
            CurrentDisposeScope = removed.OuterScope;
            return;
        }

        for (var scope = CurrentDisposeScope; scope is not null; scope = scope.OuterScope)
            if (scope.OuterScope == removed) scope.OuterScope = removed.OuterScope;
    }
}

/// <summary>What a thread has made and not disposed.</summary>
public class ThreadDisposeScopeStatistics
{
    internal ThreadDisposeScopeStatistics() { }

    public LifetimeStatistics TensorStatistics { get; } = new();
}

/// <summary>What a thread has made and not disposed of one kind.</summary>
public class LifetimeStatistics
{
    internal LifetimeStatistics() { }

    public long ThreadTotalLiveCount { get; internal set; }
}
