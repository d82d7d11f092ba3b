namespace Microsoft.ML.NegativeFeedback.Trials;

/// <summary>A sweep moves λ₁, λ₂ and λ₃ of SINE one by one, but they sum to one: only their proportions can be swept.</summary>
internal static class SineLossWeights
{
    public static void SumToOne(SineTrainer.Options options)
    {
        double sum = options.SampledLossWeight + options.SkipLossWeight + options.DistanceLossWeight;
        // what sums to nothing is left for the trainer to refuse
        if (!(sum > 0))
            return;
        options.SampledLossWeight /= sum;
        options.SkipLossWeight /= sum;
        options.DistanceLossWeight /= sum;
    }
}
