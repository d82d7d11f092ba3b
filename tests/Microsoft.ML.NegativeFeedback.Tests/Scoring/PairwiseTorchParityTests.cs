using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>What ONNX Runtime scores is what torch scores, on random weights and ragged histories.</summary>
public sealed class PairwiseTorchParityTests
{
    private const int ItemCount = 40, Length = 7, Width = 8;

    public static TheoryData<int, FusionNormalization, bool, double, int> Variants => new()
    {
        { 2, FusionNormalization.Softmax, true, 0.5, 1 },
        { 7, FusionNormalization.Softmax, true, 0.8, 2 },
        { 3, FusionNormalization.Sum, true, 0.2, 1 },
        { 4, FusionNormalization.Sum, false, 0.7, 2 },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void Sine_scores_as_torch_does(int interests, FusionNormalization normalization, bool fuses, double sameInterest, int heads)
    {
        using var scope = NewDisposeScope();
        var encoder = new EncoderSettings(Width, Length, 2, heads, 0, EncoderForm.Sine);
        using var model = Model(new SineNetwork(ItemCount, new SineSettings(encoder, interests, sameInterest, normalization, fuses), 5));
        Spread(model);
        AssertSame(model, NextItemGraph.Build(model.ToWeights(), Options));
    }

    /// <summary>Training drops unknown items, so that the item just before is the last known one; so must scoring.</summary>
    [Theory]
    [InlineData(2, 0.9)]
    [InlineData(5, 0.1)]
    public void Sine_skips_unknown_items_as_torch_does(int interests, double sameInterest)
    {
        using var scope = NewDisposeScope();
        using var model = Model(new SineNetwork(ItemCount, new SineSettings(new EncoderSettings(Width, Length, 2, 1, 0, EncoderForm.Sine), interests, sameInterest, FusionNormalization.Softmax, true), 5));
        Spread(model);
        AssertSame(model, NextItemGraph.Build(model.ToWeights(), Options), unknownItems: true);
    }

    [Fact]
    public void Ncf_scores_as_torch_does()
    {
        using var scope = NewDisposeScope();
        using var model = Model(new NcfNetwork(ItemCount, new EncoderSettings(Width, Length, 0, 1, 0, EncoderForm.Sine), 5));
        Spread(model);
        AssertSame(model, NextItemGraph.Build(model.ToWeights(), Options));
    }

    [Fact]
    public void Din_scores_as_torch_does()
    {
        using var scope = NewDisposeScope();
        using var model = Model(new DinNetwork(ItemCount, new EncoderSettings(Width, Length, 0, 1, 0, EncoderForm.Sine), 5));
        Spread(model);
        AssertSame(model, NextItemGraph.Build(model.ToWeights(), Options));
    }

    /// <summary>Histories shorter than the window, as long and longer, with times that some questions are before.</summary>
    [Theory]
    [InlineData("DIEN", Length, false)]
    [InlineData("DIEN", 1, true)]
    [InlineData("SLi-Rec", Length, false)]
    [InlineData("SLi-Rec", Length, true)]
    [InlineData("SLi-Rec", 1, false)]
    public void What_reads_a_history_for_every_candidate_scores_as_torch_does(string name, int length, bool unknownItems)
    {
        using var scope = NewDisposeScope();
        using var model = Model(InterestModelTests.Network(name, ItemCount, new EncoderSettings(Width, length, 0, 1, 0, EncoderForm.Sine), 5));
        Spread(model);
        AssertSame(model, NextItemGraph.Build(model.ToWeights(), Options), unknownItems);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void SasRec_scores_as_torch_does(int heads)
    {
        using var scope = NewDisposeScope();
        using var model = Model(new SasRecNetwork(ItemCount, new EncoderSettings(Width, Length, 2, heads, 0, EncoderForm.Sine), false, 5));
        Spread(model);
        AssertSame(model, NextItemGraph.Build(model.ToWeights(), Options));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Length)]
    public void Gru4Rec_scores_as_torch_does(int length)
    {
        using var scope = NewDisposeScope();
        using var model = Model(new Gru4RecNetwork(ItemCount, new EncoderSettings(Width, length, 1, 1, 0, EncoderForm.Sine), 5));
        Spread(model);
        AssertSame(model, NextItemGraph.Build(model.ToWeights(), Options));
    }

    /// <summary>Histories shorter than the window, as long and longer; and a window that is longer than what is read.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(Length)]
    public void Caser_scores_as_torch_does(int length)
    {
        using var scope = NewDisposeScope();
        using var model = Model(new CaserNetwork(ItemCount, new EncoderSettings(Width, length, 1, 1, 0, EncoderForm.Sine), 5));
        Spread(model);
        AssertSame(model, NextItemGraph.Build(model.ToWeights(), Options));
    }

    /// <summary>Among the histories are some of a single item and some longer than what is read.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Clsr_scores_as_torch_does(bool unknownItems)
    {
        using var scope = NewDisposeScope();
        using var model = Model(new ClsrNetwork(ItemCount, new EncoderSettings(Width, Length, 0, 1, 0, EncoderForm.Sine), contrastWeight: 0.1, 5));
        Spread(model);
        AssertSame(model, NextItemGraph.Build(model.ToWeights(), Options), unknownItems);
    }

    /// <summary>Of the histories some lack a kind of feedback.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void FeedRec_scores_as_torch_does(int heads, bool unknownItems)
    {
        using var scope = NewDisposeScope();
        using var model = Model(new FeedRecNetwork(ItemCount, new EncoderSettings(Width, Length, 0, heads, 0, EncoderForm.Sine), contrastWeight: 0.1, 5));
        Spread(model);
        AssertSame(model, NextItemGraph.Build(model.ToWeights(), Options), unknownItems);
    }

    private static PairwiseModel Model(Network network) => new(network, new PairwiseWeights(1, 0), CPU);

    private static NextItemGraphOptions Options => new() { Candidates = true, Popularity = new float[ItemCount + 1] };

    // initial weights are so small that a wrong term would pass for rounding
    internal static void Spread(PairwiseModel model)
    {
        using var noGradient = no_grad();
        foreach (var (name, parameter) in model.Parameters)
        {
            using var scope = NewDisposeScope();
            float[] values = CounterRandom.Of(name.Length, parameter.numel(), name.Sum(letter => letter)).Normal((int)parameter.numel(), 0.4);
            if (name == "items")
                values.AsSpan(0, model.Network.Settings.Width).Clear();
            parameter.copy_(tensor(values).view(parameter.shape));
        }
    }

    /// <param name="model">What torch scores.</param>
    /// <param name="graph">What ONNX Runtime scores.</param>
    /// <param name="unknownItems">Whether ONNX Runtime gets histories with unknown items between those that torch gets.</param>
    private static void AssertSame(PairwiseModel model, byte[] graph, bool unknownItems = false)
    {
        bool readsAll = model.Network.ReadsWholeHistory;
        var data = InterestModelTests.WithTimes(RandomSequences.Create(30, ItemCount, 15, seed: 4, neitherShare: readsAll ? 0.3 : 0));
        var windows = new SequenceWindows(data, readsAll ? SequenceKind.Whole : SequenceKind.Positives, model.Network.Settings.MaximumLength,
            [NetworkInput.Skips, NetworkInput.Feedback, SliRecNetwork.Times]);
        using var scorer = new OnnxScorer(graph, new OnnxScorerOptions(ThreadCount: 1));
        var (rows, scored) = (new HistoryRows(), new ScoredRows());
        int[][] candidates = [.. Enumerable.Range(0, data.RowCount).Select(row => Enumerable.Range(1, 1 + (row % 5)).Select(i => 1 + (((row * 7) + (i * 3)) % ItemCount)).ToArray())];
        for (int row = 0; row < data.RowCount; row++)
        {
            int[] places = [.. Enumerable.Range(0, data.Items(row).Length).SelectMany(i => unknownItems && (row + i) % 3 != 0 ? new[] { -1, i } : [i])];
            rows.Items.Add(Array.ConvertAll(places, place => place < 0 ? 0 : (uint)data.Items(row)[place]));
            rows.Feedback.Add(Array.ConvertAll(places, place => place < 0 ? (row % 3) - 1f : data.Feedback(row)[place]));
            rows.Candidates.Add(Array.ConvertAll(candidates[row], item => (uint)item));
            AddTimes(rows, data, row, places);
        }

        scorer.Score(rows, scored);
        using var noGradient = no_grad();
        int compared = 0;
        for (int row = 0; row < data.RowCount; row++)
        {
            if (windows.Length(row) == 0)
                continue;
            compared++;
            var pass = new TorchPass(model);
            var vectors = pass.Lookup(model.Network.Items, new(tensor([.. candidates[row].Select(item => (long)item)], 1, candidates[row].Length)));
            float[] expected = model.Network.Scores(pass, new TorchHistory(windows.ToHistories([row]), CPU), vectors).Value.ToArray();
            PublishedParityTests.AssertClose(expected, scored[NextItemGraph.CandidateScoresOutput][row], 2e-5, 1e-5, $"row {row}");
        }

        Assert.True(compared > 20);
    }

    private static void AddTimes(HistoryRows rows, SequenceData data, int row, int[] places)
    {
        var times = ((ColumnValues<long>)data.ItemColumns["Times"]).Values;
        var ofRow = (RaggedRows<long>)rows.Of(new InputColumn("Times", "Times", typeof(long), 1, IsOfItems: true));
        long[] values = new long[places.Length];
        for (int i = 0; i < places.Length; i++)
            values[i] = places[i] < 0 ? 0 : times[data.Offset(row) + places[i]];
        ofRow.Add(values);
        ((RaggedRows<long>)rows.Of(new InputColumn("TargetTimes", "TargetTime", typeof(long), 1, IsOfItems: false)))
            .Add(((ColumnValues<long>)data.RowColumns["TargetTimes"]).Values.Slice(row, 1));
    }
}
