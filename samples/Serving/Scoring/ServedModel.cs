using System.Collections;
using System.Security.Cryptography;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;

namespace Serving.Scoring;

/// <summary>What a model recommends for one history, best first.</summary>
[GenerateSerializer, Immutable, Alias("serving.recommended")]
internal sealed record RecommendedList([property: Id(0)] string ModelVersion, [property: Id(1)] string[] Items, [property: Id(2)] float[] Scores);

/// <summary>A model file, loaded and tried; scores histories in batches.</summary>
internal sealed class ServedModel : IDisposable
{
    /// <summary>Every history is scored for so many recommendations, or all items where there are fewer; who asks for fewer gets the first of them.</summary>
    public const int MaximumRecommendations = 100;

    private readonly TransformerChain<ITransformer> _chain;
    private readonly Batch _batch = new();
    private readonly IDataView _scored;
    private readonly DataViewSchema.Column[] _columns;

    private ServedModel(MLContext ml, TransformerChain<ITransformer> chain, string version, int itemCount)
    {
        (_chain, Version, ItemCount) = (chain, version, itemCount);
        // Made once: a view of objects compiles what reads them. Its rows are those of the batch.
        _scored = chain.Transform(ml.Data.LoadFromEnumerable(_batch));
        _columns = [_scored.Schema["RecommendedItems"], _scored.Schema["Scores"]];
    }

    /// <summary>The first digits of the file's SHA-256: the same file has the same version on every silo.</summary>
    public string Version { get; }

    public int ItemCount { get; }

    /// <inheritdoc cref="Version"/>
    public static string VersionOf(byte[] file) => Convert.ToHexStringLower(SHA256.HashData(file))[..12];

    /// <summary>Loads a model and tries it.</summary>
    /// <remarks>
    /// A model that was saved to recommend <see cref="MaximumRecommendations"/> or more is asked as it is, with all that <see cref="NextItemTransformer.With"/> told it. One that recommends fewer is
    /// asked anew for so many, as it was trained: a file does not say what else it was told, so that allowed and denied items, a least score and whether seen items are left out, where chosen after training, are lost.
    /// </remarks>
    /// <param name="file">The content of its file.</param>
    /// <exception cref="InvalidDataException">It is no model, or none that this service can ask.</exception>
    public static ServedModel Load(byte[] file)
    {
        try
        {
            return Open(file);
        }
        catch (Exception error) when (error is not (InvalidDataException or OutOfMemoryException))
        {
            // what broken bytes make of ML.NET's reader is not to be foreseen
            throw new InvalidDataException($"It cannot be loaded as a model of ML.NET: {error.Message}", error);
        }
    }

    /// <summary>Scores histories, one answer each in their order; one batch at a time.</summary>
    public RecommendedList[] Score(IReadOnlyList<ViewedRow> histories)
    {
        lock (_batch)
        {
            _batch.Rows = histories;
            // one of one: a single cursor would spread the rows over threads of its own, for every batch anew
            using var rows = _scored.GetRowCursorSet(_columns, 1)[0];
            var readItems = rows.GetGetter<VBuffer<ReadOnlyMemory<char>>>(_columns[0]);
            var readScores = rows.GetGetter<VBuffer<float>>(_columns[1]);
            VBuffer<ReadOnlyMemory<char>> items = default;
            VBuffer<float> scores = default;
            var answers = new RecommendedList[histories.Count];
            for (int i = 0; rows.MoveNext(); i++)
            {
                readItems(ref items);
                readScores(ref scores);
                // behind the last item that is left stand missing ones
                int count = Math.Min(scores.GetValues().IndexOf(float.NegativeInfinity) is >= 0 and var end ? end : scores.Length, MaximumRecommendations);
                answers[i] = new RecommendedList(Version, [.. items.DenseValues().Take(count).Select(item => item.ToString())], scores.GetValues()[..count].ToArray());
            }

            return answers;
        }
    }

    public void Dispose() => _chain.Dispose();

    private static ServedModel Open(byte[] file)
    {
        var ml = new MLContext();
        using var stream = new MemoryStream(file);
        var loaded = ml.Model.Load(stream, out var input);
        using var _ = loaded as IDisposable;
        // where no schema was saved, the first step says what it cannot read
        if (input is not null && ItemType(input, "Items") != TextDataViewType.Instance)
            throw new InvalidDataException("Its column 'Items' is no text; save a chain that begins with MapValueToKey(\"Items\") of items that are text.");

        ITransformer[] steps = [FeedbackOfViews.Transformer(ml), .. ml.Recommendation().ScoreInBatches(loaded)];
        int itemCount = 0;
        var schema = ml.Data.LoadFromEnumerable<ViewedRow>([]).Schema;
        for (int i = 0; i < steps.Length; i++)
        {
            if (steps[i] is NextItemTransformer scorer)
                (steps[i], itemCount) = Enough(scorer, schema);
            schema = steps[i].GetOutputSchema(schema);
        }

        if (ItemType(schema, "RecommendedItems") != TextDataViewType.Instance)
            throw new InvalidDataException("Its column 'RecommendedItems' is no text; save a chain that ends with MapKeyToValue(\"RecommendedItems\").");
        var model = new ServedModel(ml, new TransformerChain<ITransformer>(steps), VersionOf(file), itemCount);
        model.Try();
        return model;
    }

    // a scorer that recommends enough, and how many items it knows
    private static (NextItemTransformer Scorer, int ItemCount) Enough(NextItemTransformer scorer, DataViewSchema schema)
    {
        if (scorer.GetOutputSchema(schema).GetColumnOrNull("RecommendedItems")?.Type is not VectorDataViewType { ItemType: KeyDataViewType items } recommended)
            throw new InvalidDataException("It adds no column 'RecommendedItems'.");
        int itemCount = checked((int)items.Count), enough = Math.Min(itemCount, MaximumRecommendations);
        if (recommended.Size >= enough)
            return (scorer, itemCount);
        using (scorer)
            return (scorer.With(new ScoringOptions { NumberOfRecommendations = enough }), itemCount);
    }

    private static DataViewType? ItemType(DataViewSchema schema, string column) => (schema.GetColumnOrNull(column)?.Type as VectorDataViewType)?.ItemType;

    private void Try()
    {
        var answer = Score([new ViewedRow()])[0];
        if (answer.Items.Length == 0 || answer.Scores.Any(float.IsNaN) || answer.Items.Any(string.IsNullOrEmpty))
            throw new InvalidDataException("Tried with an empty history it recommends nothing, or what is no item.");
    }

    /// <summary>The rows that are scored now.</summary>
    private sealed class Batch : IEnumerable<ViewedRow>
    {
        public IReadOnlyList<ViewedRow> Rows { get; set; } = [];

        public IEnumerator<ViewedRow> GetEnumerator() => Rows.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
