using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

/// <summary>Validation sees the same scores whether it asks for the catalogue or for candidates.</summary>
public sealed class HistoryScorerTests
{
    private const int ItemCount = 30;

    private static readonly string[] AskedAnywhere
        = ["PNFRec", "SASRec_p", "SASRec", "SINE", "SINE eq. 13", "SINE w/o AF", "SASRec pairwise", "GRU4Rec", "Caser", "NCF", "DIN", "CLSR"];

    public static TheoryData<string> ModelsAskedAnywhere => [.. AskedAnywhere];

    public static TheoryData<string> Models => [.. AskedAnywhere, "DIEN", "SLi-Rec"];

    [Theory]
    [MemberData(nameof(Models))]
    public void The_catalogues_scores_are_those_of_all_items_as_candidates(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        // so many rows that the catalogue is scored by several stretches where it is
        var data = InterestModelTests.WithTimes(RandomSequences.Create(400, ItemCount, 12, seed: 3));
        using var model = Create(name);
        var scorer = new HistoryScorer(model, data);
        int[] rows = [.. Enumerable.Range(0, data.RowCount).Where(row => scorer.Length(row) > 0).OrderBy(scorer.Length)];

        float[] catalogue = scorer.OfCatalogue(rows);
        float[] candidates = scorer.OfCandidates(rows, [.. rows.SelectMany(_ => Enumerable.Range(0, ItemCount + 1).Select(item => (long)item))]);

        Assert.Equal(rows.Length * (ItemCount + 1), catalogue.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            for (int item = 1; item <= ItemCount; item++)
                Assert.Equal(candidates[(i * (ItemCount + 1)) + item], catalogue[(i * (ItemCount + 1)) + item], 1e-4f);
        }
    }

    [Theory]
    [MemberData(nameof(ModelsAskedAnywhere))]
    public void The_newest_place_scores_as_it_does_among_all_places(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Create(name);
        // histories of 6, 3 and 1 items, and the places of their newest
        long[] items = [3, 7, 9, 4, 11, 2, 5, 2, 8, 0, 0, 0, 6, 0, 0, 0, 0, 0], skips = [0, 1, 0, 0, 20, 0, 0, 0, 12, 0, 0, 0, 9, 0, 0, 0, 0, 0];
        var all = TestModels.Pairs(3, 6, items, skips, [5, 8, 12], [1, 1, 1], [1, 1, 1], [0, 0, 0]);
        var candidates = tensor(new long[] { 1, 2, 13, 4, 25, 6 }, 3, 2);
        var pass = new TorchPass(model);
        float[] Scores(TorchHistory history)
            => model.Network.Scores(new TorchPass(model), history, pass.Lookup(model.Network.Items, new(candidates))).Value.ToArray();
        PublishedParityTests.AssertClose(Scores(new TorchHistory(all, CPU)), Scores(TestModels.AtNewest(items, [5, 2, 0], skips)), 1e-6, 1e-5);
    }

    private static SequenceModel Create(string name)
    {
        var nextItem = new EncoderSettings(8, 6, 1, 2, 0);
        var pairwise = nextItem with { Form = EncoderForm.Sine };
        return name switch
        {
            "PNFRec" => TestModels.Create(ItemCount, new PnfRecSettings(nextItem, 0.5, 0.5, ContrastSimilarity.Dot, false), 7),
            "SASRec_p" => TestModels.Create(ItemCount, new SasRecSettings(nextItem, false, 0), 7),
            "SASRec" => TestModels.Create(ItemCount, new SasRecSettings(nextItem, true, 0), 7),
            "SINE" => Sine(FusionNormalization.Softmax, adaptiveFusion: true),
            "SINE eq. 13" => Sine(FusionNormalization.Sum, adaptiveFusion: true),
            "SINE w/o AF" => Sine(FusionNormalization.Softmax, adaptiveFusion: false),
            "GRU4Rec" => Pairwise(new Gru4RecNetwork(ItemCount, pairwise, 7)),
            "Caser" => Pairwise(new CaserNetwork(ItemCount, pairwise, 7)),
            "NCF" => Pairwise(new NcfNetwork(ItemCount, pairwise, 7)),
            "CLSR" => Pairwise(new ClsrNetwork(ItemCount, pairwise, 0.1, 7)),
            "DIN" => Pairwise(new DinNetwork(ItemCount, pairwise, 7)),
            "DIEN" or "SLi-Rec" => Pairwise(InterestModelTests.Network(name, ItemCount, pairwise, 7)),
            _ => Pairwise(new SasRecNetwork(ItemCount, pairwise, false, 7)),
        };

        SequenceModel Sine(FusionNormalization normalization, bool adaptiveFusion)
            => Pairwise(new SineNetwork(ItemCount, new SineSettings(pairwise, 3, 0.8, normalization, adaptiveFusion), 7));

        static SequenceModel Pairwise(Network network) => new PairwiseModel(network, new PairwiseWeights(1, 0.5), CPU);
    }
}
