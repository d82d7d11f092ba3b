namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The shape of a self-attention encoder.</summary>
/// <param name="Width">Embedding width d; a multiple of <paramref name="HeadCount"/>.</param>
/// <param name="MaximumLength">Number of positions l: how many of the most recent items are read.</param>
/// <param name="BlockCount">Number of blocks.</param>
/// <param name="HeadCount">Attention heads.</param>
/// <param name="DropoutRate">Share of activations that training zeroes, in [0, 1).</param>
internal sealed record EncoderSettings(int Width, int MaximumLength, int BlockCount, int HeadCount, double DropoutRate);
