using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>The settings of the multi-feedback ranker.</summary>
/// <param name="Encoder">Width d of the items and shape of the encoder, whose own width is d + K where it reads the feedback.</param>
/// <param name="TaskCount">K, the kinds of feedback that are foretold.</param>
/// <param name="ReadsFeedback">Whether the encoder reads the kinds of feedback on each item of a history; without it is the paper's online baseline.</param>
/// <param name="LearnsBalance">Whether the tasks' coefficients are learned.</param>
/// <param name="FeatureWidth">Width of a feature's embedding.</param>
/// <param name="SlotCount">S, the slots of eq. 7.</param>
/// <param name="ExpertCount">N, the experts.</param>
/// <param name="ExpertWidth">Width of an expert's output, and of a tower's hidden layer.</param>
internal sealed record MultiFeedbackSettings(
    EncoderSettings Encoder, int TaskCount, bool ReadsFeedback, bool LearnsBalance, int FeatureWidth, int SlotCount, int ExpertCount, int ExpertWidth);

/// <summary>
/// The multi-feedback ranker (Pan et al., "Learning and Optimization of Implicit Negative Feedback for Industrial Short-video Recommender System", CIKM '23): a self-attention
/// encoder that reads the feedback on each item, a layer for features of user, item and context, and N experts that K tasks mix by gates of their own.
/// </summary>
/// <remarks>
/// A user has no embedding of their own, so that users whom training never met are served: e_u is what the encoder makes of the history, e_h, beside the user's features. Eq. 6 is read
/// as E_trans = E_in ∗ (W₁[e_u; e_i; e_p] + b): what of a feature counts depends on user, item and context. b is 1 at first, so that features pass as they are before anything is
/// learned. Where the paper has four blocks of one width D in eq. 7, here E_in is e_u, e_p and e_i themselves, beside each other.
/// </remarks>
internal sealed class MultiFeedbackNetwork : Network
{
    private readonly MultiFeedbackSettings _settings;
    private readonly FeatureLayer _features;
    private readonly FeedbackEncoder _encoder;
    private readonly NetworkParameter _experts, _expertBias, _gates, _towers, _towerBias, _outputs, _outputBias;

    /// <param name="itemCount">N.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="features">What is known of users, items and context.</param>
    /// <param name="seed">What the initial weights follow from.</param>
    public MultiFeedbackNetwork(int itemCount, MultiFeedbackSettings settings, RankerFeatures features, long seed)
        : base(itemCount, settings.Encoder, seed)
    {
        _settings = settings;
        _encoder = new FeedbackEncoder(settings, CounterRandom.Of(seed, 2).Bits64());
        _features = new FeatureLayer(settings, features, _encoder.Width, CounterRandom.Of(seed, 1).Bits64());
        Flags = new NetworkInput(FlagsName, InputScope.Items, settings.TaskCount);
        Balance = NetworkParameter.Zeros("balance", settings.TaskCount);
        var (n, h, tasks, width) = (settings.ExpertCount, settings.ExpertWidth, settings.TaskCount, _features.Width + _encoder.Width);
        (_experts, _expertBias) = (NetworkParameter.XavierNormal("experts.weight", CounterRandom.Of(seed, 3), n * h, width), NetworkParameter.Zeros("experts.bias", n * h));
        _gates = NetworkParameter.XavierNormal("gates", CounterRandom.Of(seed, 4), tasks * n, width);
        (_towers, _towerBias) = (NetworkParameter.XavierNormal("towers.weight", CounterRandom.Of(seed, 5), tasks * h, h), NetworkParameter.Zeros("towers.bias", tasks * h));
        (_outputs, _outputBias) = (NetworkParameter.XavierNormal("outputs.weight", CounterRandom.Of(seed, 6), tasks, h), NetworkParameter.Zeros("outputs.bias", tasks));
    }

    /// <summary>The name of the flags: of an item of a history, and in training of the item that came next.</summary>
    public const string FlagsName = "Flags";

