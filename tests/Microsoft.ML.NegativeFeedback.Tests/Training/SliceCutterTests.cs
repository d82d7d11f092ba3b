using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

public sealed class SliceCutterTests
{
    private const int ItemCount = 40;

    /// <summary>Whatever the histories and the size of a slice: every next item is a label once, beside the item before it.</summary>
    [Fact]
    public void Slices_hold_every_step_of_every_window_once()
    {
        var cases = from seed in Gen.Choose(1, 10_000)
                    from rows in Gen.Choose(1, 25)
                    from longest in Gen.Choose(2, 30)
                    from maximumLength in Gen.Choose(1, 12)
                    from positions in Gen.Choose(1, 60)
                    select (seed, rows, longest, maximumLength, positions);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(cases.ToArbitrary(), draw =>
        {
            using var scope = NewDisposeScope();
            var data = RandomSequences.Create(draw.rows, ItemCount, draw.longest, draw.seed);
            using var model = PnfRec(draw.maximumLength);
            var cutter = new SliceCutter(data, model, draw.positions);
            var (slices, counts) = cutter.Cut([.. cutter.Rows]);

            Assert.Equal(Steps(data, draw.maximumLength, 1), StepsOf(slices, SequenceKind.Positives));
            Assert.Equal(Steps(data, draw.maximumLength, -1), StepsOf(slices, SequenceKind.Negatives));
            Assert.Equal(slices.Where(slice => slice.Kind == SequenceKind.Positives).Sum(slice => slice.Targets[SequenceSlice.Next].Length), counts.Positives);
            Assert.All(slices, slice => Assert.True(slice.Count == 1 || slice.Items.Length <= draw.positions));
        }));
    }

    [Fact]
    public void Sequences_of_like_length_share_a_slice()
    {
        var builder = new SequenceDataBuilder(ItemCount, hasTargets: false);
        foreach (int length in new[] { 3, 9, 4, 9, 2, 8 })
            builder.AddRow([.. Enumerable.Range(1, length)], [.. Enumerable.Repeat((sbyte)1, length)]);
        using var scope = NewDisposeScope();
        using var model = TestModels.Create(ItemCount, new SasRecSettings(new EncoderSettings(4, 50, 1, 1, 0), false, 0), 1);
        var (slices, _) = new SliceCutter(builder.Build(), model, 24).Cut([0, 1, 2, 3, 4, 5]);
        Assert.Equal([(3, 8), (3, 3)], slices.Select(slice => (slice.Count, slice.Length)));
        Assert.Equal([1, 2, 3, 1, 2, 0, 1, 0, 0], slices[1].Items);
        Assert.Equal([0, 1, 2, 3, 4, 6], slices[1].Places);
        Assert.Equal([2, 3, 4, 2, 3, 2], slices[1].Targets[SequenceSlice.Next]);
    }

    [Fact]
    public void Each_positive_step_is_contrasted_with_the_negatives_that_the_negative_encoder_reads()
    {
        var builder = new SequenceDataBuilder(ItemCount, hasTargets: false);
        builder.AddRow([1, 11, 2, 12, 3, 13], [1, -1, 1, -1, 1, -1]);
        builder.AddRow([4, 5], [1, 1]);
        using var scope = NewDisposeScope();
        using var model = PnfRec(maximumLength: 10);
        var (slices, counts) = new SliceCutter(builder.Build(), model, 100).Cut([0, 1]);
        var contrast = slices[0].Contrast!;
        Assert.Equal([2, 11, 12, 3, 11, 12, 5, 0, 0], contrast.Items);
        Assert.Equal(3, counts.ContrastTargets);
        Assert.Null(slices[1].Contrast);
    }

    [Fact]
    public void Rows_with_nothing_to_learn_from_are_left_out()
    {
        var builder = new SequenceDataBuilder(ItemCount, hasTargets: false);
        builder.AddRow([1], [1]);
        builder.AddRow([1, 2], [1, -1]);
        builder.AddRow([1, 2, 3], [-1, 1, -1]);
        builder.AddRow([], []);
        using var scope = NewDisposeScope();
        using var model = PnfRec(maximumLength: 10);
        Assert.Equal([2], new SliceCutter(builder.Build(), model, 100).Rows);
    }

    private static NextItemModel PnfRec(int maximumLength)
    {
        var encoder = new EncoderSettings(Width: 2, maximumLength, BlockCount: 1, HeadCount: 1, DropoutRate: 0);
        return TestModels.Create(ItemCount, new PnfRecSettings(encoder, 0.5, 0.5, ContrastSimilarity.Dot, false), 1);
    }

    // (item, next item) within each row's window, in one order whatever the slices
    private static List<(long, long)> Steps(SequenceData data, int maximumLength, int sign)
    {
        var steps = new List<(long, long)>();
        for (int row = 0; row < data.RowCount; row++)
        {
            var feedback = data.Feedback(row).ToArray();
            long[] window = [.. data.Items(row).ToArray().Where((_, i) => feedback[i] == sign).TakeLast(maximumLength + 1)];
            steps.AddRange(window.Zip(window.Skip(1)));
        }

        steps.Sort();
        return steps;
    }

    private static List<(long, long)> StepsOf(IEnumerable<SequenceSlice> slices, SequenceKind kind)
    {
        var steps = new List<(long, long)>();
        foreach (var slice in slices.Where(slice => slice.Kind == kind))
            steps.AddRange(slice.Places.Select(position => slice.Items[(int)position]).Zip(slice.Targets[SequenceSlice.Next]));
        steps.Sort();
        return steps;
    }
}
