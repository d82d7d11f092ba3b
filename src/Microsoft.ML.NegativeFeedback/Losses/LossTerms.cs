using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Losses;

/// <summary>The loss of a batch.</summary>
/// <param name="Total">The weighted sum that is minimised.</param>
/// <param name="Terms">Its terms by name, each the mean over the batch before its coefficient.</param>
internal sealed record LossTerms(double Total, params IReadOnlyList<(string Name, double Value)> Terms)
{
    /// <summary>The term of that name; 0 for a model without.</summary>
    public double this[string name] => Terms.FirstOrDefault(term => term.Name == name).Value;
}

/// <summary>Sums the terms over slices on the device, so that a GPU is not waited for after each.</summary>
internal sealed class LossSums : IDisposable
{
    private readonly Tensor _sums;

    /// <param name="count">How many terms the loss has.</param>
    /// <param name="device">Where the sums lie.</param>
    public LossSums(int count, Device device) => _sums = zeros(count, dtype: ScalarType.Float64, device: device);

    /// <summary>Adds to a term, by its number in the loss.</summary>
    public void Add(int term, Tensor sum)
    {
        using var target = _sums.narrow(0, term, 1);
        using var value = sum.to(ScalarType.Float64);
        target.add_(value, Scalars.One);
    }

    /// <summary>Adds other sums.</summary>
    public void Add(LossSums other) => _sums.add_(other._sums, Scalars.One);

    public void Clear() => _sums.zero_();

    /// <summary>The sums so far, by the terms' numbers.</summary>
    public double[] Read()
    {
        using var host = _sums.cpu();
        return host.data<double>().ToArray();
    }

    public void Dispose() => _sums.Dispose();
}
