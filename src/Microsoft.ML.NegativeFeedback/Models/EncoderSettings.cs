namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The shape of a self-attention encoder.</summary>
/// <param name="Width">Embedding width d; a multiple of <paramref name="HeadCount"/>.</param>
/// <param name="MaximumLength">Number of positions l: how many of the most recent items are read.</param>
/// <param name="BlockCount">Number of blocks.</param>
/// <param name="HeadCount">Attention heads.</param>
/// <param name="DropoutRate">Share of activations that training zeroes, in [0, 1).</param>
/// <param name="Form">In whose published form.</param>
internal sealed record EncoderSettings(
    int Width, int MaximumLength, int BlockCount, int HeadCount, double DropoutRate, EncoderForm Form = EncoderForm.PnfRec);

/// <summary>The published implementations agree on the blocks but for these details.</summary>
internal enum EncoderForm
{
    /// <summary>Biases in attention; weights N(0, 0.02), the attention's in-projection Xavier uniform.</summary>
    PnfRec,

    /// <summary>No biases in attention, dropout behind its output; weights Xavier normal.</summary>
    Sine,
}
