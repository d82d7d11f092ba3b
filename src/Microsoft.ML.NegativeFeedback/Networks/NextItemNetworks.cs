using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>Which interactions of a user a sequence is made of, in their real order.</summary>
internal enum SequenceKind
{
    /// <summary>The items with positive feedback.</summary>
    Positives,

    /// <summary>The items with negative feedback.</summary>
    Negatives,

    /// <summary>Every item.</summary>
    Whole,
}

/// <summary>What the networks share that foresee the next item of one kind of sequence or of several.</summary>
internal abstract class NextItemNetwork(int itemCount, EncoderSettings settings, long seed) : Network(itemCount, settings, seed)
{
    /// <summary>The sequences of a user that a step of training reads.</summary>
    public abstract IReadOnlyList<SequenceKind> TrainingSequences { get; }

    /// <summary>The sequence that recommendations are made from.</summary>
    public abstract SequenceKind ScoringSequence { get; }

    public sealed override bool ReadsWholeHistory => ScoringSequence == SequenceKind.Whole;

    /// <summary>Hidden vectors of sequences of a kind, [n, d]; their dot product with an item's embedding is its logit.</summary>
    public abstract T Hidden<T>(Pass<T> pass, History<T> history, SequenceKind kind)
        where T : struct, ITensor<T>;

    public sealed override T States<T>(Pass<T> pass, History<T> history) => Hidden(pass, history, ScoringSequence);
}

/// <summary>
/// PNFRec (Ivanova, Frolov and Vasilev, RecSys '25): one encoder for the positives of a user and one for the negatives, one item table. The positive encoder alone
/// recommends. As in the published code the encoders share the final normalisation, and the position table unless asked otherwise.
/// </summary>
internal class PnfRecNetwork : NextItemNetwork
{
    private readonly SelfAttentionEncoder _positive;
    private readonly SelfAttentionEncoder? _negative;
    private readonly bool _separatePositions;

    /// <param name="itemCount">N.</param>
    /// <param name="settings">Shape of both encoders.</param>
    /// <param name="readsNegatives">Whether there is a negative encoder; without it is PNFRec_pc.</param>
    /// <param name="separatePositions">Whether each encoder has a position table of its own, as in the paper's text, rather than one shared, as in its code.</param>
    /// <param name="seed">What the initial weights follow from.</param>
    public PnfRecNetwork(int itemCount, EncoderSettings settings, bool readsNegatives, bool separatePositions, long seed)
        : base(itemCount, settings, seed)
    {
        _separatePositions = separatePositions;
        var positions = Table("positions", 1);
        var finalNorm = new LayerNormalization("finalNorm", settings.Width);
        _positive = CreateEncoder("positive.", positions, finalNorm, CounterRandom.Of(seed, 2).Bits64());
        if (readsNegatives)
            _negative = CreateEncoder("negative.", separatePositions ? Table("negativePositions", 4) : positions, finalNorm, CounterRandom.Of(seed, 3).Bits64());

        NetworkParameter Table(string name, int number)
            => NetworkParameter.Normal(name, CounterRandom.Of(seed, number), settings.MaximumLength, settings.Width);
    }

    public override string Description => $"{base.Description} {_negative is not null} {_separatePositions}";

    public override IReadOnlyList<SequenceKind> TrainingSequences
        => _negative is null ? [SequenceKind.Positives] : [SequenceKind.Positives, SequenceKind.Negatives];

    public override SequenceKind ScoringSequence => SequenceKind.Positives;

    public override bool AllowsRoundWidths => _positive.AllowsRoundWidths;

    public override long ValuesPerPlace => _positive.ValuesPerPlace;

    public override IEnumerable<NetworkParameter> ScoringParameters => [Items, .. _positive.Parameters];

    protected override IEnumerable<NetworkParameter> OwnParameters => _positive.Parameters.Union(_negative?.Parameters ?? []);

    public override T Hidden<T>(Pass<T> pass, History<T> history, SequenceKind kind)
    {
        var encoder = kind == SequenceKind.Negatives ? _negative! : _positive;
        return encoder.Encode(pass, history, pass.Lookup(Items, history.Items));
    }

    /// <summary>An encoder.</summary>
    protected virtual SelfAttentionEncoder CreateEncoder(string prefix, NetworkParameter positions, LayerNormalization finalNorm, long seed)
        => new(Settings, prefix, positions, finalNorm, seed);
}

/// <summary>SASRec (Kang and McAuley 2018): the encoder over liked items, or over all. In the form of SINE's code it is what SINE is compared with.</summary>
internal class SasRecNetwork : NextItemNetwork
{
    private readonly SelfAttentionEncoder _encoder;

    /// <param name="itemCount">N.</param>
    /// <param name="settings">Shape of the encoder.</param>
    /// <param name="readsWholeSequence">Whether every item is read and foreseen (SASRec, SASRec_c) or the positives alone (SASRec_p).</param>
    /// <param name="seed">What the initial weights follow from.</param>
    public SasRecNetwork(int itemCount, EncoderSettings settings, bool readsWholeSequence, long seed)
        : base(itemCount, settings, seed)
    {
        ScoringSequence = readsWholeSequence ? SequenceKind.Whole : SequenceKind.Positives;
        _encoder = settings.Form == EncoderForm.Sine ? SelfAttentionEncoder.OfSine(settings, seed)
            : CreateEncoder(NetworkParameter.Normal("positions", CounterRandom.Of(seed, 1), settings.MaximumLength, settings.Width),
                new LayerNormalization("finalNorm", settings.Width), CounterRandom.Of(seed, 2).Bits64());
    }

    public override string Description => $"{base.Description} {ScoringSequence}";

    public override IReadOnlyList<SequenceKind> TrainingSequences => [ScoringSequence];

    public override SequenceKind ScoringSequence { get; }

    public override bool AllowsRoundWidths => _encoder.AllowsRoundWidths;

    public override long ValuesPerPlace => _encoder.ValuesPerPlace;

    protected override IEnumerable<NetworkParameter> OwnParameters => _encoder.Parameters;

    public override T Hidden<T>(Pass<T> pass, History<T> history, SequenceKind kind)
        => _encoder.Encode(pass, history, pass.Lookup(Items, history.Items));

    /// <summary>The encoder.</summary>
    protected virtual SelfAttentionEncoder CreateEncoder(NetworkParameter positions, LayerNormalization finalNorm, long seed)
        => new(Settings, "encoder.", positions, finalNorm, seed);
}
