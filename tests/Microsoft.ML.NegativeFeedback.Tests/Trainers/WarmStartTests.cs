using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>Trainings that begin with the weights of a former model.</summary>
public sealed class WarmStartTests
{
    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<string> All => ExchangeTests.All;

    [Theory]
    [MemberData(nameof(All))]
    public void A_training_that_learns_nothing_gives_the_former_model_of_fit_or_of_a_file(string name)
    {
        var data = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 1));
        var train = _ml.Transforms.Conversion.MapValueToKey("Items").Append(_ml.Transforms.CopyColumns("Candidates", "Items")).Fit(data).Transform(data);
        string? candidates = BaselineTrainerTests.RanksGivenCandidatesAlone(name) ? "Candidates" : null;
        string scores = candidates is null ? "Scores" : "CandidateScores";
        using var former = Trainer(null).Fit(train);
        float[][] expected = Scores(former);
        using var again = Trainer(former).Fit(train);
        AssertClose(expected, Scores(again));
        if (candidates is not null)
            return;
        using var saved = new MemoryStream();
        _ml.Model.Save(former, train.Schema, saved);
        using var loaded = _ml.Recommendation().ScoreInBatches(_ml.Model.Load(saved, out _)).OfType<NextItemTransformer>().Single();
        loaded.Dispose(); // its weights alone are read
        using var ofFile = Trainer(loaded).Fit(train);
        AssertClose(expected, Scores(ofFile));

        NextItemTrainer Trainer(NextItemTransformer? warmStart) => ExchangeTests.Create(_ml, name, options =>
        {
            (options.CandidatesColumnName, options.ValidationFraction, options.Seed) = (candidates, 0, warmStart is null ? 1 : 2);
            if ((options.WarmStart = warmStart) is not null)
                options.LearningRate = 1e-12;
        });

        float[][] Scores(NextItemTransformer model) => [.. model.Transform(train).GetColumn<float[]>(scores)];
    }

    [Fact]
    public void The_ranker_begins_with_all_that_a_former_one_learned()
    {
        var feed = new RankedFeed(_ml, rows: 60);
        using var former = _ml.Recommendation().Trainers.MultiFeedback(Options(null)).Fit(feed.Train);
        using var again = _ml.Recommendation().Trainers.MultiFeedback(Options(former)).Fit(feed.Train);
        AssertClose(Probabilities(former), Probabilities(again));

        MultiFeedbackTrainer.Options Options(NextItemTransformer? warmStart)
        {
            var options = feed.Options();
            (options.MaximumNumberOfEpochs, options.ValidationFraction, options.Seed, options.WarmStart) = (2, 0, warmStart is null ? 1 : 2, warmStart);
            options.LearningRate = warmStart is null ? 0.01 : 1e-12;
            return options;
        }

        float[][] Probabilities(NextItemTransformer model) => [.. model.Transform(feed.Test).GetColumn<float[]>("Probabilities")];
    }

    /// <summary>Items are found by their values, features are not: their embeddings would become those of other values.</summary>
    [Fact]
    public void Features_whose_keys_stand_for_other_values_are_refused()
    {
        var feed = new RankedFeed(_ml, rows: 60);
        using var former = _ml.Recommendation().Trainers.MultiFeedback(Options(null)).Fit(feed.Train);
        var cities = _ml.Data.LoadFromEnumerable(new[] { "south", "north" }.Select(name => new RankedHistory { City = name }));
        var text = _ml.Transforms.Conversion.MapKeyToValue("City").Fit(feed.Train).Transform(feed.Train);
        var turned = _ml.Transforms.Conversion.MapValueToKey("City", keyData: _ml.Transforms.SelectColumns("City").Fit(cities).Transform(cities)).Fit(text).Transform(text);
        string message = Assert.Throws<ArgumentException>(() => _ml.Recommendation().Trainers.MultiFeedback(Options(former)).Fit(turned)).Message;
        Assert.Contains("Feature 'City' has other values behind its keys", message);
        _ml.Recommendation().Trainers.MultiFeedback(Options(former)).Fit(feed.Train).Dispose();

        MultiFeedbackTrainer.Options Options(NextItemTransformer? warmStart)
        {
            var options = feed.Options();
            (options.MaximumNumberOfEpochs, options.ValidationFraction, options.UserColumnNames, options.WarmStart) = (1, 0, ["City"], warmStart);
            return options;
        }
    }

    /// <summary>They are of one width, so that weights of one would be taken for those of the other.</summary>
    [Fact]
    public void Features_in_another_order_are_refused()
    {
        var feed = new RankedFeed(_ml, rows: 60);
        var withDistrict = _ml.Transforms.CopyColumns("District", "City").Fit(feed.Train).Transform(feed.Train);
        using var former = _ml.Recommendation().Trainers.MultiFeedback(Options(null, "City", "District")).Fit(withDistrict);
        string message = Assert.Throws<ArgumentException>(() => _ml.Recommendation().Trainers.MultiFeedback(Options(former, "District", "City")).Fit(withDistrict)).Message;
        Assert.Contains("""The former model was trained with the features ["City","District",""", message);
        _ml.Recommendation().Trainers.MultiFeedback(Options(former, "City", "District")).Fit(withDistrict).Dispose();

        MultiFeedbackTrainer.Options Options(NextItemTransformer? warmStart, params string[] columns)
        {
            var options = feed.Options();
            (options.MaximumNumberOfEpochs, options.ValidationFraction, options.UserColumnNames, options.WarmStart) = (1, 0, columns, warmStart);
            return options;
        }
    }

    [Fact]
    public void Known_items_keep_their_vectors_new_ones_are_added_and_none_is_forgotten()
    {
        ToyHistory[] first = [.. ToyFeed.Histories(60, seed: 1)], second = [.. ToyFeed.Histories(60, seed: 2)];
        foreach (var history in second)
            history.Items = [.. history.Items.Select(item => item.Replace("disliked1", "new", StringComparison.Ordinal))];
        var firstData = _ml.Data.LoadFromEnumerable(first);
        var chain = _ml.Transforms.Conversion.MapValueToKey("Items").Append(SasRec(null)).Fit(firstData);
        var former = chain.LastTransformer;

        var secondData = _ml.Data.LoadFromEnumerable(second);
        var next = _ml.Transforms.Conversion.MapValueToKey("Items", former).Append(SasRec(former)).Fit(secondData);

        var before = Vectors(former);
        var after = Vectors(next.LastTransformer);
        Assert.Equal(before.Keys, after.Keys.Take(before.Count));
        string[] added = [.. second.SelectMany(history => history.Items).Distinct().Where(item => !before.ContainsKey(item))];
        Assert.NotEmpty(added);
        Assert.Equal(added, after.Keys.Skip(before.Count));
        Assert.Contains(before.Keys, item => item.StartsWith("disliked1", StringComparison.Ordinal));
        foreach (var (item, vector) in before)
            AssertClose([vector], [after[item]]);
        Assert.All(added, item => Assert.Contains(after[item], value => value != 0));
        (chain as IDisposable)?.Dispose();
        (next as IDisposable)?.Dispose();

        // other keys of the same items: found by their values, and what the data lack is forgotten
        var mapped = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(secondData).Transform(secondData);
        using var ownKeys = SasRec(former).Fit(mapped);
        var own = Vectors(ownKeys);
        Assert.DoesNotContain(own.Keys, item => item.StartsWith("disliked1", StringComparison.Ordinal));
        foreach (string item in own.Keys.Intersect(before.Keys))
            AssertClose([before[item]], [own[item]]);

        SasRecTrainer SasRec(NextItemTransformer? warmStart) => (SasRecTrainer)ExchangeTests.Create(_ml, "sasrec_p", options =>
        {
            options.ValidationFraction = 0;
            if ((options.WarmStart = warmStart) is not null)
                options.LearningRate = 1e-12;
        });

        static Dictionary<string, float[]> Vectors(NextItemTransformer model)
        {
            var view = model.GetItemVectors();
            VBuffer<ReadOnlyMemory<char>> names = default;
            view.Schema["Item"].GetKeyValues(ref names);
            return view.GetColumn<uint>("Item").Zip(view.GetColumn<float[]>("Vector")).ToDictionary(row => names.GetItemOrDefault((int)row.First - 1).ToString(), row => row.Second);
        }
    }

    [Fact]
    public void Models_that_do_not_fit_are_refused_before_training()
    {
        var data = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(30, seed: 1));
        var train = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(data).Transform(data);
        using var former = Trainer("sasrec_p", _ => { }).Fit(train);
        Assert.Contains("8 values, those of the model to train 16", Refusal("sasrec_p", options => options.EmbeddingWidth = 16));
        Assert.Contains("positions", Refusal("sasrec_p", options => options.MaximumSequenceLength++));
        Assert.Contains("it has no '", Refusal("pnfrec", _ => { }));
        using var similar = former.ToSimilarItems(3);
        Assert.Contains("similar items", Assert.Throws<ArgumentException>(() => Trainer("sasrec_p", options => options.WarmStart = similar).Fit(train)).Message);
        var numbers = _ml.Data.LoadFromEnumerable([new Numbered { Items = [1, 2, 3, 4], Feedback = [1, 1, 1, 1] }, new Numbered { Items = [2, 3, 4, 1], Feedback = [1, 1, 1, 1] }]);
        var keys = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(numbers).Transform(numbers);
        Assert.Contains("Int32", Assert.Throws<ArgumentException>(() => Trainer("sasrec_p", options => (options.WarmStart, options.NumberOfRecommendations) = (former, 2)).Fit(keys)).Message);
        Assert.Contains("Int32", Assert.Throws<ArgumentException>(() => _ml.Transforms.Conversion.MapValueToKey("Items", former).Fit(numbers)).Message);

        string Refusal(string name, Action<SequenceTrainerOptions> set) => Assert.Throws<ArgumentException>(() => Trainer(name, options =>
        {
            options.WarmStart = former;
            set(options);
        }).Fit(train)).Message;

        NextItemTrainer Trainer(string name, Action<SequenceTrainerOptions> set) => ExchangeTests.Create(_ml, name, options =>
        {
            options.EmbeddingWidth = 8;
            set(options);
        });
    }

    [Fact]
    public void A_checkpoint_belongs_to_the_former_model_too()
    {
        var data = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(30, seed: 1));
        var train = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(data).Transform(data);
        var folder = Directory.CreateTempSubdirectory("warm-start");
        using var former = Trainer(null, null, epochs: 1).Fit(train);
        using var other = Trainer(null, null, epochs: 2).Fit(train);
        string path = Path.Combine(folder.FullName, "training.checkpoint");
        using var begun = Trainer(former, path, epochs: 1).Fit(train);
        using var resumed = Trainer(former, path, epochs: 2).Fit(train);
        using var whole = Trainer(former, null, epochs: 2).Fit(train);
        Assert.Equal(whole.Transform(train).GetColumn<float[]>("Scores"), resumed.Transform(train).GetColumn<float[]>("Scores"));
        Assert.NotEqual(whole.Transform(train).GetColumn<float[]>("Scores"), begun.Transform(train).GetColumn<float[]>("Scores"));
        using (var cancelled = new CancellationTokenSource())
        {
            Assert.ThrowsAny<OperationCanceledException>(() => Trainer(former, path + "2", epochs: 9, new Progress(cancelled.Cancel), cancelled.Token).Fit(train));
            Assert.Contains("the former model", Assert.Throws<InvalidDataException>(() => Trainer(other, path + "2", epochs: 9).Fit(train)).Message);
        }

        folder.Delete(recursive: true);

        NextItemTrainer Trainer(NextItemTransformer? warmStart, string? checkpoint, int epochs, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
            => ExchangeTests.Create(_ml, "sine", options =>
            {
                (options.WarmStart, options.CheckpointPath, options.MaximumNumberOfEpochs, options.ValidationFraction, options.NumberOfThreads) = (warmStart, checkpoint, epochs, 0, 1);
                (options.Progress, options.CancellationToken) = (progress, cancellation);
            });
    }

    private static void AssertClose(float[][] expected, float[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (left, right) in expected.Zip(actual))
        {
            Assert.Equal(left.Length, right.Length);
            for (int i = 0; i < left.Length; i++)
                Assert.Equal(left[i], right[i], 1e-5);
        }
    }

    private sealed class Progress(Action report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report();
    }

    private sealed class Numbered
    {
        public int[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];
    }
}
