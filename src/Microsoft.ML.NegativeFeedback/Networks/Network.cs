using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>
/// A network that scores items after a history, written once in the algebra of <see cref="ITensor{TSelf}"/>: training runs it on torch, at every place of its
/// sequences; export runs it on a graph, at the newest. Symbols in all networks: b sequences, w places each, n places that are scored, c candidates each, d width.
/// </summary>
/// <param name="itemCount">N, without padding, which is item 0.</param>
/// <param name="settings">Width, length and what else the parts take.</param>
/// <param name="seed">What the initial weights follow from; number 0 of it is the item table's.</param>
internal abstract class Network(int itemCount, EncoderSettings settings, long seed)
{
    /// <summary>N, without padding.</summary>
    public int ItemCount { get; } = itemCount;

    public EncoderSettings Settings { get; } = settings;

    /// <summary>The embeddings of the items, [N + 1, d]; row 0, of padding, is zero.</summary>
    public NetworkParameter Items { get; }
        = NetworkParameter.Embeddings("items", CounterRandom.Of(seed, 0), itemCount, settings.Width, settings.Form);

    /// <summary>The network and its settings as a text that no other network has.</summary>
    public virtual string Description => $"{GetType().Name} {JsonSerializer.Serialize(Settings)}";

    /// <summary>Everything that is learned, the item table first.</summary>
    public IReadOnlyList<NetworkParameter> Parameters => [Items, .. OwnParameters];

    /// <summary>What of it scoring uses.</summary>
    public virtual IEnumerable<NetworkParameter> ScoringParameters => Parameters;

    /// <summary>Everything that is learned but the item table.</summary>
    protected abstract IEnumerable<NetworkParameter> OwnParameters { get; }

    /// <summary>What it computes with beside.</summary>
    public virtual IReadOnlyList<NetworkConstant> Constants => [];

    /// <summary>Of features with keys, a hash of the values behind these: what was learned of a key is another value's where another dictionary gave the keys.</summary>
    public virtual IEnumerable<(string Feature, string Hash)> KeysOfFeatures => [];

    /// <summary>The features beside the items by name, in the order that they stand in within parameters which all of them share.</summary>
    public virtual IReadOnlyList<string> OrderOfFeatures => [];

    /// <summary>How many of the newest items of a sequence the network reads.</summary>
    public virtual int MaximumLength => Settings.MaximumLength;

    /// <summary>
    /// Whether the network reads a history into one vector s, whatever the candidate, and a score is s·e: then <see cref="States"/> is all that it has to say.
    /// </summary>
    public virtual bool HasStates => true;

    /// <summary>Whether the whole catalogue can be scored; otherwise only given candidates.</summary>
    public virtual bool ScoresCatalogue => true;

    /// <summary>The values of its largest tensor that a row takes when the whole catalogue is scored: who makes batches keeps them small by it.</summary>
    public virtual long ValuesPerRow => ItemCount + 1L;

    /// <summary>The values of its largest tensor that a candidate takes.</summary>
    public virtual long ValuesPerCandidate => Settings.Width + 1L;

    /// <summary>The values of its largest tensor that a place of a history takes, whatever is scored after it.</summary>
    public virtual long ValuesPerPlace => Settings.Width + 1L;

    /// <summary>Whether the network reads every item of a history, rather than the liked ones.</summary>
    public virtual bool ReadsWholeHistory => false;

    /// <summary>
    /// Whether the network computes the same with zeros behind the numbers of every vector, so that training on a CPU may keep its parameters at round widths, where products are faster:
    /// vectors are added, multiplied with whole parameters or parts of them and normalised, but neither joined nor cut at <see cref="EncoderSettings.Width"/>.
    /// </summary>
    public virtual bool AllowsRoundWidths => false;

    /// <summary>What the network reads beside the items.</summary>
    public virtual IReadOnlyList<NetworkInput> Inputs => [];

    /// <summary>
    /// Of a network that reads a sequence with one question in mind, so that it has to read it again for every other: at how many places it is asked, an epoch and
    /// a sequence of training. Null for one that is asked at every place.
    /// </summary>
    public virtual int? QuestionsPerSequence => null;

    /// <summary>K, if the network can tell how much each sub-interest counts in a score; 0 otherwise.</summary>
    public virtual int SubInterestCount => 0;

