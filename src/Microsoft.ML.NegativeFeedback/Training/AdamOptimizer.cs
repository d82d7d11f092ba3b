using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Adam (Kingma and Ba 2015) with torch's defaults, β₁ = 0.9 and ε = 1e-8, without weight decay. Its moments are named tensors, which a
/// checkpoint keeps. A parameter without a gradient is left alone. On a CPU a step is one pass over a tensor, where torch's operators
/// take eight: with an item table of millions of numbers those passes are a good part of a step. On a GPU a step is one over all parameters that lie in one block.
/// </summary>
internal sealed class AdamOptimizer : IDisposable
{
    private const double FirstDecay = 0.9, Epsilon = 1e-8;

    private readonly double _learningRate;
    private readonly double _secondDecay;
    private readonly List<State> _states = [];
    private readonly TensorBlock? _first, _second;
    private readonly State? _all;

    /// <param name="parameters">The parameters by name.</param>
    /// <param name="learningRate">The step size.</param>
    /// <param name="secondDecay">β₂.</param>
    /// <param name="block">The parameters behind each other, in the same order; null where they do not lie so.</param>
    public AdamOptimizer(IEnumerable<(string Name, Parameter Parameter)> parameters, double learningRate, double secondDecay = 0.999, TensorBlock? block = null)
    {
        (_learningRate, _secondDecay, _first, _second) = (learningRate, secondDecay, block?.Another(), block?.Another());
        foreach (var (name, parameter) in parameters)
            _states.Add(new State(name, parameter, Moment(_first, parameter), Moment(_second, parameter)));
        if (block is not null)
            _all = new State("", block.All, _first!.All, _second!.All);

        Tensor Moment(TensorBlock? moments, Parameter parameter) => moments?.Part(_states.Count) ?? zeros_like(parameter).detach_();
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

    /// <summary>Whether every gradient is a number.</summary>
    /// <param name="all">The gradients of all parameters as the block has them; null where they do not lie so, or one has none.</param>
    /// <param name="rows">The gradient of a table that has one of some rows alone, or null.</param>
    public bool HasFiniteGradients(Tensor? all = null, RowGradient? rows = null) => AreFinite(Gradients(all, rows));

    /// <summary>Whether every weight is a number.</summary>
    public bool HasFiniteWeights() => AreFinite(_states.Select(state => state.Parameter));

    private IEnumerable<Tensor> Gradients(Tensor? all, RowGradient? rows)
        => all is not null ? [all] : _states.Select(state => state.Parameter.grad).Append(rows?.Values).OfType<Tensor>();

    // NaN and ∞ stay in a sum
    private static bool AreFinite(IEnumerable<Tensor> tensors)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return float.IsFinite(stack(tensors.Select(values => values.sum()).ToArray()).sum().item<float>());
    }

