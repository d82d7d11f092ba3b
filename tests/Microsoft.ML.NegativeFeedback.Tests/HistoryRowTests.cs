using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Scoring;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests;

/// <summary>Training, sampling and scoring read the same rows and refuse the same rows, in the same words.</summary>
public sealed class HistoryRowTests
{
    private sealed class Row
    {
        [KeyType(ScoringFixture.ItemCount)]
        public uint[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];
    }

    public static TheoryData<uint[], float[], string> BadRows => new()
    {
        { [1], [1, 1], "Row 2 has 1 values in column 'Items' and 2 in 'Feedback'; every item needs its feedback." },
        { [1, 0], [1, float.NaN], "Column 'Feedback' of row 2 has the feedback NaN: +1, −1 or 0 is needed." },
        { [1, 0], [1, float.PositiveInfinity], "Column 'Feedback' of row 2 has the feedback Infinity: +1, −1 or 0 is needed." },
        {
            [1, 41], [1, 1],
            "Column 'Items' of row 2 has key 41, but the catalogue ends at 40: use the key mapping that was fitted to the training data."
        },
    };

    [Theory]
    [MemberData(nameof(BadRows))]
    public void A_row_that_cannot_be_used_is_refused_in_the_same_words_by_training_sampling_and_scoring(uint[] items, float[] feedback, string message)
    {
        var fixture = new ScoringFixture();
        var ml = fixture.Context;
        var good = new Row { Items = [3, 0, 5], Feedback = [1, 1, -1] };
        var view = ml.Data.LoadFromEnumerable([good, new Row { Items = items, Feedback = feedback }]);
        var sampled = ml.Transforms.SampleNegatives().Fit(view).Transform(view);
        using var transformer = fixture.CreateTransformer();
        var scored = transformer.Transform(view);

        Assert.Equal(message, Refusal(() => SequenceData.Read(view, ScoringFixture.ItemCount, "Items", "Feedback")));
        Assert.Equal(message, Refusal(() => sampled.GetColumn<uint[]>("Negatives").ToArray()));
        Assert.Equal(message, Refusal(() => scored.GetColumn<float[]>("Scores").ToArray()));
    }

    private static string Refusal(Action read) => Assert.Throws<InvalidDataException>(read).Message;
}