    /// <summary>K, of a network that foretells several kinds of feedback on a candidate, of which a score is made when it is served; 0 otherwise.</summary>
    public virtual int TaskCount => 0;

    /// <summary>The log odds of each kind of feedback on candidates at each scored place.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="history">The histories.</param>
    /// <param name="items">The candidates, Int64 [n, c].</param>
    /// <returns>[n, c, K].</returns>
    public virtual T TaskLogits<T>(Pass<T> pass, History<T> history, T items)
        where T : struct, ITensor<T>
        => throw new NotSupportedException("The network foretells no kinds of feedback.");

    /// <summary>The vector s of the history at each scored place.</summary>
    /// <returns>[n, d].</returns>
    public virtual T States<T>(Pass<T> pass, History<T> history)
        where T : struct, ITensor<T>
        => throw new NotSupportedException("The network reads history and candidate together.");

    /// <summary>The scores of candidates at each scored place.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="history">The histories.</param>
    /// <param name="candidates">Item vectors [n, c, d] of the places, or [c, d] for all.</param>
    /// <returns>[n, c].</returns>
    public virtual T Scores<T>(Pass<T> pass, History<T> history, T candidates)
        where T : struct, ITensor<T>
        => States(pass, history).Unsqueeze(1).DotProducts(candidates).Squeeze(1);

    /// <summary>How far the first candidate's score is above each other's, as pairwise learning takes it.</summary>
    /// <returns>[n, c − 1].</returns>
    public virtual T Margins<T>(Pass<T> pass, History<T> history, T candidates)
        where T : struct, ITensor<T>
    {
        var scores = Scores(pass, history, candidates);
        return scores.Slice(1, 0, 1) - scores.Slice(1, 1);
    }

    /// <summary>What the network learns beside the order of its scores: the terms' names, their coefficients above 0.</summary>
    public virtual IReadOnlyList<(string Name, double Weight)> FurtherLosses => [];

    /// <summary>The values of <see cref="FurtherLosses"/> at each scored place, of which the loss has the means.</summary>
    /// <param name="pass">The pass, in which <see cref="Margins"/> was asked for before.</param>
    /// <param name="history">The histories.</param>
    /// <param name="candidates">[n, c, d]: the item that came next, a sampled one, and where skips are learned from the one that was skipped.</param>
    /// <returns>[n] each.</returns>
    public virtual T[] FurtherLossesAt<T>(Pass<T> pass, History<T> history, T candidates)
        where T : struct, ITensor<T>
        => [];

    /// <summary>How much each sub-interest counts in the scores.</summary>
    /// <returns>[n or n, c or 1, K], positive, of sum 1.</returns>
    public virtual T Shares<T>(Pass<T> pass, History<T> history, T candidates)
        where T : struct, ITensor<T>
        => throw new NotSupportedException("The network weighs no sub-interests.");
}

/// <summary>A network with the numbers of its parameters, by name and row-major: what training gives, an ONNX graph is written from and a file keeps.</summary>
internal sealed record NetworkWeights(Network Network, IReadOnlyDictionary<string, float[]> Values);

/// <summary>One run of a network: where its parameters' values come from, and what training does on the way.</summary>
internal abstract class Pass<T> : IDropout<T>
    where T : struct, ITensor<T>
{
    private T? _once;

    /// <summary>Whether it is one of training, whose dropout drops values.</summary>
    public virtual bool Drops => false;

    /// <summary>Whether the number of operations counts more than their size, as on a GPU, where each is launched by the host.</summary>
    public virtual bool WaitsForLaunches => false;

    /// <summary>The values of a parameter.</summary>
    public abstract T Of(NetworkParameter parameter);

    /// <summary>The values of one of the parts of a parameter, from 0.</summary>
    public T Of(NetworkParameter parameter, int part)
    {
        long rows = RowsOf(parameter) / parameter.Parts;
        return Of(parameter).Slice(0, part * rows, (part + 1) * rows);
    }

    /// <summary>The size of the first axis of a parameter's values.</summary>
    protected virtual long RowsOf(NetworkParameter parameter) => parameter.Shape[0];

    /// <summary>Values that follow from parameters alone: computed once for all passes that share them, where they can be.</summary>
    /// <param name="key">What they are known by: whose they are, and a name there.</param>
    /// <param name="compute">Computes them in a pass, which may be another than this one.</param>
    public virtual T Derived((object Owner, string Name) key, Func<Pass<T>, T> compute) => compute(this);

    /// <summary>The values of a constant.</summary>
    public abstract T Of(NetworkConstant constant);

    /// <summary>The rows of a table by number: Int64 […] → […, d].</summary>
    public abstract T Lookup(NetworkParameter table, T rows);

    /// <summary>The same without a gradient.</summary>
    public abstract T LookupFrozen(NetworkParameter table, T rows);

    /// <summary>
    /// What several methods of a network begin with, or scoring of one stretch of candidates after another; computed once a pass. A network keeps one such value.
    /// </summary>
    public T Once(Func<T> compute) => _once ??= compute();

    /// <inheritdoc/>
    public virtual T Dropout(T values) => values;

    /// <summary>max(dropout(x), 0).</summary>
    public virtual T DropoutRelu(T values) => values.Relu();

    /// <summary>sum + dropout(x), both of one shape.</summary>
    public virtual T AddDropout(T sum, T values) => sum + values;
}

