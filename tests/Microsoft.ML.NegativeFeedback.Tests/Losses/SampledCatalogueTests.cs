using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Losses;

/// <summary>Losses over a few items, held against what they are of the whole catalogue.</summary>
public sealed class SampledCatalogueTests
{
    private const int ItemCount = 30, Positions = 12, Width = 6;

    private readonly float[] _table = CounterRandom.Of(1).Normal((ItemCount + 1) * Width, 0.7), _rows = CounterRandom.Of(2).Normal(Positions * Width, 0.7);

    private static readonly long[] Labels = [3, 1, 30, 3, 7, 8, 9, 10, 11, 12, 13, 14];

    private static long[] AllItems => [.. Enumerable.Range(1, ItemCount).Select(item => (long)item)];

    [Fact]
    public void Sampled_softmax_of_every_item_once_is_cross_entropy_over_the_catalogue()
        => AssertSame(OfCatalogue(null), Of((rows, labels, vectors)
            => SampledCatalogue.SampledSoftmax(rows, labels, TorchMemory.Of(AllItems, CPU), zeros(ItemCount), vectors)));

    [Fact]
    public void Of_an_item_that_is_drawn_twice_the_exponential_counts_twice_and_the_target_not_at_all()
    {
        using var scope = NewDisposeScope();
        Tensor rows = TorchMemory.Of(_rows, CPU, Positions, Width), table = TorchMemory.Of(_table, CPU, -1, Width);
        var logits = rows.mm(table.t());
        var (target, five, six) = (logits[0, 3].item<float>(), logits[0, 5].item<float>(), logits[0, 6].item<float>());
        double correction = 0.3;
        var loss = SampledCatalogue.SampledSoftmax(
            rows.narrow(0, 0, 1), TorchMemory.Of([3L], CPU), TorchMemory.Of([5L, 3, 5, 6], CPU), full(4, Scalars.Of(correction)), items => table.index_select(0, items));
        double others = (2 * Math.Exp(five + correction)) + Math.Exp(six + correction);
        Assert.Equal(Math.Log((Math.Exp(target) + others) / Math.Exp(target)), loss.item<float>(), 1e-5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.75)]
    [InlineData(1)]
    public void Corrected_exponentials_of_drawn_items_add_up_to_the_catalogue_s_on_average(double exponent)
    {
        long[] counts = [0, .. Enumerable.Range(0, ItemCount).Select(i => (long)(i * i))];
        var draws = new CatalogueDraws(counts, exponent);
        double[] exponentials = [.. Enumerable.Range(0, ItemCount + 1).Select(i => Math.Exp(_table[i]))];
        double sum = 0, expected = exponentials[1..].Sum();
        const int Repetitions = 4000, Count = 25;
        var met = new HashSet<long>();
        for (int i = 0; i < Repetitions; i++)
        {
            var (items, corrections) = draws.Draw(CounterRandom.Of(5, i), Count);
            sum += items.Zip(corrections, (item, correction) => exponentials[item] * Math.Exp(correction)).Sum();
            met.UnionWith(items);
        }

        Assert.Equal(expected, sum / Repetitions, 0.05 * expected);
        // those that never occur among them
        Assert.Equal(ItemCount, met.Count);
        Assert.True(met.SetEquals(AllItems));
    }

    [Theory]
    [InlineData(ContrastSimilarity.Dot, 1)]
    [InlineData(ContrastSimilarity.Cosine, 0.1)]
    public void The_contrast_is_the_catalogue_s(ContrastSimilarity similarity, double temperature)
    {
        // three sequences of 4, 5 and 3 places: a negative twice, a position without a target, a sequence without negatives
        int[] sequences = [0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2];
        long[] targets = [.. Labels];
        targets[5] = 0;
        var items = ContrastItems.Of(targets, sequences, [new[] { 4, 5, 4 }, new[] { 6 }, Array.Empty<int>()]);
        long[] places = [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12];
        AssertSame(OfCatalogue((rows, classes) => new CatalogueContrast(items, 1, rows, classes, similarity, temperature, relativeWeight: 1)), Of((rows, labels, vectors)
            => SampledCatalogue.SampledSoftmax(rows, labels, TorchMemory.Of(AllItems, CPU), zeros(ItemCount), vectors)
                .add(SampledCatalogue.Contrast(rows, items, TorchMemory.Of(places, CPU), 3, 5, similarity, temperature, vectors), Scalars.One)));
    }

    [Fact]
    public void Scalable_cross_entropy_with_everything_in_one_bucket_is_the_catalogue_s_mean()
        => AssertSame(OfCatalogue(null), Of((rows, labels, vectors) =>
        {
            var mixture = TorchMemory.Of(CounterRandom.Of(3).Normal(Positions, 1), CPU, 1, Positions);
            var (positions, items) = SampledCatalogue.Buckets(rows, TorchMemory.Of(_table, CPU, -1, Width), mixture, Positions, ItemCount);
            return SampledCatalogue.Scalable(rows, labels, positions, items, vectors).mul(Scalars.Of(Positions));
        }));

