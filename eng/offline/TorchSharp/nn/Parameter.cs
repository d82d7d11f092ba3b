namespace TorchSharp.Modules;

/// <summary>A tensor that is trained. It takes the native tensor over from <c>data</c>, which is empty afterwards.</summary>
public class Parameter : torch.Tensor
{
    public Parameter(torch.Tensor data, bool requires_grad = true) : base(data.requires_grad_(requires_grad).MoveHandle(), false)
    {
        if (data.OwningDisposeScope is not { } scope) return;
        scope.Remove(data);
        scope.Add(this);
    }
}
