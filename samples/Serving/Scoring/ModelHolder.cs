namespace Serving.Scoring;

/// <summary>The model that is served now. Who uses it keeps it to the end of its batch; the last user of a model that was replaced disposes of it.</summary>
internal sealed class ModelHolder(ServedModel first) : IDisposable
{
    private readonly Lock _gate = new();
    private Held _current = new(first);

    public string Version => _current.Model.Version;

    public int ItemCount => _current.Model.ItemCount;

    /// <summary>Works with the model of this moment, whatever replaces it meanwhile.</summary>
    public TResult Use<TResult>(Func<ServedModel, TResult> work)
    {
        Held held;
        lock (_gate)
        {
            held = _current;
            held.UserCount++;
        }

        try
        {
            return work(held.Model);
        }
        finally
        {
            Release(held);
        }
    }

    /// <summary>Serves another model from now on.</summary>
    public void Replace(ServedModel next)
    {
        Held former;
        lock (_gate)
            (former, _current) = (_current, new Held(next));
        Release(former);
    }

    public void Dispose() => Release(_current);

    private void Release(Held held)
    {
        lock (_gate)
        {
            if (--held.UserCount > 0)
                return;
        }

        held.Model.Dispose();
    }

    /// <summary>A model and how many use it, the holder among them while it is the current one.</summary>
    private sealed class Held(ServedModel model)
    {
        public ServedModel Model => model;

        public int UserCount { get; set; } = 1;
    }
}
