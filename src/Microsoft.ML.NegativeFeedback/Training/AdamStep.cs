using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>One step of Adam over values in memory: moments and parameters in a single pass, a vector at a time.</summary>
internal static class AdamStep
{
    /// <summary>What a step multiplies with.</summary>
    /// <param name="FirstDecay">β₁.</param>
    /// <param name="FirstShare">1 − β₁, rounded once.</param>
    /// <param name="SecondDecay">β₂.</param>
    /// <param name="SecondShare">1 − β₂, rounded once.</param>
    /// <param name="Rate">The step size over 1 − β₁ᵗ.</param>
    /// <param name="Correction">√(1 − β₂ᵗ).</param>
    /// <param name="Epsilon">ε.</param>
    public readonly record struct Factors(
        float FirstDecay, float FirstShare, float SecondDecay, float SecondShare, float Rate, float Correction, float Epsilon);

    /// <summary>Moves parameters and moments; all spans are of one length.</summary>
    public static void Run(Span<float> values, ReadOnlySpan<float> gradient, Span<float> first, Span<float> second, Factors factors)
    {
        var valueVectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var gradientVectors = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        var firstVectors = MemoryMarshal.Cast<float, Vector<float>>(first);
        var secondVectors = MemoryMarshal.Cast<float, Vector<float>>(second);
        var (firstDecay, secondDecay) = (new Vector<float>(factors.FirstDecay), new Vector<float>(factors.SecondDecay));
        var (firstShare, secondShare) = (new Vector<float>(factors.FirstShare), new Vector<float>(factors.SecondShare));
        var (rate, correction, epsilon) = (new Vector<float>(factors.Rate), new Vector<float>(factors.Correction), new Vector<float>(factors.Epsilon));
        for (int i = 0; i < valueVectors.Length; i++)
        {
            var g = gradientVectors[i];
            var m = firstVectors[i] = (firstDecay * firstVectors[i]) + (firstShare * g);
            var v = secondVectors[i] = (secondDecay * secondVectors[i]) + (secondShare * g * g);
            valueVectors[i] -= rate * m / ((Vector.SquareRoot(v) / correction) + epsilon);
        }

        for (int i = valueVectors.Length * Vector<float>.Count; i < values.Length; i++)
        {
            float g = gradient[i];
            float m = first[i] = (factors.FirstDecay * first[i]) + (factors.FirstShare * g);
            float v = second[i] = (factors.SecondDecay * second[i]) + (factors.SecondShare * g * g);
            values[i] -= factors.Rate * m / ((MathF.Sqrt(v) / factors.Correction) + factors.Epsilon);
        }
    }
}
