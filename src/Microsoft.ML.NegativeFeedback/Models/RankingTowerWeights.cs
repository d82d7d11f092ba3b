namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The trained numbers of a <see cref="RankingTower"/> as plain arrays.</summary>
/// <param name="FirstWeight">[d, parts · d], output by input.</param>
/// <param name="FirstBias">[d].</param>
/// <param name="SecondWeight">[⌈d/2⌉, d].</param>
/// <param name="SecondBias">[⌈d/2⌉].</param>
/// <param name="OutputWeight">[⌈d/2⌉].</param>
internal sealed record RankingTowerWeights(
    float[] FirstWeight, float[] FirstBias, float[] SecondWeight, float[] SecondBias, float[] OutputWeight);
