using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>Initial weights, and the way back from parameters to arrays.</summary>
internal static class InitialWeights
{
    /// <summary>The standard deviation of initial embeddings and linear weights, as the published code of PNFRec has it.</summary>
    public const double StandardDeviation = 0.02;

    /// <summary>A matrix drawn from N(0, 0.02).</summary>
    public static Parameter Normal(CounterRandom random, Device device, int rows, int columns)
        => new(Tensors.Of(random.Normal(rows * columns, StandardDeviation), device, rows, columns));

    /// <summary>A matrix drawn from N(0, √(2 / (rows + columns))) (Glorot and Bengio 2010), as the published code of SINE has every matrix.</summary>
    public static Parameter XavierNormal(CounterRandom random, Device device, int rows, int columns)
        => new(Tensors.Of(random.Normal(rows * columns, XavierDeviation(rows, columns)), device, rows, columns));

    /// <summary>A matrix drawn from U(−a, a), a = √(6 / (rows + columns)) (Glorot and Bengio 2010).</summary>
    public static Parameter Xavier(CounterRandom random, Device device, int rows, int columns)
        => new(Tensors.Of(random.Symmetric(rows * columns, Math.Sqrt(6.0 / (rows + columns))), device, rows, columns));

    /// <summary>An item table [items + 1, width] whose row 0, padding, is zero; the rest is drawn from N(0, 0.02) or as Xavier normal.</summary>
    public static Parameter ItemTable(CounterRandom random, Device device, int itemCount, int width, EncoderForm form = EncoderForm.PnfRec)
    {
        float[] values = random.Normal(
            (itemCount + 1) * width, form == EncoderForm.Sine ? XavierDeviation(itemCount + 1, width) : StandardDeviation);
        values.AsSpan(0, width).Clear();
        return new Parameter(Tensors.Of(values, device, itemCount + 1, width));
    }

    private static double XavierDeviation(int rows, int columns) => Math.Sqrt(2.0 / ((double)rows + columns));

    /// <summary>The values of a tensor of Single on any device, row-major.</summary>
    public static float[] ToArray(this Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.detach().cpu().contiguous().data<float>().ToArray();
    }
}
