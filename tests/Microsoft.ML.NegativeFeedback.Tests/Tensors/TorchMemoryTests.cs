using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Tensors;

/// <summary>
/// What enters torch lies in torch's memory, which begins at multiples of 64 bytes: on some processors (all of AMD, Intel's without AVX2) the last bits of a matrix
/// product follow the addresses of its factors.
/// </summary>
public sealed class TorchMemoryTests
{
    private const int Alignment = 64, ItemCount = 13;

    private static readonly EncoderSettings Encoder = new(6, 5, 2, 1, 0);

    public static TheoryData<string> Models => ["PNFRec", "SASRec", "SASRec pairwise", "SINE", "GRU4Rec", "Caser", "NCF", "DIN", "DIEN", "SLi-Rec", "CLSR", "FeedRec"];

    [Fact]
    public void Arrays_are_copied_to_where_torch_would_put_them()
    {
        using var scope = NewDisposeScope();
        var kept = new List<Array>();
        for (int length = 1; length < 200; length++)
        {
            float[] values = CounterRandom.Of(length).Normal(length, 1);
            var integers = new long[length];
            kept.AddRange([values, integers, new byte[length]]);
            var copy = TorchMemory.Of(values, CPU);
            Assert.Equal(0, AddressOf(copy) % Alignment);
            Assert.Equal(0, AddressOf(TorchMemory.Of(integers, CPU, 1, -1)) % Alignment);
            Assert.Equal(values, copy.ToArray());
            copy.zero_();
            Assert.Contains(values, value => value != 0);
        }

        GC.KeepAlive(kept);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Parameters_lie_where_torch_would_put_them(string name)
    {
        for (int i = 0; i < 8; i++)
        {
            using var scope = NewDisposeScope();
            using var model = Create(name);
            Assert.All(model.Parameters, entry => Assert.True(AddressOf(entry.Values) % Alignment == 0, $"{entry.Name} is not aligned"));
        }
    }

    [Fact]
    public void Nothing_of_a_copy_is_left_behind()
    {
        var statistics = TorchSharp.DisposeScopeManager.Statistics.TensorStatistics;
        long before = statistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
        {
            var copy = TorchMemory.Of(new float[] { 1, 2, 3, 4 }, CPU, 2, 2);
            Assert.Equal(before + 1, statistics.ThreadTotalLiveCount);
            Assert.Equal([2, 2], copy.shape);
        }

        TorchMemory.Of(new long[] { 1 }, CPU).Dispose();
        Assert.Equal(before, statistics.ThreadTotalLiveCount);
    }

    private static SequenceModel Create(string name)
    {
        var sine = Encoder with { Form = EncoderForm.Sine };
        return name switch
        {
            "PNFRec" => TestModels.Create(ItemCount, new PnfRecSettings(Encoder, 0.45, 0.25, ContrastSimilarity.Cosine, true), 1),
            "SASRec" => TestModels.Create(ItemCount, new SasRecSettings(Encoder, true, 0), 1),
            "SASRec pairwise" => Pairwise(new SasRecNetwork(ItemCount, sine, false, 1)),
            "SINE" => Pairwise(new SineNetwork(ItemCount, new SineSettings(sine, 2, 0.8, FusionNormalization.Sum, true), 1)),
            "GRU4Rec" => Pairwise(new Gru4RecNetwork(ItemCount, sine, 1)),
            "Caser" => Pairwise(new CaserNetwork(ItemCount, sine, 1)),
            "DIEN" or "SLi-Rec" => Pairwise(InterestModelTests.Network(name, ItemCount, sine, 1)),
            "CLSR" => Pairwise(new ClsrNetwork(ItemCount, sine, 0.1, 1)),
            "FeedRec" => Pairwise(new FeedRecNetwork(ItemCount, sine, 0.1, 1)),
            "NCF" => Pairwise(new NcfNetwork(ItemCount, sine, 1)),
            _ => Pairwise(new DinNetwork(ItemCount, sine, 1)),
        };

        static SequenceModel Pairwise(Network network) => new PairwiseModel(network, new PairwiseWeights(0.5, 0.5), CPU);
    }

    private static nint AddressOf(Tensor values)
        => Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(values.bytes));
}