    [Fact]
    public void A_position_in_several_buckets_counts_once_with_its_largest_loss_and_one_in_none_not_at_all()
    {
        using var scope = NewDisposeScope();
        Tensor rows = TorchMemory.Of(_rows, CPU, Positions, Width), table = TorchMemory.Of(_table, CPU, -1, Width), labels = TorchMemory.Of(Labels, CPU);
        long[] positions = [0, 1, 1, 2, 2, 0], items = [4, 5, 6, 7, 6, 5];
        float[][] losses = [.. Enumerable.Range(0, 3).Select(bucket => Scalable([0, 1, 2], items[(2 * bucket)..(2 * (bucket + 1))]))];
        var loss = SampledCatalogue.Scalable(
            rows, labels, TorchMemory.Of(positions, CPU, 3, 2), TorchMemory.Of(items, CPU, 3, 2), some => table.index_select(0, some.view(-1)).view([.. some.shape, Width]));
        float expected = (Math.Max(losses[0][0], losses[2][0]) + Math.Max(losses[0][1], losses[1][1]) + Math.Max(losses[1][2], losses[2][2])) / 3;
        Assert.Equal(expected, loss.item<float>(), 1e-5f);

        // the loss of single positions against some items
        float[] Scalable(int[] chosen, long[] against) => Array.ConvertAll(chosen, position =>
        {
            var logits = rows[position].unsqueeze(0).mm(table.t()).squeeze(0);
            double target = logits[Labels[position]].item<float>();
            return (float)(Math.Log(Math.Exp(target) + against.Where(item => item != Labels[position]).Sum(item => Math.Exp(logits[item].item<float>()))) - target);
        });
    }

    [Fact]
    public void Buckets_hold_what_has_the_largest_products_with_their_direction()
    {
        using var scope = NewDisposeScope();
        Tensor rows = TorchMemory.Of(_rows, CPU, Positions, Width), table = TorchMemory.Of(_table, CPU, -1, Width);
        var mixture = TorchMemory.Of(CounterRandom.Of(4).Normal(2 * Positions, 1), CPU, 2, Positions);
        var (positions, items) = SampledCatalogue.Buckets(rows, table, mixture, 3, 4);
        var directions = mixture.mm(rows);
        for (int bucket = 0; bucket < 2; bucket++)
        {
            Assert.Equal(Largest(directions[bucket].unsqueeze(0).mm(rows.t()).ToArray(), 3, first: 0), positions[bucket].data<long>().Order());
            Assert.Equal(Largest(directions[bucket].unsqueeze(0).mm(table.t()).ToArray(), 4, first: 1), items[bucket].data<long>().Order());
        }

        static IEnumerable<long> Largest(float[] products, int count, int first)
            => Enumerable.Range(first, products.Length - first).OrderByDescending(place => products[place]).Take(count).Select(place => (long)place).Order();
    }

    private static void AssertSame((float Loss, float[] Rows, float[] Table) expected, (float Loss, float[] Rows, float[] Table) actual)
    {
        Assert.Equal(expected.Loss, actual.Loss, 1e-4f);
        PublishedParityTests.AssertClose(expected.Rows, actual.Rows, 1e-5, 1e-5);
        PublishedParityTests.AssertClose(expected.Table, actual.Table, 1e-5, 1e-5);
    }

    // the loss that is held against, with its gradients of rows and item table
    private (float Loss, float[] Rows, float[] Table) OfCatalogue(Func<Tensor, Tensor, CatalogueContrast>? contrast)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor rows = TorchMemory.Of(_rows, CPU, Positions, Width), table = TorchMemory.Of(_table, CPU, -1, Width);
        Tensor rowGradient = empty_like(rows), tableGradient = zeros_like(table);
        var term = contrast?.Invoke(rows, table);
        var loss = CatalogueCrossEntropy.Accumulate(
            new SliceTensors(rows, rowGradient, table, tableGradient, TorchMemory.Of(Labels, CPU), FirstClass: 1, EndOfClasses: ItemCount + 1), weight: 1, term);
        return (loss.item<float>() + (term?.LossSum.item<float>() ?? 0), rowGradient.ToArray(), tableGradient.ToArray());
    }

    private (float Loss, float[] Rows, float[] Table) Of(Func<Tensor, Tensor, Func<Tensor, Tensor>, Tensor> loss)
    {
        using var scope = NewDisposeScope();
        Tensor rows = TorchMemory.Of(_rows, CPU, Positions, Width).requires_grad_(), table = TorchMemory.Of(_table, CPU, -1, Width).requires_grad_();
        var value = loss(rows, TorchMemory.Of(Labels, CPU), items => table.index_select(0, items.reshape(-1)).view([.. items.shape, Width]));
        var gradients = autograd.grad([value], [rows, table]);
        // padding, which is looked up where there is nothing, learns nothing: the model drops its row
        gradients[1].narrow(0, 0, 1).zero_();
        return (value.item<float>(), gradients[0].ToArray(), gradients[1].ToArray());
    }
}
