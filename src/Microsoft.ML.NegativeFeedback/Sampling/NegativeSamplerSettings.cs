namespace Microsoft.ML.NegativeFeedback.Sampling;

/// <summary>How negatives are drawn.</summary>
/// <param name="Method">Where they come from.</param>
/// <param name="PopularityExponent">
/// The exponent of an item's count; at least 0. Read for <see cref="NegativeSamplingMethod.Popularity"/> only.
/// </param>
/// <param name="ObservedSkipShare">
/// The probability, 0 to 1, that a negative is one of the row's own skips instead, where there are any (SASRec-N of the SINE paper,
/// RecSys '23, sections 2 and 5.1.3: passive negatives mixed into the sampled ones).
/// </param>
internal sealed record NegativeSamplerSettings(
    NegativeSamplingMethod Method, double PopularityExponent = 0.75, double ObservedSkipShare = 0)
{
    /// <summary>These settings.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Some value is out of its range.</exception>
    public NegativeSamplerSettings Checked()
    {
        if (!Enum.IsDefined(Method))
            throw new ArgumentOutOfRangeException(nameof(Method), Method, $"{nameof(Method)} is no method of sampling negatives.");
        if (!(PopularityExponent >= 0 && double.IsFinite(PopularityExponent)))
        {
            throw new ArgumentOutOfRangeException(nameof(PopularityExponent), PopularityExponent,
                $"{nameof(PopularityExponent)} must be a number that is at least 0; 0.75 is usual.");
        }

        if (!(ObservedSkipShare is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(ObservedSkipShare), ObservedSkipShare,
                $"{nameof(ObservedSkipShare)} is a probability and must lie between 0 and 1.");
        }

        return this;
    }
}
