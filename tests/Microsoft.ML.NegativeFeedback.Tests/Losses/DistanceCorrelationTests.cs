using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using static Microsoft.ML.NegativeFeedback.Tests.Networks.PublishedParityTests;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Losses;

public sealed class DistanceCorrelationTests
{
    /// <summary>Every D*.json of the folder: further files are picked up by being there.</summary>
    public static TheoryData<string> Files()
        => [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "D*.json").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Values_and_gradients_are_the_published_ones(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file)));
        foreach (var pair in document.RootElement.GetProperty("pairs").EnumerateArray())
        {
            using var scope = NewDisposeScope();
            float[] x = Values(pair, "x"), y = Values(pair, "y");
            var (value, gradient) = Of([.. x, .. y], 2);
            AssertClose(pair.GetProperty("dcor").GetDouble(), value, 2e-5, 1e-5);
            AssertClose([.. Values(pair, "grad_x"), .. Values(pair, "grad_y")], gradient, 2e-6, 1e-4);
        }
    }

    [Theory]
    [InlineData(new float[] { 0, 0, 1, 1, 0, 1, 0, 1 })] // independent
    [InlineData(new float[] { 1, 1, 1, 1, 0, 1, 2, 3 })] // the first is constant
    [InlineData(new float[] { 2, 2, 2, 2, 5, 5, 5, 5 })]
    public void Independent_and_constant_vectors_give_nothing_and_no_NaN(float[] vectors)
    {
        using var scope = NewDisposeScope();
        var (value, gradient) = Of(vectors, 2);
        Assert.Equal(0, value, 5);
        Assert.All(gradient, component => Assert.Equal(0, component, 5));
    }

    [Fact]
    public void The_sum_is_over_all_pairs()
    {
        using var scope = NewDisposeScope();
        float[][] rows = [[0.1f, -0.4f, 0.3f, 0.9f], [0.7f, 0.2f, -0.6f, 0.1f], [-0.2f, 0.5f, 0.8f, -0.3f]];
        double pairs = Of([.. rows[0], .. rows[1]], 2).Value + Of([.. rows[0], .. rows[2]], 2).Value + Of([.. rows[1], .. rows[2]], 2).Value;
        Assert.Equal(pairs, Of([.. rows.SelectMany(row => row)], 3).Value, 5);
    }

    private static (double Value, float[] Gradient) Of(float[] vectors, int count)
    {
        var leaf = tensor(vectors, count, vectors.Length / count).requires_grad_();
        var value = DistanceCorrelation.OfPairs(leaf);
        return (value.detach().ToArray()[0], autograd.grad([value], [leaf])[0].ToArray());
    }

    private static float[] Values(JsonElement pair, string name) => [.. pair.GetProperty(name).EnumerateArray().Select(value => value.GetSingle())];
}
