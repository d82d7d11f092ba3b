using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>A run takes as many rows as leave every array below a bound: what a graph says of its arrays, and what is made of it.</summary>
public sealed class RunSizeTests
{
    private const long Bound = 8 << 20, LargestBound = 1 << 26;

    private static readonly EncoderSettings _small = new(6, 24, 2, 3, 0);

    private static readonly Dictionary<string, (Func<Network> Create, bool Candidates)> _networks = new()
    {
        ["PnfRec"] = (() => new PnfRecNetwork(9, _small, readsNegatives: true, separatePositions: false, seed: 1), false),
        ["PnfRecOneHead"] = (() => new PnfRecNetwork(9, _small with { HeadCount = 1 }, readsNegatives: false, separatePositions: false, seed: 1), true),
        ["SasRecOneBlock"] = (() => new SasRecNetwork(9, _small with { BlockCount = 1 }, readsWholeSequence: true, seed: 1), false),
        ["Sine"] = (() => new SineNetwork(9, new SineSettings(_small with { Form = EncoderForm.Sine }, 5, 0.7, FusionNormalization.Softmax, AdaptiveFusion: true), seed: 1), true),
        ["SineSum"] = (() => new SineNetwork(9, new SineSettings(_small with { Form = EncoderForm.Sine }, 5, 0.5, FusionNormalization.Sum, AdaptiveFusion: true), seed: 1), false),
        ["Gru4Rec"] = (() => new Gru4RecNetwork(9, _small, seed: 1), false),
        ["Caser"] = (() => new CaserNetwork(9, _small, seed: 1), false),
        ["Ncf"] = (() => new NcfNetwork(9, _small, seed: 1), true),
        ["Din"] = (() => new DinNetwork(9, _small, seed: 1), true),
        ["Dien"] = (() => new DienNetwork(9, _small, auxiliaryWeight: 0, seed: 1), true),
        ["SliRec"] = (() => new SliRecNetwork(9, _small, typicalGap: 1, seed: 1), true),
        ["Clsr"] = (() => new ClsrNetwork(9, _small, contrastWeight: 0, seed: 1), false),
        ["FeedRec"] = (() => new FeedRecNetwork(9, _small, contrastWeight: 0, seed: 1), false),
        ["MultiFeedback"] = (() => new MultiFeedbackNetwork(9, new MultiFeedbackSettings(_small, 3, ReadsFeedback: true, LearnsBalance: false, 2, 4, 3, 5), new([], []), seed: 1), true),
        ["MultiFeedbackOneExpert"] = (() => new MultiFeedbackNetwork(9, new MultiFeedbackSettings(_small, 3, ReadsFeedback: true, LearnsBalance: false, 2, 4, 1, 40), new([], []), seed: 1), true),
    };

    public static TheoryData<string> Networks => [.. _networks.Keys];

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_graph_tells_how_large_its_arrays_become(string name)
    {
        const int Rows = 50, CandidateCount = 2;
        var (create, candidates) = _networks[name];
        var network = create();
        byte[] graph = Graph(network, candidates);
        var model = ModelProto.Parser.ParseFrom(graph);
        long told = Math.Max(Told(model, NextItemGraph.LargestTensorMetadata) * (candidates ? CandidateCount : 1), Told(model, "largest_history_tensor"));
        var (largest, size) = LargestOf(model, Rows, network.Settings.MaximumLength, CandidateCount);
        Assert.True(size <= Rows * told, $"{largest} has {size / Rows} numbers a row, and the graph tells of {told}.");
        // and not so many more that runs would be small without need
        Assert.InRange(told, 1, 8 * size / Rows);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(500)]
    public void A_run_of_candidates_is_cut_by_what_their_histories_take(int candidateCount)
    {
        const int Length = 200;
        var encoder = new EncoderSettings(50, Length, 2, 2, 0, EncoderForm.Sine);
        var network = new SineNetwork(40, new SineSettings(encoder, 5, 0.7, FusionNormalization.Softmax, AdaptiveFusion: true), seed: 1);
        using var scorer = new OnnxScorer(Graph(network, candidates: true), new OnnxScorerOptions(ThreadCount: 1));
        var rows = Rows(1024, Length, candidateCount);
        int[][] runs = [.. scorer.Runs(rows, Enumerable.Range(0, rows.Count))];
        Assert.Equal(Enumerable.Range(0, rows.Count), runs.SelectMany(run => run).Order());
        Assert.All(runs, run => Assert.InRange(run.Length * Math.Max(2L * Length * Length, candidateCount * 51L), 1, Bound));
        Assert.True(runs.Length <= 1024 / 100, $"There are {runs.Length} runs.");
    }