/// <summary>
/// Sequences of a batch, oldest first, padded behind with 0, by named channels; at which of their places a network is asked, and what is known there of the question.
/// </summary>
internal abstract class History<T>
    where T : struct, ITensor<T>
{
    /// <summary>The items, Int64 [b, w].</summary>
    public T Items => this[NetworkInput.Items];

    /// <summary>The values beside the items, 0 where a sequence has ended: [b, w], or [b, w, width] of an input with several.</summary>
    public abstract T this[NetworkInput input] { get; }

    /// <summary>What is known of the question beside the history, of an input of scope Question or Row: [n, width].</summary>
    public abstract T Asked(NetworkInput input);

    /// <summary>Int64 [b]: the place of each sequence's newest item, where the network is asked there alone; null where it is asked at more.</summary>
    public abstract T? Newest { get; }

    /// <summary>The values [b, w, d] at the places that are asked for, [n, d].</summary>
    public abstract T Select(T values);

    /// <summary>What a candidate and the items up to its place come to, for a network that reads them together.</summary>
    /// <param name="embedded">The items' vectors [b, w, d].</param>
    /// <param name="candidates">[n, c, d].</param>
    /// <param name="read">
    /// Items [b, w, d], the newest place that each of q candidates may read, Int64 [b or 1, q], and those candidates [b, q, d] → [b, q, d].
    /// </param>
    /// <returns>[n, c, d].</returns>
    public abstract T Read(T embedded, T candidates, Func<T, T, T, T> read);
}

/// <summary>A channel of a history: what a network reads of the items, beside them, or beside the question.</summary>
/// <param name="Name">What it is called, and the graph's input with it.</param>
/// <param name="Scope">What it belongs to.</param>
/// <param name="Width">Values an item, or a question.</param>
/// <param name="IsInteger">Whether they are Int64, times or keys, rather than Single.</param>
internal sealed record NetworkInput(string Name, InputScope Scope, int Width = 1, bool IsInteger = false)
{
    /// <summary>The items: Int64. Every network reads them.</summary>
    public static readonly NetworkInput Items = new("Items", InputScope.History, IsInteger: true);

    /// <summary>What was skipped just before each item, 0 for nothing: Int64.</summary>
    public static readonly NetworkInput Skips = new("Skips", InputScope.History, IsInteger: true);

    /// <summary>The sign of the feedback on each item: Single.</summary>
    public static readonly NetworkInput Feedback = new("Feedback", InputScope.History);

    /// <summary>The graph's input with the values of the question, where the input has such.</summary>
    public string QuestionName => Scope.HasFlag(InputScope.Row) ? Name : QuestionNameOf(Name);

    /// <summary>What stands beside the item that is asked for, of an input that otherwise stands beside the items.</summary>
    public static string QuestionNameOf(string name) => $"Target{name}";
}

/// <summary>What the values of a <see cref="NetworkInput"/> belong to.</summary>
[Flags]
internal enum InputScope
{
    /// <summary>They follow from items and feedback.</summary>
    History = 0,

    /// <summary>They stand beside the items of a history, and a network reads them there.</summary>
    Items = 1,

    /// <summary>
    /// They stand beside the item that is asked for: in training, where every item but the first is asked for, beside the items, in other rows once, under
    /// <see cref="NetworkInput.QuestionName"/>.
    /// </summary>
    Question = 2,

    /// <summary>They are the same for all questions of a row: what is known of the user.</summary>
    Row = 4,
}
