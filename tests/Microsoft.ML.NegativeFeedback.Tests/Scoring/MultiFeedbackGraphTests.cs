using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using static Microsoft.ML.NegativeFeedback.Tests.Networks.PublishedParityTests;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>What ONNX Runtime makes of the multi-feedback ranker: what torch and the paper's equations foretell, and what is fused and ranked of it.</summary>
public sealed class MultiFeedbackGraphTests
{
    private const int Best = 4;

    private static readonly double[] Fusion = [1, 0.5, -1.5];

    public static TheoryData<RankerForm> Forms => MultiFeedbackNetworkTests.Forms;

    [Theory]
    [MemberData(nameof(Forms))]
    public void It_foretells_fuses_and_ranks_what_torch_and_the_equations_do(RankerForm form)
    {
        using var ranker = new RankerCase(form);
        using var scope = NewDisposeScope();
        var scored = Score(ranker, Graph(ranker));
        var torch = new HistoryScorer(ranker.Model, Asked(ranker));
        for (int row = 0; row < RankerCase.Rows; row++)
        {
            uint[] candidates = Candidates(row);
            double[][] expected = [.. candidates.Select(candidate => Expected(ranker, row, candidate))];
            float[] probabilities = scored[NextItemGraph.ProbabilitiesOutput][row];
            AssertClose([.. expected.SelectMany(values => values).Select(value => (float)value)], probabilities, 2e-5, 0, $"row {row}");
            if (torch.Length(row) > 0)
            {
                float[] logits = torch.TaskLogitsOf([row], [.. candidates.Select(candidate => (long)candidate)]);
                float[] known = [.. logits.Select((logit, i) => candidates[i / form.Tasks] == 0 ? 0 : 1 / (1 + MathF.Exp(-logit)))];
                AssertClose(known, probabilities, 5e-6, 0, $"row {row} of torch");
            }

            AssertFused(candidates, probabilities, [.. Fusion.Take(form.Tasks)], scored, row);
        }
    }

    [Fact]
    public void Unknown_items_and_their_flags_are_skipped_wherever_they_stand()
    {
        using var ranker = new RankerCase(new(ReadsFeedback: true, Blocks: 2, Heads: 3));
        byte[] graph = Graph(ranker);
        ScoredRows plain = Score(ranker, graph), mixed = Score(ranker, graph, withUnknown: true);
        for (int row = 0; row < RankerCase.Rows; row++)
            AssertClose(plain[NextItemGraph.ProbabilitiesOutput][row], mixed[NextItemGraph.ProbabilitiesOutput][row], 1e-6, 0, $"row {row}");
    }

    [Fact]
    public void Histories_without_a_known_item_are_all_alike()
    {
        using var ranker = new RankerCase(new(ReadsFeedback: true, Blocks: 1, Heads: 1, HasFeatures: false));
        using var scorer = new OnnxScorer(Graph(ranker), new OnnxScorerOptions(ThreadCount: 1), Outputs);
        var (rows, scored) = (new HistoryRows(), new ScoredRows());
        foreach (uint[] items in new uint[][] { [], [0], [0, 0, 0, 0, 0, 0, 0], [3, 4] })
        {
            rows.Items.Add(items);
            rows.Feedback.Add(new float[items.Length]);
            rows.Candidates.Add([1, 2]);
            ((RaggedRows<float>)rows.Of(Flags(3))).Add([.. Enumerable.Repeat(1f, 3 * items.Length)]);
        }

        scorer.Score(rows, scored);
        float[][] probabilities = scored[NextItemGraph.ProbabilitiesOutput];
        double[] expected = [.. new long[] { 1, 2 }.SelectMany(candidate => ranker.Reference.Logits([0], [[0, 0, 0]], candidate, new(new Dictionary<string, double[]>()))).Select(Sigmoid)];
        foreach (float[] row in probabilities[..3])
            AssertClose([.. expected.Select(value => (float)value)], row, 2e-5, 0);
        Assert.NotEqual(probabilities[0][0], probabilities[3][0], 1e-3f);
    }

    [Fact]
    public void Other_fusion_weights_change_scores_and_order_and_nothing_else()
    {
        using var ranker = new RankerCase(new(ReadsFeedback: true, Blocks: 1, Heads: 1));
        byte[] graph = Graph(ranker), kept = [.. graph];
        double[] weights = [-2, 0, 3.25];
        ScoredRows before = Score(ranker, graph), after = Score(ranker, NextItemGraph.WithFusionWeights(graph, weights));
        Assert.Equal(kept, graph);
        for (int row = 0; row < RankerCase.Rows; row++)
        {
            Assert.Equal(before[NextItemGraph.ProbabilitiesOutput][row], after[NextItemGraph.ProbabilitiesOutput][row]);
            AssertFused(Candidates(row), after[NextItemGraph.ProbabilitiesOutput][row], weights, after, row);
        }

        Assert.Contains(Enumerable.Range(0, RankerCase.Rows), row => !before.Keys[row].SequenceEqual(after.Keys[row]));
        Assert.Equal(graph, NextItemGraph.WithFusionWeights(NextItemGraph.WithFusionWeights(graph, weights), Fusion));
    }

    private static readonly string[] Outputs =
        [NextItemGraph.RecommendedItemsOutput, NextItemGraph.ScoresOutput, NextItemGraph.CandidateScoresOutput, NextItemGraph.ProbabilitiesOutput];

