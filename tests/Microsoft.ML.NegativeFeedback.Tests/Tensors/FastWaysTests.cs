using System.Numerics;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Tensors;

/// <summary>What is one operation of autograd's on a CPU against the same in torch's own operators: values and gradients.</summary>
public sealed class FastWaysTests
{
    [Theory]
    [InlineData(1, 7, 5, false)]
    [InlineData(2, 64, 8, true)]
    [InlineData(1, 65, 24, true)] // four stretches, the last of two places
    [InlineData(3, 131, 6, false)]
    public void Attention_with_dropout_and_factors(int heads, int length, int width, bool isShared)
    {
        using var scope = NewDisposeScope();
        Tensor query = Draw(1, 4, length, width * heads), key = Draw(2, 4, length, width * heads), value = isShared ? key : Draw(3, 4, length, width * heads);
        var groups = TorchMemory.Of([.. Enumerable.Range(0, 4 * length).Select(i => (long)CounterRandom.Of(4).Below(3, (uint)i))], CPU, 4, length);
        Tensor[] inputs = isShared ? [query, key] : [query, key, value];

        var fast = Run(new Masks(new Dropout(0.3, default)));
        var slow = Run(new Values(new Dropout(0.3, default)));

        AssertAlike(slow, fast, inputs);

        Tensor Run(IDropout<TorchTensor> dropout)
        {
            var (keys, values) = (new TorchTensor(key), isShared ? new TorchTensor(key) : new TorchTensor(value));
            return TorchTensor.CausalAttention(new(query), keys, values, new(heads, Groups: new TorchTensor(groups), SameGroup: 1.4, OtherGroup: 0.6, Dropout: dropout)).Value;
        }
    }

    [Theory]
    [InlineData(7, true)]
    [InlineData(131, false)]
    public void Attention_with_sums_of_what_is_left_of_the_weights(int length, bool isShared)
    {
        using var scope = NewDisposeScope();
        Tensor query = Draw(1, 4, length, 6), key = Draw(2, 4, length, 6), value = isShared ? key : Draw(3, 4, length, 6);

        AssertAlike(Run(new Values(new Dropout(0.3, default))), Run(new Masks(new Dropout(0.3, default))), isShared ? [query, key] : [query, key, value]);

        Tensor Run(IDropout<TorchTensor> dropout)
        {
            var (mixed, sums) = TorchTensor.CausalAttentionWithSums(new(query), new(key), new(value), new(1, Dropout: dropout));
            return cat([mixed.Value, sums.Value], -1);
        }
    }

    [Theory]
    [InlineData(2, 50)]
    [InlineData(7, 8)]
    [InlineData(3, 5)]
    public void Fused_projections(int parts, int width)
    {
        using var scope = NewDisposeScope();
        Tensor states = Draw(1, 9, width), prototypes = Draw(2, parts, width), weight = Draw(3, width, 1);

        var fast = TorchTensor.FuseProjections(new(states), new(prototypes), new(weight))!.Value.Value;

        var projected = states.unsqueeze(1).mul(states.unsqueeze(1).mul(prototypes).sigmoid().add(Scalars.One, Scalars.One));
        AssertAlike(projected.mul(projected.matmul(weight).softmax(1)).sum(1), fast, states, prototypes, weight);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(231)]
    [InlineData(16)]
    [InlineData(5)]
    public void Layer_normalization(int width)
    {
        using var scope = NewDisposeScope();
        Tensor values = Draw(1, 4, 9, width), scale = Draw(2, width), shift = Draw(3, width);

        AssertAlike(nn.functional.layer_norm(values, [width], scale, shift, 1e-8), LayerNormFunction.Run(values, scale, shift, 1e-8, width), values, scale, shift);
    }

    [Theory]
    [InlineData(47, 48)]
    [InlineData(231, 240)]
    [InlineData(5, 16)]
    public void Layer_normalization_with_zeros_behind(int width, int kept)
    {
        using var scope = NewDisposeScope();
        Tensor values = Draw(1, 4, 9, width), scale = Draw(2, width), shift = Draw(3, width);
        var padded = Array.ConvertAll(new[] { values, scale, shift }, tensor => nn.functional.pad(tensor, [0, kept - width]));

        var normal = LayerNormFunction.Run(padded[0], padded[1], padded[2], 1e-8, width);

        Assert.Equal(0, normal.narrow(-1, width, kept - width).abs().sum().item<float>());
        AssertAlike(nn.functional.layer_norm(values, [width], scale, shift, 1e-8), normal.narrow(-1, 0, width), values, scale, shift);
        AssertAlike(normal, new TorchTensor(padded[0].to(ScalarType.Float64)).LayerNorm(Double(1), Double(2), 1e-8).Value.to(ScalarType.Float32), values, scale, shift);

        // by torch's own operators, which take what has no span of Singles
        TorchTensor Double(int number) => new(padded[number].to(ScalarType.Float64), width);
    }

