using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// The layers that NCF and DIN judge a history and a candidate with: vectors of width d laid beside each other → d → ⌈d/2⌉ → 1, with relu between.
/// The first layer is the sum of what it makes of each vector, so that vectors broadcast and none has to be copied beside another. Only differences
/// of scores are learned from, which a last bias would not change: there is none.
/// </summary>
internal sealed class RankingTower : nn.Module<IReadOnlyList<Tensor>, Dropout, Tensor>
{
    private readonly int _width;
    private readonly Parameter first;
    private readonly Parameter firstBias;
    private readonly LinearLayer second;
    private readonly Parameter output;

    /// <param name="partCount">How many vectors are read.</param>
    /// <param name="width">d.</param>
    /// <param name="seed">What the initial weights follow from; they are Xavier normal.</param>
    /// <param name="device">Where they lie.</param>
    public RankingTower(int partCount, int width, long seed, Device device) : base(nameof(RankingTower))
    {
        _width = width;
        int half = (width + 1) / 2;
        first = InitialWeights.XavierNormal(CounterRandom.Of(seed, 0), device, width, partCount * width);
        firstBias = new Parameter(zeros(width, device: device));
        second = new LinearLayer(InitialWeights.XavierNormal(CounterRandom.Of(seed, 1), device, half, width), hasBias: true, device);
        output = InitialWeights.XavierNormal(CounterRandom.Of(seed, 2), device, 1, half);
        RegisterComponents();
    }

    /// <summary>Scores.</summary>
    /// <param name="parts">The vectors [c or 1, n, d].</param>
    /// <param name="dropout">The dropout of the pass, behind both layers.</param>
    /// <returns>[c, n].</returns>
    public override Tensor forward(IReadOnlyList<Tensor> parts, Dropout dropout)
    {
        var hidden = nn.functional.linear(parts[0], first.narrow(1, 0, _width), firstBias);
        for (int i = 1; i < parts.Count; i++)
            hidden = hidden.add(nn.functional.linear(parts[i], first.narrow(1, i * _width, _width)), Scalars.One);
        hidden = dropout.Apply(second.call(dropout.Apply(hidden.relu())).relu());
        return nn.functional.linear(hidden, output).squeeze(2);
    }

    public RankingTowerWeights ToWeights()
        => new(first.ToArray(), firstBias.ToArray(), second.Weight, second.Bias, output.ToArray());
}