    private static InputColumn Flags(int tasks) => new("Flags", "Flags", typeof(float), tasks, IsOfItems: true);

    private static byte[] Graph(RankerCase ranker) => NextItemGraph.Build(ranker.Model.ToWeights(), new NextItemGraphOptions
    {
        Candidates = true,
        Popularity = new float[RankerCase.ItemCount + 1],
        TopK = Best,
        FusionWeights = [.. Fusion.Take(ranker.Form.Tasks)],
        KeyInputs = new HashSet<string> { "City", "TargetHour" },
    });

    // fewer and more than are recommended, unknown ones among them, and one row of nothing else
    private static uint[] Candidates(int row)
        => row == 4 ? [0, 0] : [.. Enumerable.Range(0, 1 + (row % 7)).Select(i => (row + i) % 4 == 3 ? 0u : (uint)(1 + (((row * 5) + (i * 3)) % RankerCase.ItemCount)))];

    // the last item of a row is asked for, after those before it
    private static SequenceData Asked(RankerCase ranker)
    {
        var builder = new SequenceDataBuilder(ranker.Data, hasTargets: false, asks: true);
        for (int row = 0; row < RankerCase.Rows; row++)
            builder.AddRow(ranker.Data, row, ranker.Data.Items(row).Length - 1, question: ranker.Data.Items(row).Length - 1);
        return builder.Build();
    }

    private static double[] Expected(RankerCase ranker, int row, uint candidate)
    {
        if (candidate == 0)
            return new double[ranker.Form.Tasks];
        long[] items = [.. ranker.Data.Items(row)[..^1].ToArray().TakeLast(RankerCase.MaximumLength).Select(item => (long)item)];
        IReadOnlyList<double[]> flags = [.. ranker.Flags(row).SkipLast(1).TakeLast(RankerCase.MaximumLength)];
        if (items.Length == 0)
            (items, flags) = ([0], [new double[ranker.Form.Tasks]]);
        return Array.ConvertAll(ranker.Reference.Logits(items, flags, candidate, ranker.Known(row, ranker.Data.Items(row).Length - 1)), Sigmoid);
    }

    private static double Sigmoid(double logit) => 1 / (1 + Math.Exp(-logit));

    private static ScoredRows Score(RankerCase ranker, byte[] graph, bool withUnknown = false)
    {
        using var scorer = new OnnxScorer(graph, new OnnxScorerOptions(ThreadCount: 1), Outputs);
        var (rows, scored) = (new HistoryRows(), new ScoredRows());
        for (int row = 0; row < RankerCase.Rows; row++)
        {
            int length = ranker.Data.Items(row).Length - 1;
            int[] places = [.. Enumerable.Range(0, length).SelectMany(i => withUnknown && (row + i) % 3 != 0 ? new[] { -1, i } : [i])];
            if (withUnknown && row % 2 == 0)
                places = [.. places, -1];
            rows.Items.Add(Array.ConvertAll(places, place => place < 0 ? 0 : (uint)ranker.Data.Items(row)[place]));
            rows.Feedback.Add(new float[places.Length]);
            rows.Candidates.Add(Candidates(row));
            var flags = ranker.Flags(row);
            if (ranker.Form.ReadsFeedback)
                Add<float>(Flags(ranker.Form.Tasks), [.. places.SelectMany(place => place < 0 ? Enumerable.Repeat(1f, ranker.Form.Tasks) : flags[place].Select(flag => (float)flag))]);
            if (!ranker.Form.HasFeatures)
                continue;
            var known = ranker.Known(row, length).Values;
            Add(new("City", "City", typeof(uint), 1, IsOfItems: false), (uint)known["City"][0]);
            Add(new("Tastes", "Tastes", typeof(float), 2, IsOfItems: false), (float)known["Tastes"][0], (float)known["Tastes"][1]);
            Add(new("TargetHour", "TargetHour", typeof(uint), 1, IsOfItems: false), (uint)known["Hour"][0]);
            Add(new("TargetMinute", "TargetMinute", typeof(float), 1, IsOfItems: false), (float)known["Minute"][0]);
        }

        scorer.Score(rows, scored);
        return scored;

        void Add<T>(InputColumn input, params T[] values)
            where T : unmanaged
            => ((RaggedRows<T>)rows.Of(input)).Add(values);
    }

    private static void AssertFused(uint[] candidates, float[] probabilities, double[] weights, ScoredRows scored, int row)
    {
        float[] scores = scored[NextItemGraph.CandidateScoresOutput][row];
        for (int i = 0; i < candidates.Length; i++)
        {
            var own = probabilities[(i * weights.Length)..((i + 1) * weights.Length)];
            if (candidates[i] == 0)
                Assert.Equal((float.NegativeInfinity, 0), (scores[i], own.Max()));
            else
                AssertClose(own.Zip(weights, (probability, weight) => probability * weight).Sum(), scores[i], 2e-6, 1e-6, $"score {i} of row {row}");
        }

        int[] order = [.. Enumerable.Range(0, candidates.Length).OrderByDescending(i => scores[i])];
        uint[] best = [.. order.Select(i => candidates[i]).Concat(new uint[Best]).Take(Best)];
        Assert.Equal(best, scored.Keys[row]);
        Assert.Equal(order.Select(i => scores[i]).Concat(Enumerable.Repeat(float.NegativeInfinity, Best)).Take(Best), scored[NextItemGraph.ScoresOutput][row]);
    }
}
