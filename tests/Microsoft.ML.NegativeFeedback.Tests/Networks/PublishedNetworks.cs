using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

// The networks with the slips of their published code, which parity with its numbers takes.

/// <summary>Padding takes part in attention and is zeroed: behind the last block alone in PNFRec's code, everywhere in SINE's.</summary>
internal sealed class PublishedEncoder(
    EncoderSettings settings, string prefix, NetworkParameter positions, LayerNormalization finalNorm, long seed, bool isZeroedEverywhere)
    : SelfAttentionEncoder(settings, prefix, positions, finalNorm, seed)
{
    protected override T AtItems<T>(T values, History<T> history, bool isLast)
        => isLast || isZeroedEverywhere ? values * history.Items.IsAbove(0).ToSingle().Unsqueeze(2) : values;
}

internal sealed class PublishedPnfRec(int itemCount, EncoderSettings settings, bool readsNegatives) : PnfRecNetwork(itemCount, settings, readsNegatives, false, 1)
{
    protected override SelfAttentionEncoder CreateEncoder(string prefix, NetworkParameter positions, LayerNormalization finalNorm, long seed)
        => new PublishedEncoder(Settings, prefix, positions, finalNorm, seed, isZeroedEverywhere: false);
}

internal sealed class PublishedSasRec(int itemCount, EncoderSettings settings) : SasRecNetwork(itemCount, settings, readsWholeSequence: true, 1)
{
    protected override SelfAttentionEncoder CreateEncoder(NetworkParameter positions, LayerNormalization finalNorm, long seed)
        => new PublishedEncoder(Settings, "encoder.", positions, finalNorm, seed, isZeroedEverywhere: false);
}

/// <summary>Item 0 counts as one like any other, and is trained; SASRec_c's contrast is the published one.</summary>
internal sealed class PublishedNextItemModel : NextItemModel
{
    private readonly double _contrastWeight;
    private readonly long[]? _isNegativeInput;

    /// <param name="network">The network.</param>
    /// <param name="loss">What it learns from.</param>
    /// <param name="isNegativeInput">[count · length] 1 where the input had negative feedback, for InfoNCE; null without it.</param>
    public PublishedNextItemModel(NextItemNetwork network, NextItemLoss loss, long[]? isNegativeInput)
        : base(network, loss, CPU) => (_contrastWeight, _isNegativeInput) = (loss.ContrastWeight, isNegativeInput);

    private protected override int FirstClass => 0;

    public override void TakeGradients(GradientSums sums) => sums.MoveToParameters();

    public override void AccumulateGradients(SequenceSlice slice, in BatchCounts counts, PassKey key, GradientSums sums)
    {
        base.AccumulateGradients(slice, counts, key, sums);
        if (_isNegativeInput is not null)
            PublishedInfoNce.Accumulate(this, slice, _isNegativeInput, _contrastWeight, sums, ContrastTerm);
    }
}

/// <summary>
/// The published code takes the sub-interest of the item to be foreseen for the query's, shifts it by one for the keys', and weighs attention by it in training
/// alone.
/// </summary>
/// <param name="itemCount">N.</param>
/// <param name="settings">The settings.</param>
/// <param name="filter">What attention weights of equal sub-interests are multiplied with, others with 1; null for none.</param>
internal sealed class PublishedSine(int itemCount, SineSettings settings, double? filter) : SineNetwork(itemCount, settings, 1)
{
    /// <summary>The batch that is trained on; null while candidates are scored.</summary>
    public SequenceSlice? Slice { get; set; }

    protected override SelfAttentionEncoder CreateEncoder(long seed) => new PublishedEncoder(Settings, "encoder.blocks.",
        NetworkParameter.Zeros("encoder.positions", 1).WithShape(Settings.MaximumLength, Settings.Width), new LayerNormalization("encoder.finalNorm", Settings.Width),
        seed, isZeroedEverywhere: true);

    protected override AttentionSettings<T> Attention<T>(Pass<T> pass, History<T> history, T embedded)
    {
        if (filter is not { } same || Slice is not { } slice)
            return new(Settings.HeadCount);
        var (liked, skipped) = (new long[slice.Items.Length], new long[slice.Items.Length]);
        for (int i = 0; i < slice.Places.Length; i++)
            (liked[slice.Places[i]], skipped[slice.Places[i]]) = (slice.Targets[SequenceSlice.Next][i], slice.Targets[SequenceSlice.Skipped][i]);
        T vectors = Frozen(liked), ofSkips = Frozen(skipped) * Items(skipped).IsAbove(0).ToSingle().Unsqueeze(2);
        var targets = DominantInterests(pass, vectors, ofSkips);
        var first = DominantInterests(pass, embedded.Slice(1, 0, 1), embedded.Slice(1, 0, 1).Detach() * 0);
        return new(Settings.HeadCount, Groups: T.Concat(1, first, targets.Slice(1, 0, -1)), SameGroup: same, OtherGroup: 1, QueryGroups: targets);

        T Items(long[] items) => (T)(object)new TorchTensor(TorchMemory.Of(items, CPU, slice.Count, slice.Length));
        T Frozen(long[] items) => pass.LookupFrozen(base.Items, Items(items));
    }
}

file static class Shapes
{
    public static NetworkParameter WithShape(this NetworkParameter parameter, params int[] shape)
        => new(parameter.Name, shape, () => new float[shape.Aggregate(1, (product, size) => product * size)]);
}