    /// <summary>EVV, FVV and GVV of each item of a history, 0 or 1 each (eq. 2).</summary>
    public NetworkInput Flags { get; }

    /// <summary>s [K]: where it is learned, task k's coefficient is in proportion to exp(−s_k) (Kendall, Gal and Cipolla 2018).</summary>
    public NetworkParameter Balance { get; }

    public override string Description => $"{GetType().Name} {JsonSerializer.Serialize(_settings)} {_features.Description}";

    public override IReadOnlyList<NetworkInput> Inputs => [.. _settings.ReadsFeedback ? [Flags] : Array.Empty<NetworkInput>(), .. _features.Inputs];

    public override IReadOnlyList<NetworkConstant> Constants => _features.Constants;

    public override IEnumerable<(string Feature, string Hash)> KeysOfFeatures => _features.Keys;

    public override IReadOnlyList<string> OrderOfFeatures => _features.Order;

    public override bool HasStates => false;

    public override bool ScoresCatalogue => false;

    public override bool ReadsWholeHistory => true;

    public override int TaskCount => _settings.TaskCount;

    public override long ValuesPerCandidate => new long[]
    {
        _settings.ExpertCount * (long)_settings.ExpertWidth, _settings.TaskCount * (long)_settings.ExpertWidth, _settings.TaskCount * (long)_settings.ExpertCount, _features.Width,
    }.Max();

    public override long ValuesPerPlace => Math.Max(_encoder.Width, Settings.HeadCount * (long)MaximumLength);

    public override IEnumerable<NetworkParameter> ScoringParameters => Parameters.Where(parameter => parameter != Balance);

    protected override IEnumerable<NetworkParameter> OwnParameters =>
    [
        .. _features.Parameters, .. _encoder.Parameters, _experts, _expertBias, _gates, _towers, _towerBias, _outputs, _outputBias,
        .. _settings.LearnsBalance ? [Balance] : Array.Empty<NetworkParameter>(),
    ];

    // section 2.3: o_k = Σ_i g_i^k f_i(x), g^k = softmax(W_k x), y_k = σ(tower_k(o_k)), with x = [Ẽ; e_h]
    public override T TaskLogits<T>(Pass<T> pass, History<T> history, T items)
    {
        var (tasks, h) = (_settings.TaskCount, _settings.ExpertWidth);
        var user = pass.Once(() => _encoder.Encode(pass, history, pass.Lookup(Items, history.Items), FlagsOf(history)));    // e_h, [n, d + K]
        var features = _features.Run(pass, history, items, pass.Lookup(Items, items), user);                // Ẽ, [n, c, D]
        var encoded = user.Unsqueeze(1);
        var experts = pass.DropoutRelu(OfX(pass.Of(_experts)) + pass.Of(_expertBias));                 // [n, c, N · h]
        var gates = OfX(pass.Of(_gates)).Reshape(0, 0, tasks, -1).Softmax(-1);                              // [n, c, K, N]
        var mixed = gates.MatMul(experts.Reshape(0, 0, -1, h));                                             // [n, c, K, h]
        var logits = new T[tasks];
        for (int k = 0; k < tasks; k++)
        {
            var own = mixed.Slice(2, k, k + 1).Squeeze(2);                                                  // [n, c, h]
            var hidden = own.Linear(pass.Of(_towers).Slice(0, k * h, (k + 1) * h), pass.Of(_towerBias).Slice(0, k * h, (k + 1) * h)).Relu();
            logits[k] = hidden.Linear(pass.Of(_outputs).Slice(0, k, k + 1), pass.Of(_outputBias).Slice(0, k, k + 1));
        }

        return T.Concat(2, logits);

        // W·x of the two halves apart: the history's is the same for all candidates
        T OfX(T weight) => features.Linear(weight.Slice(1, 0, _features.Width)) + encoded.Linear(weight.Slice(1, _features.Width));
    }

    // [b, w, K]; an input with one value an item comes as [b, w]
    private T? FlagsOf<T>(History<T> history)
        where T : struct, ITensor<T>
        => !_settings.ReadsFeedback ? null : _settings.TaskCount == 1 ? history[Flags].Unsqueeze(2) : history[Flags];
}

