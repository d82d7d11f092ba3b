using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// A network with its parameters in torch and the losses that it learns from. It is only read while gradients are computed, so that several threads can compute
/// those of a batch at once, each with sums of its own.
/// </summary>
internal abstract class SequenceModel : IDisposable
{
    private readonly Dictionary<NetworkParameter, Parameter> _values = [];
    private readonly Dictionary<NetworkConstant, Tensor> _constants = [];

    /// <param name="network">The network.</param>
    /// <param name="device">Where its parameters lie.</param>
    /// <param name="learnsRows">Whether a step moves rows of the item table rather than all of it.</param>
    private protected SequenceModel(Network network, Device device, bool learnsRows = false)
    {
        (Network, Device, LearnsRows) = (network, device, learnsRows);
        Block = learnsRows ? null : TensorBlock.OnGpu(network.Parameters.Select(Shape), device);
        // on a CPU products of odd widths lose speed; on a GPU normalisation would have to copy
        bool isRound = network.AllowsRoundWidths && device.type == DeviceType.CPU;
        foreach (var parameter in network.Parameters)
        {
            using var scope = NewDisposeScope();
            var values = TorchMemory.Of(parameter.Draw(), device, Shape(parameter));
            if (Block is not null)
                values = Block.Part(_values.Count).copy_(values);
            else if (isRound)
                values = RoundWidths.Keep(values, parameter.Parts);
            _values.Add(parameter, (Parameter)new Parameter(values).DetachFromDisposeScope());
        }

        foreach (var constant in network.Constants)
        {
            long[] shape = Array.ConvertAll(constant.Shape, size => (long)size);
            var values = constant.Numbers is { } numbers ? TorchMemory.Of(numbers, device, shape) : TorchMemory.Of(constant.Integers!, device, shape);
            _constants.Add(constant, values.DetachFromDisposeScope());
        }
    }

    public Network Network { get; }

    public Device Device { get; }

    /// <summary>Whether a step moves those rows of the item table alone that it met: a sweep over all of a large one would take most of its time.</summary>
    public bool LearnsRows { get; }

    /// <summary>The parameters by name, the item table first.</summary>
    public IEnumerable<(string Name, Parameter Values)> Parameters => _values.Select(entry => (entry.Key.Name, entry.Value));

    /// <summary>All of them behind each other, in that order, on a GPU; null on a CPU.</summary>
    public TensorBlock? Block { get; }

    /// <summary>The names of the loss's terms.</summary>
    public abstract IReadOnlyList<string> TermNames { get; }

    /// <summary>The values of a parameter.</summary>
    public Parameter Of(NetworkParameter parameter) => _values[parameter];

    /// <summary>The values of a constant.</summary>
    public Tensor Of(NetworkConstant constant) => _constants[constant];

    /// <summary>The vectors of the items, [N + 1, d or more]: without what may be kept behind them.</summary>
    public Tensor ItemVectors => Of(Network.Items).narrow(0, 0, Network.ItemCount + 1);

    /// <summary>The numbers of a parameter, row-major.</summary>
    public float[] Read(NetworkParameter parameter)
    {
        using var scope = NewDisposeScope();
        return Inside(parameter).ToArray();
    }

    /// <summary>Puts numbers in the place of a parameter's, row-major.</summary>
    public void Write(NetworkParameter parameter, float[] numbers)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var inside = Inside(parameter);
        inside.copy_(TorchMemory.Of(numbers, Device, inside.shape));
    }

    /// <summary>The parameters as plain arrays.</summary>
    public NetworkWeights ToWeights() => new(Network, Network.Parameters.ToDictionary(parameter => parameter.Name, Read));

    /// <summary>Ends the accumulation of a step: what is summed up becomes the parameters' gradient, of which padding has none.</summary>
    public virtual void TakeGradients(GradientSums sums)
    {
        using var scope = NewDisposeScope();
        if (!LearnsRows)
            sums.Of(Of(Network.Items)).narrow(0, 0, 1).zero_();
        sums.MoveToParameters();
    }

    public void Dispose()
    {
        foreach (var values in _values.Values)
        {
            values.grad = null;
            values.Dispose();
        }

        foreach (var values in _constants.Values)
            values.Dispose();
        Block?.Dispose();
    }

    private Tensor Inside(NetworkParameter parameter) => RoundWidths.Inside(Of(parameter), Shape(parameter), parameter.Parts);

    private static long[] Shape(NetworkParameter parameter) => Array.ConvertAll(parameter.Shape, size => (long)size);
}
