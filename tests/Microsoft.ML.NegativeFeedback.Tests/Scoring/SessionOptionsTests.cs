using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Transforms.Onnx;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>What an application sets for the sessions of ONNX Runtime holds for those of a model too.</summary>
public sealed class SessionOptionsTests
{
    [Fact]
    public void Options_that_are_set_are_obeyed_in_batches_row_by_row_and_by_loaded_models()
    {
        var fixture = new ScoringFixture(rowCount: 30);
        string folder = Directory.CreateTempSubdirectory("session-options").FullName;
        string optimized = Path.Combine(folder, "optimized.onnx");
        fixture.Context.SetOnnxSessionOption(new OnnxSessionOptions { OptimizedModelFilePath = optimized, IntraOpNumThreads = 1, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_BASIC });
        using var model = fixture.CreateTransformer();
        Assert.True(File.Exists(optimized), "The session did not write its graph.");
        File.Delete(optimized);
        using var loaded = fixture.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(new MLContext(), model, fixture.View.Schema));
        Assert.True(File.Exists(optimized), "The session of the loaded model did not write its graph.");
        File.Delete(optimized);
        NextItemTransformerTests.AssertRows(fixture, fixture.CreateChain(model).Transform(fixture.Context.Data.LoadFromEnumerable(fixture.Rows)), fixture.Rows);
        using var engine = fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(fixture.CreateChain(model), new PredictionEngineOptions { OwnsTransformer = false });
        engine.Predict(fixture.Rows[0]);
        Assert.True(File.Exists(optimized), "The session of single rows did not write its graph.");
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Sessions_of_ones_own_making_are_taken_as_they_are()
    {
        var fixture = new ScoringFixture(rowCount: 30);
        int made = 0;
        fixture.Context.SetOnnxSessionOption(new OnnxSessionOptions
        {
            CreateSessionOptions = () =>
            {
                made++;
                return new SessionOptions { IntraOpNumThreads = 1 };
            },
        });
        using var model = fixture.CreateTransformer();
        Assert.Equal(1, made);
        NextItemTransformerTests.AssertRows(fixture, fixture.CreateChain(model).Transform(fixture.Context.Data.LoadFromEnumerable(fixture.Rows)), fixture.Rows);
    }

    [Fact]
    public void Options_that_no_session_can_be_opened_with_are_named()
    {
        var fixture = new ScoringFixture();
        fixture.Context.SetOnnxSessionOption(new OnnxSessionOptions { CreateSessionOptions = () => SessionOptions.MakeSessionOptionWithCudaProvider(77) });
        Assert.Contains("SetOnnxSessionOption", Assert.Throws<InvalidOperationException>(fixture.CreateTransformer).Message);
    }
}
