using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The terms of a loss, each the mean over the batch before its coefficient.</summary>
/// <param name="CrossEntropy">CE⁺, or CE of the whole sequence.</param>
/// <param name="NegativeCrossEntropy">CE⁻; 0 for a model without.</param>
/// <param name="Contrast">L_c or InfoNCE; 0 for a model without.</param>
/// <param name="Total">The weighted sum that is minimised.</param>
internal readonly record struct LossTerms(double CrossEntropy, double NegativeCrossEntropy, double Contrast, double Total);

/// <summary>Sums the terms over slices on the device, so that a GPU is not waited for after each.</summary>
internal sealed class LossSums : IDisposable
{
    private readonly Tensor _sums;

    public LossSums(Device device) => _sums = zeros(3, dtype: ScalarType.Float64, device: device);

    public void AddCrossEntropy(Tensor sum) => Add(0, sum);

    public void AddNegativeCrossEntropy(Tensor sum) => Add(1, sum);

    public void AddContrast(Tensor sum) => Add(2, sum);

    /// <summary>Adds other sums.</summary>
    public void Add(LossSums other) => _sums.add_(other._sums);

    public void Clear() => _sums.zero_();

    /// <summary>The sums so far: CE or CE⁺, CE⁻, contrast.</summary>
    public (double CrossEntropy, double NegativeCrossEntropy, double Contrast) Read()
    {
        using var host = _sums.cpu();
        var values = host.data<double>();
        return (values[0], values[1], values[2]);
    }

    public void Dispose() => _sums.Dispose();

    private void Add(int term, Tensor sum)
    {
        using var target = _sums.narrow(0, term, 1);
        using var value = sum.to(ScalarType.Float64);
        target.add_(value);
    }
}
