using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// What one thread derives of parameters alone (<see cref="Pass{T}.Derived"/>): the first slice of a batch that asks has it computed, the gradients of all its slices are summed up, and go on
/// to the parameters once a batch.
/// </summary>
/// <param name="model">Whose parameters.</param>
internal sealed class DerivedValues(SequenceModel model)
{
    private readonly Dictionary<(object Owner, string Name), Entry> _entries = [];
    private TorchPass? _pass;

    /// <summary>The values of that key.</summary>
    public Entry Of((object Owner, string Name) key, Func<Pass<TorchTensor>, TorchTensor> compute)
    {
        if (_entries.TryGetValue(key, out var entry))
            return entry;
        using var scope = NewDisposeScope();
        // without dropout, but such that it remembers what it uses
        _pass ??= new TorchPass(model, Dropout.Off);
        return _entries[key] = new Entry(compute(_pass).Value.DetachFromDisposeScope());
    }

    /// <summary>Carries what was summed up back to the parameters, and forgets the values.</summary>
    public void Backpropagate(GradientSums sums)
    {
        using var scope = NewDisposeScope();
        _pass?.Backpropagate([.. _entries.Values.Select(entry => entry.Values)], [.. _entries.Values.Select(entry => entry.Gradient)], sums);
        Clear();
    }

    /// <summary>Forgets the values and their gradients.</summary>
    public void Clear()
    {
        foreach (var entry in _entries.Values)
            entry.Dispose();
        _entries.Clear();
        _pass = null;
    }

    /// <summary>Derived values.</summary>
    /// <param name="values">The values, from which autograd finds the way back to the parameters.</param>
    internal sealed class Entry(Tensor values) : IDisposable
    {
        public Tensor Values => values;

        /// <summary>The same values without that way: where the gradients of a slice end.</summary>
        public Tensor Leaf { get; } = values.detach().requires_grad_().DetachFromDisposeScope();

        /// <summary>The sum of the slices' gradients so far. Memory of its own: what autograd gives may be the gradient of several values.</summary>
        public Tensor Gradient { get; } = zeros_like(values).DetachFromDisposeScope();

        public void Dispose()
        {
            values.Dispose();
            Leaf.Dispose();
            Gradient.Dispose();
        }
    }
}
