using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

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
        var network = new SasRecNetwork(40, new EncoderSettings(Width, Length, 2, heads, 0, EncoderForm.Sine), false, 3);
        using var model = new PairwiseModel(network, new PairwiseWeights(1, 0), CPU);
        long[] items = [.. Enumerable.Range(0, Length).Select(i => 1L + CounterRandom.Of(2).Below(40, (uint)i))];
        float[] whole = model.Hidden(tensor(items, 1, Length)).ToArray();
        // up to 64 items are worked off at once
        foreach (int length in new[] { 64, 65, 101, 149 })
        {
            float[] beginning = model.Hidden(tensor(items[..length], 1, length)).ToArray();
            PublishedParityTests.AssertClose(beginning, whole[..(length * Width)], 2e-6, 1e-5, $"length {length}");
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(1, 3)]
    [InlineData(2, 3)]
    public void Long_attention_has_the_values_and_gradients_of_its_beginnings(int heads, int groupCount)
    {
        const int Beginning = 64;
        using var scope = NewDisposeScope();
        Tensor[] inputs = [.. Enumerable.Range(1, 3).Select(i => tensor(CounterRandom.Of(i).Normal(Length * Width, 1), Length, Width).view(1, Length, Width).requires_grad_())];
        var direction = tensor(CounterRandom.Of(4).Normal(Beginning * Width, 1), Beginning, Width).view(1, Beginning, Width);
        var groups = groupCount == 0 ? null : tensor([.. Enumerable.Range(0, Length).Select(i => (long)CounterRandom.Of(5).Below(groupCount, (uint)i))], 1, Length);

        float[][] whole = ValuesAndGradients(Attend(Length).narrow(1, 0, Beginning));
        float[][] beginning = ValuesAndGradients(Attend(Beginning));
        for (int i = 0; i < whole.Length; i++)
            PublishedParityTests.AssertClose(beginning[i], whole[i], 1e-5, 1e-5, $"array {i}");

        Tensor Attend(long length)
        {
            TorchTensor[] cut = Array.ConvertAll(inputs, input => new TorchTensor(input.narrow(1, 0, length)));
            return TorchTensor.CausalAttention(cut[0], cut[1], cut[2], new(heads, Groups: groups is null ? null : new TorchTensor(groups.narrow(1, 0, length)),
                SameGroup: 1.5, OtherGroup: 0.25)).Value;
        }

        float[][] ValuesAndGradients(Tensor mixed)
            => [mixed.ToArray(), .. autograd.grad([mixed], inputs, [direction]).Select(gradient => gradient.ToArray())];
    }
}
