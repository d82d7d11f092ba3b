using System.CommandLine;
using System.Diagnostics;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>
/// How long ONNX Runtime takes on a CPU from raw histories to the top k, as Markdown: by model, size of the catalogue, batch and form of the graph. Weights are random: what is scored does not
/// change how long it takes. Widths and lengths are those that the models were published with.
/// </summary>
internal static class LatencyTable
{
    private const int DistinctBatches = 8, WarmUps = 5, Seed = 1;

    private static readonly EncoderSettings OfPnfRec = new(Width: 231, MaximumLength: 50, BlockCount: 2, HeadCount: 1, DropoutRate: 0);
    private static readonly EncoderSettings OfSine = new(Width: 50, MaximumLength: 200, BlockCount: 2, HeadCount: 1, DropoutRate: 0, EncoderForm.Sine);

    private static readonly IReadOnlyDictionary<string, Func<int, Network>> Models = new Dictionary<string, Func<int, Network>>
    {
        ["PNFRec"] = items => new PnfRecNetwork(items, OfPnfRec, readsNegatives: true, separatePositions: false, Seed),
        ["SASRec"] = items => new SasRecNetwork(items, OfPnfRec, readsWholeSequence: false, Seed),
        ["SINE"] = items => new SineNetwork(items, new SineSettings(OfSine, 2, 0.5, FusionNormalization.Softmax, AdaptiveFusion: true), Seed),
        ["GRU4Rec"] = items => new Gru4RecNetwork(items, OfSine, Seed),
    };

    /// <summary>The command of the benchmark program.</summary>
    public static RootCommand CreateCommand()
    {
        var models = Several("--models", "of " + string.Join(", ", Models.Keys), [.. Models.Keys]).AcceptOnlyFromAmong([.. Models.Keys]);
        var formats = Several("--formats", "forms of the graph", [.. GraphFormats.All.Keys]).AcceptOnlyFromAmong([.. GraphFormats.All.Keys]);
        var items = Several("--items", "sizes of the catalogue", 3416, 100_000, 1_000_000);
        var batches = Several("--batches", "users in a batch", 1, 8, 64, 256);
        var runs = One("--runs", "timed runs of each line, at most", 1000);
        var seconds = One("--seconds", "seconds of each line, at most", 20);
        var k = One("--k", "items recommended to each user", 10);
        var threads = One("--threads", "threads of a run", Environment.ProcessorCount);
        var command = new RootCommand("p50 and p99 of ONNX Runtime on a CPU, as Markdown") { models, formats, items, batches, runs, seconds, k, threads };
        command.SetAction(parsed =>
        {
            Console.WriteLine(FormattableString.Invariant(
                $"Raw histories of twice the length that a model reads, liked and skipped by turns; top {parsed.GetValue(k)}; {parsed.GetValue(threads)} threads; ONNX Runtime on the CPU.\n"));
            Console.WriteLine("| model | items | batch | format | graph, MiB | runs | p50, ms | p99, ms | users a second | top as in fp32, % |");
            Console.WriteLine("|---|--:|--:|---|--:|--:|--:|--:|--:|--:|");
            foreach (string model in parsed.GetValue(models)!)
            {
                foreach (int itemCount in parsed.GetValue(items)!)
                {
                    var table = new Measurement(model, itemCount, parsed.GetValue(k), parsed.GetValue(threads), parsed.GetValue(runs), TimeSpan.FromSeconds(parsed.GetValue(seconds)));
                    foreach (string format in parsed.GetValue(formats)!)
                        table.Write(format, parsed.GetValue(batches)!);
                }
            }
        });
        return command;
    }

    private static Option<T[]> Several<T>(string name, string description, params T[] otherwise)
        => new(name) { Description = description, DefaultValueFactory = _ => otherwise, AllowMultipleArgumentsPerToken = true, Arity = ArgumentArity.OneOrMore };

    private static Option<int> One(string name, string description, int otherwise) => new(name) { Description = description, DefaultValueFactory = _ => otherwise };

    /// <summary>A model of one size.</summary>
    private sealed class Measurement
    {
        private readonly string _model;
        private readonly int _itemCount, _threads, _runs;
        private readonly TimeSpan _time;
        private readonly int _length;
        private readonly byte[] _graph;
        private readonly uint[][] _expected;

        public Measurement(string model, int itemCount, int k, int threads, int runs, TimeSpan time)
        {
            (_model, _itemCount, _threads, _runs, _time) = (model, itemCount, threads, runs, time);
            var network = Models[model](itemCount);
            _length = 2 * network.MaximumLength;
            var weights = new NetworkWeights(network, network.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Draw()));
            _graph = NextItemGraph.Build(weights, new NextItemGraphOptions { TopK = k, Popularity = new float[itemCount + 1] });
            using var scorer = new OnnxScorer(_graph, new OnnxScorerOptions(ThreadCount: threads));
            _expected = Keys(scorer);
        }

        public void Write(string format, int[] batches)
        {
            byte[] graph = format == "fp32" ? _graph : GraphFormats.All[format](ModelProto.Parser.ParseFrom(_graph)).ToByteArray();
            using var scorer = new OnnxScorer(graph, new OnnxScorerOptions(ThreadCount: _threads));
            var kept = Keys(scorer).Zip(_expected, (found, expected) => (double)found.Intersect(expected).Count() / expected.Length).Average();
            foreach (int batch in batches)
            {
                double[] milliseconds = Time(scorer, batch);
                double p50 = At(0.5), p99 = At(0.99);
                Console.WriteLine(FormattableString.Invariant(
                    $"| {_model} | {_itemCount:N0} | {batch} | {format} | {graph.Length / 1048576.0:N0} | {milliseconds.Length} | {p50:0.00} | {p99:0.00} | {batch * 1000 / p50:N0} | {100 * kept:0.0} |"));

                // nearest rank
                double At(double share) => milliseconds[(int)Math.Ceiling(share * milliseconds.Length) - 1];
            }
        }

        private double[] Time(OnnxScorer scorer, int batch)
        {
            var rows = Enumerable.Range(0, DistinctBatches).Select(number => Histories(batch, number)).ToArray();
            var scored = new ScoredRows();
            var milliseconds = new List<double>();
            var watch = Stopwatch.StartNew();
            for (int run = -WarmUps; run < _runs && (run < 1 || watch.Elapsed < _time); run++)
            {
                long start = Stopwatch.GetTimestamp();
                scorer.Score(rows[(run + WarmUps) % DistinctBatches], scored);
                if (run >= 0)
                    milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return [.. milliseconds.Order()];
        }

        // what is recommended to a few, by which forms are compared
        private uint[][] Keys(OnnxScorer scorer)
        {
            var scored = new ScoredRows();
            scorer.Score(Histories(16, seed: -1), scored);
            return scored.Keys;
        }

        private HistoryRows Histories(int count, int seed)
        {
            var random = new Random(seed);
            var rows = new HistoryRows();
            for (int row = 0; row < count; row++)
            {
                rows.Items.Add([.. Enumerable.Range(0, _length).Select(_ => (uint)random.Next(1, _itemCount + 1))]);
                rows.Feedback.Add([.. Enumerable.Range(0, _length).Select(place => place % 2 == 0 ? 1f : -1)]);
            }

            return rows;
        }
    }
}
