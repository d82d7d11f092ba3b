using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>One run of a network on torch; in training it remembers what gradients are to be carried back to.</summary>
/// <param name="model">Whose parameters the network runs with.</param>
/// <param name="dropout">The dropout of the pass; null for none, and no gradients.</param>
/// <param name="derived">What the passes of a thread share; null for nothing.</param>
internal sealed class TorchPass(SequenceModel model, Dropout? dropout = null, DerivedValues? derived = null) : Pass<TorchTensor>, IDropoutMasks
{
    private readonly List<Parameter> _used = [];
    private readonly List<(Parameter Table, Tensor Rows, Tensor Leaf)> _lookups = [];
    private readonly List<DerivedValues.Entry> _derived = [];

    public override bool Drops => dropout is not null;

    public override bool WaitsForLaunches => model.Device.type == DeviceType.CUDA;

    public override TorchTensor Of(NetworkParameter parameter)
    {
        var values = model.Of(parameter);
        if (dropout is not null && !_used.Exists(used => ReferenceEquals(used, values)))
            _used.Add(values);
        return new(values, parameter.Shape[^1]);
    }

    protected override long RowsOf(NetworkParameter parameter) => model.Of(parameter).shape[0];

    public override TorchTensor Derived((object Owner, string Name) key, Func<Pass<TorchTensor>, TorchTensor> compute)
    {
        if (derived is null)
            return compute(this);
        var values = derived.Of(key, compute);
        if (!_derived.Contains(values))
            _derived.Add(values);
        return new(values.Leaf);
    }

    public override TorchTensor Of(NetworkConstant constant) => new(model.Of(constant));

    /// <remarks>In training a leaf of its own: the gradient of the looked-up rows is added to the table's without a table of zeros in between.</remarks>
    public override TorchTensor Lookup(NetworkParameter table, TorchTensor rows)
    {
        if (dropout is null)
            return new TorchTensor(model.Of(table)).Gather(rows);
        var indices = rows.Value.view(-1);
        var leaf = model.Of(table).detach().index_select(0, indices).requires_grad_();
        _lookups.Add((model.Of(table), indices, leaf));
        return new(leaf.view([.. rows.Value.shape, leaf.shape[1]]));
    }

    public override TorchTensor LookupFrozen(NetworkParameter table, TorchTensor rows) => new TorchTensor(model.Of(table).detach()).Gather(rows);

    public override TorchTensor Dropout(TorchTensor values) => dropout is null ? values : new(dropout.Apply(values.Value));

    public override TorchTensor DropoutRelu(TorchTensor values) => dropout is null ? values.Relu() : new(dropout.ApplyRelu(values.Value));

    public override TorchTensor AddDropout(TorchTensor sum, TorchTensor values) => dropout is null ? sum + values : new(dropout.AddTo(sum.Value, values.Value));

    public (CounterRandom Draws, double Rate) NextMask() => dropout?.NextMask() ?? default;

    /// <summary>Carries a gradient back to everything that the pass used, whose sums grow by theirs.</summary>
    /// <param name="output">Where it starts.</param>
    /// <param name="outputGradient">The gradient there; null for a scalar loss.</param>
    /// <param name="sums">The sums of a thread.</param>
    public void Backpropagate(Tensor output, Tensor? outputGradient, GradientSums sums)
        => Backpropagate([output], outputGradient is null ? null : [outputGradient], sums);

    /// <summary>The same from several places at once.</summary>
    public void Backpropagate(Tensor[] outputs, Tensor[]? outputGradients, GradientSums sums)
    {
        var gradients = autograd.grad(outputs, [.. _used, .. _derived.Select(values => values.Leaf), .. _lookups.Select(lookup => lookup.Leaf)], outputGradients);
        using var noGradient = no_grad();
        for (int i = 0; i < _used.Count; i++)
            sums.Of(_used[i]).add_(gradients[i], Scalars.One);
        for (int i = 0; i < _derived.Count; i++)
            _derived[i].Gradient.add_(gradients[_used.Count + i], Scalars.One);
        for (int i = 0; i < _lookups.Count; i++)
            sums.AddRows(_lookups[i].Table, _lookups[i].Rows, gradients[_used.Count + _derived.Count + i]);
    }
}