    [Fact]
    public void Dropout_with_what_follows_it()
    {
        using var scope = NewDisposeScope();
        Tensor values = Draw(1, 3, 7, 110), sum = Draw(2, 3, 7, 110);
        var mask = empty(values.shape);
        Masks().NextMask().Draws.FillDropoutMask(mask.AsSpan(), 0.3);

        AssertAlike(values.mul(mask), Masks().Apply(values), values);
        AssertAlike(values.mul(mask).relu(), Masks().ApplyRelu(values), values);
        AssertAlike(sum.add(values.mul(mask), Scalars.One), Masks().AddTo(sum, values), sum, values);

        static Dropout Masks() => new(0.3, default);
    }

    [Fact]
    public void They_leave_no_tensors_behind()
    {
        Run();
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (int i = 0; i < 5; i++)
            Run();
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);

        static void Run()
        {
            using var scope = NewDisposeScope();
            Tensor states = Draw(1, 6, 70, 4), prototypes = Draw(2, 2, 4), weight = Draw(3, 4, 1);
            var attended = AttentionFunction.Run(states, states, states, null, new Masks(new Dropout(0.5, default)));
            var (mixed, sums) = AttentionFunction.RunWithSums(attended, states, states, null, new Masks(new Dropout(0.5, default)));
            attended = mixed.mul(sums);
            var dropped = new Dropout(0.5, default).AddTo(attended, new Dropout(0.5, default).ApplyRelu(attended));
            var normal = LayerNormFunction.Run(dropped.view(-1, 4), weight.view(4), weight.view(4), 1e-8, 4);
            var fused = FuseProjectionsFunction.Run(normal, prototypes, weight);
            var products = DotProductsFunction.Run(fused.unsqueeze(1), fused.unsqueeze(1));
            autograd.grad([products.sum()], [states, prototypes, weight]);
        }
    }

    [Fact]
    public void The_exponential_of_lanes()
    {
        Check<VectorLanes>();
        Check<WideLanes>();

        static void Check<T>()
            where T : unmanaged, ILanes<T>
        {
            for (double x = -87; x < 88; x += 0.0137)
                Assert.Equal(1, LastOf(Lanes.Exp(T.Of((float)x))) / Math.Exp((float)x), 2e-7);
            Assert.Equal(1, LastOf(Lanes.Exp(T.Of(0))));
            Assert.InRange(LastOf(Lanes.Exp(T.Of(float.NegativeInfinity))), 0, 2e-38f);
            Assert.True(float.IsFinite(LastOf(Lanes.Exp(T.Of(float.MaxValue)))));
            Assert.True(float.IsNaN(LastOf(Lanes.Exp(T.Of(float.NaN)))));
        }

        static float LastOf<T>(T lanes)
            where T : unmanaged, ILanes<T>
            => Lanes.Numbers<T>(new[] { lanes })[^1];
    }

    [Fact]
    public void A_mask_can_be_drawn_in_stretches()
    {
        float[] whole = new float[100], stretches = new float[100];
        CounterRandom.Of(5).FillDropoutMask(whole, 0.4);
        for (int start = 0; start < 100; start += 20)
            CounterRandom.Of(5).FillDropoutMask(stretches.AsSpan(start, 20), 0.4, (uint)start);
        Assert.Equal(whole, stretches);
    }

    private static Tensor Draw(long key, params long[] shape)
        => TorchMemory.Of(CounterRandom.Of(key).Normal((int)shape.Aggregate((product, size) => product * size), 1), CPU, shape).requires_grad_();

    private static void AssertAlike(Tensor expected, Tensor actual, params Tensor[] inputs)
    {
        AssertClose(expected, actual);
        var gradient = Draw(9, expected.shape).detach();
        var (ofExpected, ofActual) = (autograd.grad([expected], inputs, [gradient]), autograd.grad([actual], inputs, [gradient]));
        for (int i = 0; i < inputs.Length; i++)
            AssertClose(ofExpected[i], ofActual[i]);
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        float[] values = expected.ToArray(), others = actual.ToArray();
        Assert.Equal(expected.shape, actual.shape);
        for (int i = 0; i < values.Length; i++)
            Assert.Equal(values[i], others[i], 2e-5f * Math.Max(1, Math.Abs(values[i])));
    }

    /// <summary>Dropout of which the masks are known.</summary>
    private sealed class Masks(Dropout dropout) : IDropout<TorchTensor>, IDropoutMasks
    {
        public TorchTensor Dropout(TorchTensor values) => new(dropout.Apply(values.Value));

        public (CounterRandom Draws, double Rate) NextMask() => dropout.NextMask();
    }

    /// <summary>The same, of which they are not.</summary>
    private sealed class Values(Dropout dropout) : IDropout<TorchTensor>
    {
        public TorchTensor Dropout(TorchTensor values) => new(dropout.Apply(values.Value));
    }
}