    /// <summary>Scales all gradients so that their common norm is at most <paramref name="maximumNorm"/>.</summary>
    /// <param name="maximumNorm">The largest norm.</param>
    /// <param name="all">As for <see cref="HasFiniteGradients"/>.</param>
    /// <param name="rows">As there.</param>
    public void ClipGradients(double maximumNorm, Tensor? all = null, RowGradient? rows = null)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var gradients = Gradients(all, rows).ToArray();
        var norms = stack(Array.ConvertAll(gradients, gradient => gradient.square().sum()));
        double norm = Math.Sqrt(norms.sum().item<float>());
        if (norm <= maximumNorm)
            return;
        foreach (var gradient in gradients)
            gradient.mul_(Scalars.Of(maximumNorm / norm));
    }

    /// <summary>Moves every parameter that has a gradient.</summary>
    /// <param name="workers">Threads that share one pass over each tensor on a CPU; null for torch's operators.</param>
    /// <param name="all">As for <see cref="HasFiniteGradients"/>.</param>
    /// <param name="rows">As there. Of its table those rows move alone; the moments of the others stay as they are, as in torch's SparseAdam.</param>
    public void Step(TorchWorkers? workers = null, Tensor? all = null, RowGradient? rows = null)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        if (_all is not null && all is not null && _states.All(state => state.Steps == _states[0].Steps))
        {
            foreach (var state in _states)
                state.Steps++;
            _all.Steps = _states[0].Steps;
            StepByOperators(_all, all);
            return;
        }

        var onCpu = new List<(State State, Tensor Gradient)>();
        foreach (var state in _states)
        {
            if (state.Parameter.grad is not { } gradient)
                continue;
            state.Steps++;
            if (workers is not null && state.Parameter.HasSpan())
                onCpu.Add((state, gradient));
            else
                StepByOperators(state, gradient);
        }

        var table = rows is null ? null : _states.Single(state => ReferenceEquals(state.Parameter, rows.Table));
        bool isInOnePass = workers is not null && table is not null && table.Parameter.HasSpan();
        if (table is not null)
            table.Steps++;
        if (table is not null && !isInOnePass)
            StepRowsByOperators(table, rows!);
        if (workers is not null && (onCpu.Count > 0 || isInOnePass))
        {
            workers.Run(worker =>
            {
                foreach (var (state, gradient) in onCpu)
                    StepInOnePass(state, gradient, worker, workers.Count);
                if (isInOnePass)
                    StepRowsInOnePass(table!, rows!, worker, workers.Count);
            });
        }
    }

    public void Dispose()
    {
        foreach (var state in _states)
        {
            state.First.Dispose();
            state.Second.Dispose();
        }

        _first?.Dispose();
        _second?.Dispose();
    }

    private void StepByOperators(State state, Tensor gradient)
    {
        var (rate, correction) = Corrections(state);
        state.First.mul_(Scalars.Of(FirstDecay)).add_(gradient, Scalars.Of(1 - FirstDecay));
        state.Second.mul_(Scalars.Of(_secondDecay)).addcmul_(gradient, gradient, Scalars.Of(1 - _secondDecay));
        var denominator = state.Second.sqrt().div_(Scalars.Of(correction)).add_(Scalars.Of(Epsilon), Scalars.One);
        state.Parameter.addcdiv_(state.First, denominator, Scalars.Of(-rate));
    }

    // every worker takes a stretch of the tensor
    private void StepInOnePass(State state, Tensor gradient, int worker, int workers)
    {
        long count = state.Parameter.numel();
        var (start, end) = ((int)(count * worker / workers), (int)(count * (worker + 1) / workers));
        AdamStep.Run(Values(state.Parameter), Values(gradient), Values(state.First), Values(state.Second), Factors(state));

        Span<float> Values(Tensor values) => values.AsSpan()[start..end];
    }

    // every worker takes a stretch of the rows
    private void StepRowsInOnePass(State state, RowGradient rows, int worker, int workers)
    {
        long count = rows.Indices.shape[0];
        int width = (int)state.Parameter.shape[1];
        var factors = Factors(state);
        var indices = MemoryMarshal.Cast<byte, long>(rows.Indices.bytes);
        Span<float> values = state.Parameter.AsSpan(), first = state.First.AsSpan(), second = state.Second.AsSpan();
        var gradients = rows.Values.AsSpan();
        for (int i = (int)(count * worker / workers); i < (int)(count * (worker + 1) / workers); i++)
        {
            int start = (int)indices[i] * width;
            AdamStep.Run(values.Slice(start, width), gradients.Slice(i * width, width), first.Slice(start, width), second.Slice(start, width), factors);
        }
    }

    private void StepRowsByOperators(State state, RowGradient rows)
    {
        var values = (Parameter)new Parameter(state.Parameter.index_select(0, rows.Indices));
        var some = new State(state.Name, values, state.First.index_select(0, rows.Indices), state.Second.index_select(0, rows.Indices)) { Steps = state.Steps };
        StepByOperators(some, rows.Values);
        state.Parameter.index_copy_(0, rows.Indices, some.Parameter);
        state.First.index_copy_(0, rows.Indices, some.First);
        state.Second.index_copy_(0, rows.Indices, some.Second);
    }

    private AdamStep.Factors Factors(State state)
    {
        var (rate, correction) = Corrections(state);
        return new((float)FirstDecay, (float)(1 - FirstDecay), (float)_secondDecay, (float)(1 - _secondDecay), (float)rate, (float)correction, (float)Epsilon);
    }

    /// <summary>The step size over 1 − β₁ᵗ, and √(1 − β₂ᵗ).</summary>
    private (double Rate, double Correction) Corrections(State state)
        => (_learningRate / (1 - Math.Pow(FirstDecay, state.Steps)), Math.Sqrt(1 - Math.Pow(_secondDecay, state.Steps)));

    private sealed class State(string name, Tensor parameter, Tensor first, Tensor second)
    {
        public string Name { get; } = name;

        public Tensor Parameter { get; } = parameter;

        public Tensor First { get; } = first;

        public Tensor Second { get; } = second;

        public long Steps { get; set; }
    }
}
