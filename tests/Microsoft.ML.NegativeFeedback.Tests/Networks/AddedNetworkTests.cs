using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tests.Samples;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>The worked example of docs/architecture.md, "Adding a model", is code that compiles, learns, and scores in ONNX Runtime as in torch.</summary>
public sealed class AddedNetworkTests
{
    private const int ItemCount = 40;

    private static readonly SequenceData Rows = RandomSequences.Create(150, ItemCount, 15, seed: 4);

    [Fact]
    public void The_document_shows_the_code_that_the_build_compiles()
    {
        const string Language = "csharp\n";
        var blocks = ReadMeTests.Read("docs/architecture.md").Split("```")
            .Where(part => part.StartsWith(Language, StringComparison.Ordinal)).Select(part => part[Language.Length..]);
        Assert.Equal(ReadMeTests.Read("tests/Microsoft.ML.NegativeFeedback.Tests/Networks/AddedNetwork.cs"), string.Join('\n', blocks));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_learns_and_ONNX_Runtime_scores_as_torch_does(bool isPairwise)
    {
        var result = isPairwise ? AddedModel.TrainPairwise(Rows) : AddedModel.TrainNextItem(Rows);
        Assert.True(result.Epochs[^1].Loss < 0.9 * result.Epochs[0].Loss, $"{result.Epochs[0].Loss} → {result.Epochs[^1].Loss}");

        uint[] candidates = [1, 7, 20, 33, ItemCount];
        var histories = new HistoryRows();
        for (int row = 0; row < Rows.RowCount; row++)
        {
            histories.Items.Add(Array.ConvertAll(Rows.Items(row).ToArray(), item => (uint)item));
            histories.Feedback.Add(Array.ConvertAll(Rows.Feedback(row).ToArray(), sign => (float)sign));
            histories.Candidates.Add(candidates);
        }

        float[][] scores = AddedModel.Score(AddedModel.Export(result.Weights), histories);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = new PairwiseModel(result.Weights.Network, new PairwiseWeights(1, 0), CPU);
        foreach (var (name, parameter) in model.Parameters)
            parameter.copy_(tensor(result.Weights.Values[name]).view(parameter.shape));
        var scorer = new HistoryScorer(model, Rows);
        int[] read = [.. Enumerable.Range(0, Rows.RowCount).Where(row => scorer.Length(row) > 0)];
        Assert.True(read.Length > 100);
        foreach (int row in read)
        {
            float[] expected = scorer.OfCandidates([row], Array.ConvertAll(candidates, item => (long)item));
            PublishedParityTests.AssertClose(expected, scores[row], 2e-5, 1e-5, $"row {row}");
        }
    }
}