    /// <summary>Each candidate is compared with every item that was seen, however few of them the network reads.</summary>
    [Fact]
    public void A_run_of_candidates_is_cut_by_what_they_are_compared_with()
    {
        const int Length = 10_000, CandidateCount = 100;
        var network = _networks["MultiFeedback"].Create();
        byte[] graph = Graph(network, candidates: true);
        Assert.Equal(1024, Longest(graph));
        Assert.Equal(8, Longest(RecommendationTail.Replace(graph, network.ItemCount, tail => tail with { ExcludeSeenItems = true })));
        Assert.Equal(8, Longest(RecommendationTail.Replace(graph, network.ItemCount, tail => tail with { ExcludeSeenItems = false, ChosenInputs = [NextItemGraph.BlockedInput] })));

        static int Longest(byte[] graph)
        {
            using var scorer = new OnnxScorer(graph, new OnnxScorerOptions(ThreadCount: 1));
            var rows = Rows(1024, Length, CandidateCount);
            for (int row = 0; row < rows.Count; row++)
                rows.KeysOf(NextItemGraph.BlockedInput).Add(Length).Fill(1);
            int[][] runs = [.. scorer.Runs(rows, Enumerable.Range(0, rows.Count))];
            Assert.Equal(Enumerable.Range(0, rows.Count), runs.SelectMany(run => run).Order());
            return runs.Max(run => run.Length);
        }
    }

    [Theory]
    [InlineData(50, 1, 64)]
    [InlineData(200, 1, 64)]
    [InlineData(512, 4, 32)]
    [InlineData(2048, 4, 4)]
    public void A_run_of_the_catalogue_is_cut_by_its_histories_where_they_are_long(int length, int heads, int rowCount)
    {
        var network = new PnfRecNetwork(3412, new EncoderSettings(8, length, 2, heads, 0), readsNegatives: true, separatePositions: false, seed: 1);
        using var scorer = new OnnxScorer(Graph(network, candidates: false), new OnnxScorerOptions(ThreadCount: 1));
        var rows = Rows(200, 20, 0);
        int[] run = scorer.Runs(rows, Enumerable.Range(0, rows.Count)).First();
        Assert.Equal(rowCount, run.Length);
        Assert.InRange((long)run.Length * heads * length * length, 1, LargestBound);
    }

    [Fact]
    public void A_graph_of_a_former_version_that_tells_nothing_of_histories_is_scored()
    {
        var fixture = new ScoringFixture(rowCount: 30, candidates: true);
        var model = ModelProto.Parser.ParseFrom(fixture.Graph);
        foreach (var property in model.MetadataProps.Where(property => property.Key == "largest_history_tensor").ToArray())
            model.MetadataProps.Remove(property);
        using var former = new OnnxScorer(Google.Protobuf.MessageExtensions.ToByteArray(model), new OnnxScorerOptions(ThreadCount: 1));
        Assert.Equal(30, former.Runs(Rows(30, 5, 2), Enumerable.Range(0, 30)).Sum(run => run.Length));
    }

    private static byte[] Graph(Network network, bool candidates) => NextItemGraph.Build(
        new NetworkWeights(network, network.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Draw())),
        new NextItemGraphOptions
        {
            TopK = 2,
            Candidates = candidates,
            Popularity = new float[network.ItemCount + 1],
            FusionWeights = [.. Enumerable.Repeat(1.0, network.TaskCount)],
        });

    private static long Told(ModelProto model, string key) => OnnxGraphBuilder.Metadata(model, key) is { } text ? long.Parse(text) : 0;

    private static HistoryRows Rows(int count, int length, int candidateCount)
    {
        var rows = new HistoryRows();
        for (int row = 0; row < count; row++)
        {
            rows.Items.Add(length).Fill(1);
            rows.Feedback.Add(length).Fill(1);
            rows.Candidates.Add(candidateCount).Fill(2);
        }

        return rows;
    }

    // every value of the graph, for which ONNX Runtime gives those that nodes outside of loops make
    private static (string Name, long Size) LargestOf(ModelProto model, int rowCount, int length, int candidateCount)
    {
        foreach (string value in model.Graph.Node.SelectMany(node => node.Output).Where(value => model.Graph.Output.All(output => output.Name != value)).ToArray())
            model.Graph.Output.Add(new ValueInfoProto { Name = value });
        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL };
        using var session = new InferenceSession(Google.Protobuf.MessageExtensions.ToByteArray(model), options);
        using var run = new RunOptions();
        string[] inputs = [.. session.InputMetadata.Keys], outputs = [.. session.OutputMetadata.Keys];
        OrtValue[] values = Array.ConvertAll(inputs, name => InputOf(name, session.InputMetadata[name]));
        try
        {
            using var results = session.Run(run, inputs, values, outputs);
            return outputs.Select((name, i) => (name, results[i].GetTensorTypeAndShape().ElementCount)).MaxBy(value => value.ElementCount);
        }
        finally
        {
            foreach (var value in values)
                value.Dispose();
        }

        OrtValue InputOf(string name, NodeMetadata input)
        {
            long[] shape = [.. input.Dimensions.Select((size, i) => i == 0 ? rowCount : size > 0 ? size : name == NextItemGraph.CandidatesInput ? candidateCount : (long)length)];
            int count = (int)shape.Aggregate(1L, (product, size) => product * size);
            return input.ElementDataType switch
            {
                OnnxRuntime.Tensors.TensorElementType.UInt32 => OrtValue.CreateTensorValueFromMemory([.. Enumerable.Repeat(1u, count)], shape),
                OnnxRuntime.Tensors.TensorElementType.Int64 => OrtValue.CreateTensorValueFromMemory(new long[count], shape),
                _ => OrtValue.CreateTensorValueFromMemory([.. Enumerable.Repeat(1f, count)], shape),
            };
        }
    }
}