/// <summary>The feedback-aware sequential encoder (section 2.1): blocks of attention and a feed-forward layer, normalised behind each (eq. 5).</summary>
internal sealed class FeedbackEncoder
{
    private readonly MultiFeedbackSettings _settings;
    private readonly NetworkParameter _positions;
    private readonly Block[] _blocks;

    public FeedbackEncoder(MultiFeedbackSettings settings, long seed)
    {
        _settings = settings;
        Width = settings.Encoder.Width + (settings.ReadsFeedback ? settings.TaskCount : 0);
        _positions = NetworkParameter.Normal("encoder.positions", CounterRandom.Of(seed, 0), settings.Encoder.MaximumLength, Width);
        _blocks = [.. Enumerable.Range(0, settings.Encoder.BlockCount).Select(i => new Block($"encoder.block{i}.", Width, CounterRandom.Of(seed, 1 + i).Bits64()))];
    }

    /// <summary>d + K, or d.</summary>
    public int Width { get; }

    public IEnumerable<NetworkParameter> Parameters => [_positions, .. _blocks.SelectMany(block => block.Parameters)];

    /// <summary>e_h at the places that are asked for.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="history">The histories.</param>
    /// <param name="embedded">Their items [b, w, d].</param>
    /// <param name="flags">The feedback on them, [b, w, K]; null for none.</param>
    /// <returns>[n, d + K].</returns>
    public T Encode<T>(Pass<T> pass, History<T> history, T embedded, T? flags)
        where T : struct, ITensor<T>
    {
        var read = flags is { } feedback ? T.Concat(2, embedded, feedback) : embedded;
        var x = pass.Dropout(read + pass.Of(_positions).Gather(embedded.RangeOf(1)));                       // eq. 3
        double scale = 1 / Math.Sqrt((double)Width / _settings.Encoder.HeadCount);
        foreach (var block in _blocks)
            x = block.Run(pass, x, scale, new AttentionSettings<T>(_settings.Encoder.HeadCount, Dropout: _settings.Encoder.DropoutRate > 0 ? pass : null));
        return history.Select(x);
    }

    private sealed class Block(string prefix, int width, long seed)
    {
        private readonly NetworkParameter
            _query = Square($"{prefix}query", width, seed, 0), _key = Square($"{prefix}key", width, seed, 1), _value = Square($"{prefix}value", width, seed, 2),
            _first = Square($"{prefix}first.weight", width, seed, 3), _second = Square($"{prefix}second.weight", width, seed, 4),
            _firstBias = NetworkParameter.Zeros($"{prefix}first.bias", width), _secondBias = NetworkParameter.Zeros($"{prefix}second.bias", width);

        private readonly LayerNormalization _attentionNorm = new($"{prefix}attentionNorm", width), _forwardNorm = new($"{prefix}forwardNorm", width);

        public IEnumerable<NetworkParameter> Parameters
            => [_query, _key, _value, _first, _firstBias, _second, _secondBias, .. _attentionNorm.Parameters, .. _forwardNorm.Parameters];

        // eq. 4 and 5
        public T Run<T>(Pass<T> pass, T x, double scale, AttentionSettings<T> attention)
            where T : struct, ITensor<T>
        {
            var attended = T.CausalAttention(x.Linear(pass.Of(_query) * scale), x.Linear(pass.Of(_key)), x.Linear(pass.Of(_value)), attention);
            var hidden = _attentionNorm.Run(pass, attended + x);
            var forward = pass.DropoutRelu(hidden.Linear(pass.Of(_first), pass.Of(_firstBias))).Linear(pass.Of(_second), pass.Of(_secondBias));
            return _forwardNorm.Run(pass, forward + hidden);
        }

        private static NetworkParameter Square(string name, int width, long seed, int number)
            => NetworkParameter.XavierNormal(name, CounterRandom.Of(seed, number), width, width);
    }
}
