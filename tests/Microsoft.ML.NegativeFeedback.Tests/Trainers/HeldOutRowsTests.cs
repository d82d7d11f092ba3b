using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>Which training rows early stopping may take where it is given none of its own.</summary>
public class HeldOutRowsTests
{
    private static readonly sbyte[] OneLike = [1], TwoLikes = [1, 1], TwoLikesAndASkip = [1, -1, 1], TwoOfEach = [1, -1, 1, -1];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 8)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_only_row_with_two_liked_items_stays(int seed)
    {
        var data = Rows(OneLike, TwoLikes, OneLike, OneLike);
        var (train, validation) = HeldOutRows.Split(data, 0.5, seed);
        Assert.Null(validation);
        Assert.Equal(4, train.RowCount);
        Assert.Null(HeldOutCandidates.Split(data, 0.5, seed).Validation);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void However_large_the_share_a_row_with_two_liked_items_stays(int seed)
    {
        var (stays, leaving) = HeldOutRows.Choose(Rows(OneLike, TwoLikes, TwoLikes, TwoLikes), 0.99, seed);
        Assert.Equal(2, leaving.Count);
        Assert.Single(stays, row => row > 0);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_only_row_with_two_skips_stays_and_so_does_the_only_one_with_a_skip(int seed)
    {
        var (stays, leaving) = HeldOutRows.Choose(Rows(TwoLikes, TwoOfEach, TwoLikesAndASkip, TwoLikes), 0.9, seed);
        Assert.Contains(1, stays);
        Assert.Equal(3, leaving.Count);
        (stays, leaving) = HeldOutRows.Choose(Rows(TwoLikes, TwoLikesAndASkip, TwoLikes), 0.9, seed);
        Assert.Contains(1, stays);
        Assert.Equal(2, leaving.Count);
    }

    [Fact]
    public void A_seed_holds_out_the_same_rows_in_every_release_of_dotnet()
    {
        var data = Rows([.. Enumerable.Repeat(TwoOfEach, 20)]);
        Assert.Equal([3, 8, 9, 13, 19], HeldOutRows.Choose(data, 0.25, seed: 1).Leaving);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Trainers_learn_from_a_single_row_and_train_on(int seed)
    {
        var ml = new MLContext(seed: 1);
        var once = new ToyHistory { Items = ["a"], Feedback = [1] };
        var rows = ml.Data.LoadFromEnumerable([once, new ToyHistory { Items = ["a", "x", "b", "y", "c"], Feedback = [1, -1, 1, -1, 1] }, once]);
        var keyed = ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        Assert.Equal(2, Epochs(new PnfRecTrainer.Options(), options => ml.Recommendation().Trainers.PnfRec(options).Fit(keyed)));
        var sine = new SineTrainer.Options();
        var other = ml.Data.LoadFromEnumerable([once, new ToyHistory { Items = ["a", "x", "b"], Feedback = [1, -1, 1] }, new ToyHistory { Items = ["d"], Feedback = [1] }]);
        var keyedOther = ml.Transforms.Conversion.MapValueToKey("Items").Fit(other).Transform(other);
        Assert.Equal(2, Epochs(sine, options => ml.Recommendation().Trainers.Sine(options).Fit(keyedOther)));

        int Epochs<TOptions>(TOptions options, Action<TOptions> fit)
            where TOptions : SequenceTrainerOptions
        {
            var progress = new Recorder<TrainingProgress>();
            TrainerTests.Small(options);
            (options.MaximumNumberOfEpochs, options.NumberOfRecommendations, options.Seed, options.Progress) = (2, 1, seed, progress);
            fit(options);
            return progress.Reports.Count;
        }
    }

    private static SequenceData Rows(params sbyte[][] feedback)
    {
        var builder = new SequenceDataBuilder(itemCount: 10, hasTargets: false);
        foreach (sbyte[] row in feedback)
            builder.AddRow([.. Enumerable.Range(1, row.Length)], row);
        return builder.Build();
    }
}
