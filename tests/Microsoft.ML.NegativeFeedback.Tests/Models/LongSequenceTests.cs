using Microsoft.ML.NegativeFeedback.Models;
using Microsoft.ML.NegativeFeedback.Sampling;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Models;

/// <summary>Long sequences are worked off in stretches; nothing must tell.</summary>
public sealed class LongSequenceTests
{
    private const int Width = 8, Length = 150;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_long_sequence_has_the_hidden_vectors_of_its_beginnings(int heads)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = new SasRecPairwiseModel(
            40, new EncoderSettings(Width, Length, 2, heads, 0, EncoderForm.Sine), new PairwiseWeights(1, 0), 3, CPU);
        long[] items = [.. Enumerable.Range(0, Length).Select(i => 1L + CounterRandom.Of(2).Below(40, (uint)i))];
        float[] whole = model.call(tensor(items, 1, Length)).ToArray();
        // up to 64 items are worked off at once
        foreach (int length in new[] { 64, 65, 101, 149 })
        {
            float[] beginning = model.call(tensor(items[..length], 1, length)).ToArray();
            PublishedParityTests.AssertClose(beginning, whole[..(length * Width)], 2e-6, 1e-5, $"length {length}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Factors_of_attention_reach_every_stretch(int heads)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var settings = new EncoderSettings(Width, Length, 1, heads, 0, EncoderForm.Sine);
        using var encoder = new PositionalEncoder(settings, 5, CPU);
        var input = tensor(CounterRandom.Of(1).Normal(Length * Width, 1), Length, Width).view(1, Length, Width);
        var factors = tensor(CounterRandom.Of(4).Symmetric(Length * Length, 1), Length, Length).view(1, Length, Length);
        float[] whole = encoder.call(input, new EncoderPass(Dropout.Off, factors)).ToArray();
        foreach (int length in new[] { 30, 64 })
        {
            var cut = factors.narrow(1, 0, length).narrow(2, 0, length);
            float[] beginning = encoder.call(input.narrow(1, 0, length), new EncoderPass(Dropout.Off, cut)).ToArray();
            PublishedParityTests.AssertClose(beginning, whole[..(length * Width)], 2e-6, 1e-5, $"length {length}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_long_sequence_has_the_gradients_of_its_beginnings(int heads)
    {
        const int Beginning = 64;
        using var scope = NewDisposeScope();
        using var encoder = new PositionalEncoder(new EncoderSettings(Width, Length, 2, heads, 0, EncoderForm.Sine), 5, CPU);
        var input = tensor(CounterRandom.Of(1).Normal(Length * Width, 1), Length, Width).view(1, Length, Width).requires_grad_();
        var direction = tensor(CounterRandom.Of(2).Normal(Beginning * Width, 1), Beginning, Width).view(1, Beginning, Width);

        float[][] whole = Gradients(encoder.call(input, new EncoderPass(Dropout.Off)).narrow(1, 0, Beginning));
        float[][] beginning = Gradients(encoder.call(input.narrow(1, 0, Beginning), new EncoderPass(Dropout.Off)));
        for (int i = 0; i < whole.Length; i++)
            PublishedParityTests.AssertClose(beginning[i], whole[i], 1e-5, 1e-5, $"gradient {i}");

        float[][] Gradients(Tensor hidden)
            => [.. autograd.grad([hidden], [input, .. encoder.parameters()], [direction]).Select(gradient => gradient.ToArray())];
    }
}
