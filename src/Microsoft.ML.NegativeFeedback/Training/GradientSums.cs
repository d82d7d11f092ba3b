using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Where one thread sums up the gradients and losses of the slices it works off, so that threads share a model without sharing what
/// they write. Sums are made for good and zeroed between steps.
/// </summary>
internal sealed class GradientSums : IDisposable
{
    private readonly Dictionary<object, int> _indices = new(ReferenceEqualityComparer.Instance);
    private readonly Parameter[] _parameters;
    private readonly Tensor[] _sums;
    private readonly bool[] _hasGradient;
    private readonly TensorBlock? _block;

    public GradientSums(SequenceModel model, Device device)
    {
        _parameters = [.. model.Parameters.Select(parameter => parameter.Values)];
        _block = model.Block?.Another();
        _sums = [.. _parameters.Select((parameter, number) => _block?.Part(number) ?? zeros_like(parameter))];
        _hasGradient = new bool[_parameters.Length];
        for (int i = 0; i < _parameters.Length; i++)
            _indices.Add(_parameters[i], i);
        Losses = new LossSums(model.TermNames.Count, device);
    }

    /// <summary>The sums of the losses.</summary>
    public LossSums Losses { get; }

    /// <summary>On a GPU the sums of all parameters behind each other, as their values lie, if every one has a gradient; otherwise null.</summary>
    public Tensor? All => _hasGradient.AsSpan().Contains(false) ? null : _block?.All;

    /// <summary>The sum of a parameter's gradient, to be added to.</summary>
    public Tensor Of(Parameter parameter)
    {
        int index = _indices[parameter];
        _hasGradient[index] = true;
        return _sums[index];
    }

    /// <summary>Adds another thread's sums.</summary>
    public void Add(GradientSums other)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        for (int i = 0; i < _sums.Length; i++)
        {
            if (other._hasGradient[i])
                Of(_parameters[i]).add_(other._sums[i], Scalars.One);
        }

        Losses.Add(other.Losses);
    }

    /// <summary>Makes the sums the gradients of their parameters, until they are cleared; a parameter without any has none.</summary>
    public void MoveToParameters()
    {
        for (int i = 0; i < _sums.Length; i++)
            _parameters[i].grad = _hasGradient[i] ? _sums[i] : null;
    }

    /// <summary>Zeroes all sums.</summary>
    public void Clear()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        _block?.All.zero_();
        for (int i = 0; i < _sums.Length; i++)
        {
            if (_block is null && _hasGradient[i])
                _sums[i].zero_();
            _hasGradient[i] = false;
        }

        Losses.Clear();
    }

    public void Dispose()
    {
        foreach (var sum in _sums)
            sum.Dispose();
        _block?.Dispose();
        Losses.Dispose();
    }
}
