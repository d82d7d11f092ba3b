using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;
using Serving.Scoring;

namespace Serving.Tests;

/// <summary>Two models of a small feed, trained once for all tests, and what each of them says when it is asked without the service.</summary>
public sealed class TinyModels : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("serving");

    public TinyModels()
    {
        First = Train(seed: 1, texts: true);
        Second = Train(seed: 2, texts: true);
        OfNumbers = Train(seed: 1, texts: false);
    }

    public string First { get; }

    public string Second { get; }

    /// <summary>A good model, but one whose items are no text.</summary>
    public string OfNumbers { get; }

    /// <summary>A model file of a test's own, which it may replace.</summary>
    public string CopyOfFirst()
    {
        string copy = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.zip");
        File.Copy(First, copy);
        return copy;
    }

    /// <summary>Puts another file in the place of a model's, at once.</summary>
    public static void Replace(string file, byte[] content)
    {
        File.WriteAllBytes(file + ".next", content);
        File.Move(file + ".next", file, overwrite: true);
    }

    /// <summary>What ML.NET's own transformers recommend, a row at a time.</summary>
    internal static string[] Ask(string file, string[] items, float[] feedback)
    {
        var ml = new MLContext();
        using var engine = ml.Model.CreatePredictionEngine<Asked, Answered>(ml.Model.Load(file, out _));
        return engine.Predict(new Asked { Items = items, Feedback = feedback }).RecommendedItems;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Train(int seed, bool texts)
    {
        var ml = new MLContext(seed);
        var feed = ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 60, VideoCount = 120, SessionsPerUser = 4 });
        var prepare = ml.Transforms.Conversion.ConvertType("Item", outputKind: texts ? DataKind.String : DataKind.Int32)
            .Append(ml.Transforms.LabelFeedback(FeedbackOfViews.Rule)).Append(ml.Transforms.WindowSequences());
        var users = prepare.Fit(feed).Transform(feed);
        var model = ml.Transforms.Conversion.MapValueToKey("Items")
            .Append(ml.Recommendation().Trainers.PnfRec(new PnfRecTrainer.Options { BatchSize = 20, EmbeddingWidth = 16, NumberOfBlocks = 1, MaximumNumberOfEpochs = 2 }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
            .Fit(users);
        string file = Path.Combine(_folder.FullName, $"{seed}-{texts}.zip");
        ml.Model.SaveAtomically(model, users.Schema, file);
        return file;
    }

    private sealed class Asked
    {
        public string[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];
    }

    private sealed class Answered
    {
        public string[] RecommendedItems { get; set; } = [];
    }
}

/// <summary>Tests that ask the service share the models.</summary>
[CollectionDefinition(Name)]
public sealed class ServiceTests : ICollectionFixture<TinyModels>
{
    public const string Name = "service";
}

/// <summary>A service that all tests of a class ask, each about users of its own.</summary>
public sealed class SharedService(TinyModels models) : IAsyncLifetime
{
    internal RunningService Service { get; private set; } = null!;

    public async Task InitializeAsync() => Service = await RunningService.Start("--model", models.First, "--history", "5", "--body-grace-ms", "1500");

    public async Task DisposeAsync() => await Service.DisposeAsync();
}
