using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;
using Serving.Scoring;

namespace Serving.Tests;

/// <summary>What is asked of a saved model, and what of it is kept.</summary>
[Collection(ServiceTests.Name)]
public sealed class ServedModelTests(TinyModels models)
{
    [Fact]
    public void A_model_that_was_saved_without_the_schema_of_its_input_is_served()
    {
        using var served = ServedModel.Load(Saved(models.First, withSchema: false));
        Assert.Equal(TinyModels.Ask(models.First, [], []), served.Score([new ViewedRow()])[0].Items.Take(10));
        // and what is wrong with another is found all the same
        string reason = Assert.Throws<InvalidDataException>(() => ServedModel.Load(Saved(models.OfNumbers, withSchema: false))).Message;
        Assert.Contains("Items", reason, StringComparison.Ordinal);
        Assert.Contains("Int32", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_model_was_told_is_kept_where_it_recommends_enough()
    {
        using var plain = ServedModel.Load(File.ReadAllBytes(models.First));
        var all = plain.Score([new ViewedRow()])[0];
        Assert.Equal(ServedModel.MaximumRecommendations, all.Items.Length);
        object[] denied = [all.Items[0], all.Items[2]];

        using var enough = ServedModel.Load(Saved(models.First, new ScoringOptions { NumberOfRecommendations = 110, DeniedItems = denied, MinimumScore = all.Scores[5] }));
        var some = enough.Score([new ViewedRow()])[0];
        // two are denied, and of like scores there may be more
        int left = all.Scores.Count(score => score >= all.Scores[5]) - denied.Length;
        Assert.Equal(all.Items.Except(denied).Take(left), some.Items);

        // asked anew for more than it was saved with, as it was trained
        using var few = ServedModel.Load(Saved(models.First, new ScoringOptions { NumberOfRecommendations = 20, DeniedItems = denied }));
        Assert.Equal(all.Items, few.Score([new ViewedRow()])[0].Items);
    }

    [Fact]
    public void No_more_than_a_service_gives_are_read_of_a_model_that_recommends_more()
    {
        using var served = ServedModel.Load(Saved(models.First, new ScoringOptions { NumberOfRecommendations = 110 }));
        Assert.Equal(ServedModel.MaximumRecommendations, served.Score([new ViewedRow()])[0].Items.Length);
    }

    private static byte[] Saved(string file, ScoringOptions? options = null, bool withSchema = true)
    {
        var ml = new MLContext();
        var steps = ml.Recommendation().ScoreInBatches(ml.Model.Load(file, out var schema)).Select(step => step is NextItemTransformer scorer && options is not null ? scorer.With(options) : step);
        string copy = Path.GetTempFileName();
        ml.Model.SaveAtomically(new TransformerChain<ITransformer>([.. steps]), withSchema ? schema : null, copy);
        byte[] content = File.ReadAllBytes(copy);
        File.Delete(copy);
        return content;
    }
}
