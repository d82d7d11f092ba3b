namespace TorchSharp;

/// <summary>Disposes the tensors that were made since it was opened and that nothing moved elsewhere.</summary>
public sealed class DisposeScope : IDisposable
{
    private DisposeScopeManager? manager;
    private HashSet<torch.Tensor> tensors = [];

    internal DisposeScope(DisposeScopeManager manager)
    {
        this.manager = manager;
        OuterScope = manager.CurrentDisposeScope;
    }

    internal DisposeScope? OuterScope { get; set; }

    public void Dispose()
    {
        if (manager is null) return;
        var former = tensors;
        tensors = [];
        foreach (var tensor in former) tensor.Dispose();
        manager.RemoveDisposeScope(this);
        manager = null;
    }

    internal void Add(torch.Tensor tensor)
    {
        tensors.Add(tensor);
        tensor.OwningDisposeScope = this;
    }

    internal void Remove(torch.Tensor tensor)
    {
        tensors.Remove(tensor);
        tensor.OwningDisposeScope = null;
    }
}
