using BenchmarkDotNet.Attributes;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>
/// An epoch of PNFRec in its published settings for MovieLens-1M: the library's training loop against the step as it is published (every sequence padded to
/// l, every logit computed).
/// </summary>
public class TrainingBenchmarks
{
    private static readonly EncoderSettings _encoder = new(231, 50, 2, 1, 0.1);
    private static readonly NextItemLoss _loss = new(0.45, 0.25, ContrastSimilarity.Dot, ContrastItems.OpposingTemperature);

    private readonly SequenceData _data = BenchmarkData.Read(BenchmarkData.KeyedSequences());

    /// <summary>Uses every processor for both.</summary>
    [GlobalSetup]
    public void UseAllProcessors() => torch.set_num_threads(Environment.ProcessorCount);

    /// <summary>The published step over all rows.</summary>
    [Benchmark(Baseline = true)]
    public double PlainEpoch()
    {
        using var plain = new PlainPnfRecStep(_data, _encoder, _loss, 1e-3);
        return Enumerable.Range(0, _data.RowCount).Chunk(500).Sum(plain.Step);
    }

    /// <summary>The library's epoch, model creation and export included.</summary>
    [Benchmark]
    public double Epoch()
        => ModelTraining.Train(new NextItemTask(new PnfRecNetwork(_data.ItemCount, _encoder, readsNegatives: true, separatePositions: false, seed: 0), _loss, _data, null),
            new TrainingSettings { MaximumEpochs = 1, Threads = Environment.ProcessorCount }).Epochs[0].Loss;

    /// <summary>
    /// As many operations as the products of an epoch take, in large products of square matrices: what an epoch could take at best. Its share of the epoch's time is what the library
    /// makes of the machine.
    /// </summary>
    [Benchmark]
    public double Floor()
    {
        const int Size = 2048;
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        torch.Tensor left = torch.rand(Size, Size), right = torch.rand(Size, Size), product = left;
        double products = OperationsOfEpoch() / (2.0 * Size * Size * Size);
        for (int i = 0; i < products; i++)
            product = left.mm(right);
        return product[0, 0].item<float>();
    }

    // at every labelled place, forth and twice back: four projections and two layers a block, and a logit an item
    private double OperationsOfEpoch()
    {
        double places = 0, width = _encoder.Width;
        foreach (var kind in new[] { SequenceKind.Positives, SequenceKind.Negatives })
        {
            var windows = new SequenceWindows(_data, kind, _encoder.MaximumLength + 1);
            places += Enumerable.Range(0, windows.RowCount).Sum(row => Math.Max(windows.Length(row) - 1.0, 0));
        }

        return places * 3 * 2 * ((_encoder.BlockCount * 6 * width * width) + (_data.ItemCount * width));
    }
}
