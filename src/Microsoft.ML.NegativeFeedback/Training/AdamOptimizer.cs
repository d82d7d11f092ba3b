using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Adam (Kingma and Ba 2015) with torch's defaults, β = (0.9, 0.999) and ε = 1e-8, without weight decay. Its moments are named
/// tensors, which a checkpoint keeps. A parameter without a gradient is left alone.
/// </summary>
internal sealed class AdamOptimizer : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    private readonly double _learningRate;
    private readonly List<State> _states = [];

    public AdamOptimizer(IEnumerable<(string Name, Parameter Parameter)> parameters, double learningRate)
    {
        _learningRate = learningRate;
        foreach (var (name, parameter) in parameters)
            _states.Add(new State(name, parameter));
    }

    /// <summary>The moments of every parameter, by name.</summary>
    public IEnumerable<(string Name, Tensor First, Tensor Second)> Moments
        => _states.Select(state => (state.Name, state.First, state.Second));

    /// <summary>The number of steps each parameter has taken, by name.</summary>
    public IEnumerable<(string Name, long Steps)> Steps
    {
        get => _states.Select(state => (state.Name, state.Steps));
        set
        {
            var steps = value.ToDictionary(entry => entry.Name, entry => entry.Steps);
            foreach (var state in _states)
                state.Steps = steps[state.Name];
        }
    }

    /// <summary>Scales all gradients so that their common norm is at most <paramref name="maximumNorm"/>.</summary>
    public void ClipGradients(double maximumNorm)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var gradients = _states.Select(state => state.Parameter.grad).OfType<Tensor>().ToArray();
        var norms = stack(Array.ConvertAll(gradients, gradient => gradient.square().sum()));
        double norm = Math.Sqrt(norms.sum().item<float>());
        if (norm <= maximumNorm)
            return;
        foreach (var gradient in gradients)
            gradient.mul_(maximumNorm / norm);
    }

    /// <summary>Moves every parameter that has a gradient.</summary>
    public void Step()
    {
        using var noGradient = no_grad();
        foreach (var state in _states)
        {
            using var scope = NewDisposeScope();
            if (state.Parameter.grad is { } gradient)
                Step(state, gradient);
        }
    }

    public void Dispose()
    {
        foreach (var state in _states)
        {
            state.First.Dispose();
            state.Second.Dispose();
        }
    }

    private void Step(State state, Tensor gradient)
    {
        state.Steps++;
        state.First.mul_(Beta1).add_(gradient, 1 - Beta1);
        state.Second.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
        double firstCorrection = 1 - Math.Pow(Beta1, state.Steps);
        double secondCorrection = 1 - Math.Pow(Beta2, state.Steps);
        var denominator = state.Second.sqrt().div_(Math.Sqrt(secondCorrection)).add_(Epsilon);
        state.Parameter.addcdiv_(state.First, denominator, -_learningRate / firstCorrection);
    }

    private sealed class State(string name, Parameter parameter)
    {
        public string Name { get; } = name;

        public Parameter Parameter { get; } = parameter;

        public Tensor First { get; } = zeros_like(parameter).detach_();

        public Tensor Second { get; } = zeros_like(parameter).detach_();

        public long Steps { get; set; }
    }
}
