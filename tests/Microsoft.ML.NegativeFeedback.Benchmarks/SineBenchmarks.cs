using BenchmarkDotNet.Attributes;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>
/// Steps of SINE on batches of 128 at length 200, width 50 and 100,000 items: the library's step against the published one. Sequences per second are 128 · <see cref="Steps"/>
/// over the time.
/// </summary>
public class SineBenchmarks
{
    /// <summary>Steps that are timed together.</summary>
    public const int Steps = 4;

    private const int BatchSize = 128, Length = 200, ItemCount = 100_000;

    private SequenceData _data = null!;
    private PlainSineStep _plain = null!;
    private PairwiseModel _model = null!;
    private GradientWorkers _gradients = null!;
    private TorchWorkers _workers = null!;
    private SampledBatches _batches = null!;
    private AdamOptimizer _adam = null!;
    private DisposeScope _scope = null!;
    private int _step;

    /// <summary>K.</summary>
    [Params(2, 7)]
    public int SubInterests { get; set; }

    /// <summary>Whether users differ in length, 20 to 201 liked items, rather than all having 201.</summary>
    [Params(false, true)]
    public bool Ragged { get; set; }

    /// <summary>Makes data and models; both use every processor.</summary>
    [GlobalSetup]
    public void Setup()
    {
        set_num_threads(Environment.ProcessorCount);
        _data = Histories();
        var settings = new SineSettings(new EncoderSettings(50, Length, 2, 1, 0.5, EncoderForm.Sine), SubInterests, 0.5, FusionNormalization.Softmax, AdaptiveFusion: true);
        _scope = NewDisposeScope();
        _plain = new PlainSineStep(_data, settings, 1e-3);
        var network = new SineNetwork(ItemCount, settings, 1);
        var weights = new PairwiseWeights(1, 1);
        _model = new PairwiseModel(network, weights, CPU, new ParameterLoss(PairwiseModel.RegularizerName, 1, network.Prototypes, DistanceCorrelation.OfPairs));
        _workers = new TorchWorkers(Environment.ProcessorCount, Environment.ProcessorCount);
        _gradients = new GradientWorkers(_model, CPU, _workers);
        _batches = (SampledBatches)new PairwiseTask(network, weights, new SampledData(_data, null, new NegativeSamplerSettings(NegativeSamplingMethod.Uniform)))
            .CreateBatches(_model, CPU, _workers.Count, CancellationToken.None);
        _adam = new AdamOptimizer(_model.Parameters, 1e-3, 0.98);
    }

    /// <summary>Frees what torch holds.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _plain.Dispose();
        _gradients.Dispose();
        _adam.Dispose();
        _model.Dispose();
        _scope.Dispose();
    }

    /// <summary>Published steps.</summary>
    [Benchmark(Baseline = true)]
    public double Plain()
    {
        set_num_threads(Environment.ProcessorCount);
        double sum = 0;
        for (int i = 0; i < Steps; i++)
            sum += _plain.Step(NextRows());
        return sum;
    }

    /// <summary>The library's steps, sampling included.</summary>
    [Benchmark]
    public double Library()
    {
        set_num_threads(1);
        double sum = 0;
        // as training has it: the next batch is cut while the step of this one runs
        var next = CutAhead();
        for (int i = 0; i < Steps; i++)
        {
            var (batch, key) = next.GetAwaiter().GetResult();
            if (i + 1 < Steps)
                next = CutAhead();
            sum += _gradients.Compute(batch, key).Total;
            _adam.Step(_workers);
        }

        return sum;
    }

    private Task<(Batch Batch, PassKey Key)> CutAhead()
    {
        var key = new PassKey(1, 1, _step, 0);
        int[] rows = NextRows();
        return Task.Run(() => (_batches.Cut(rows, key), key));
    }

    private int[] NextRows() => [.. Enumerable.Range(_step++ % Steps * BatchSize, BatchSize)];

    private SequenceData Histories()
    {
        var builder = new SequenceDataBuilder(ItemCount, hasTargets: false);
        for (int row = 0; row < Steps * BatchSize; row++)
        {
            var random = CounterRandom.Of(9, row);
            uint draw = 0;
            int length = Ragged ? 20 + random.Below(Length - 18, draw++) : Length + 1;
            var (items, feedback) = (new List<int>(), new List<sbyte>());
            for (int i = 0; i < length; i++)
            {
                // two of five liked items come after a skip
                if (random.Uniform(draw++) < 0.4)
                    Add(-1);
                Add(1);
            }

            builder.AddRow(items.ToArray(), feedback.ToArray());

            void Add(sbyte value)
            {
                items.Add(1 + random.Below(ItemCount, draw++));
                feedback.Add(value);
            }
        }

        return builder.Build();
    }
}
