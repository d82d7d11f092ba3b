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

    private readonly MLContext _ml;
    private readonly TransformerChain<ITransformer> _chain;

    private ServedModel(MLContext ml, TransformerChain<ITransformer> chain, string version, int itemCount)
        => (_ml, _chain, Version, ItemCount) = (ml, chain, version, itemCount);

    /// <summary>The first digits of the file's SHA-256: the same file has the same version on every silo.</summary>
    public string Version { get; }

    public int ItemCount { get; }

    /// <inheritdoc cref="Version"/>
    public static string VersionOf(byte[] file) => Convert.ToHexStringLower(SHA256.HashData(file))[..12];

    /// <summary>Loads a model and tries it.</summary>
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

    /// <summary>Scores histories, one answer each in their order.</summary>
    public RecommendedList[] Score(IReadOnlyList<ViewedRow> histories)
    {
        var rows = _ml.Data.CreateEnumerable<ScoredHistory>(_chain.Transform(_ml.Data.LoadFromEnumerable(histories)), reuseRowObject: false);
        return [.. rows.Select(row =>
        {
            // behind the last item that is left stand missing ones
            int count = row.Scores.AsSpan().IndexOf(float.NegativeInfinity) is >= 0 and var end ? end : row.Scores.Length;
            return new RecommendedList(Version, row.RecommendedItems[..count], row.Scores[..count]);
        })];
    }

    public void Dispose() => _chain.Dispose();

    private static ServedModel Open(byte[] file)
    {
        var ml = new MLContext();
        using var stream = new MemoryStream(file);
        var loaded = ml.Model.Load(stream, out var input);
        using var _ = loaded as IDisposable;
        if (ItemType(input, "Items") != TextDataViewType.Instance)
            throw new InvalidDataException("Its column 'Items' is no text; save a chain that begins with MapValueToKey(\"Items\") of items that are text.");

        ITransformer[] steps = [FeedbackOfViews.Transformer(ml), .. ml.Recommendation().ScoreInBatches(loaded)];
        int itemCount = 0;
        var schema = ml.Data.LoadFromEnumerable<ViewedRow>([]).Schema;
        for (int i = 0; i < steps.Length; i++)
        {
            if (steps[i] is NextItemTransformer scorer)
            {
                var recommended = ItemType(scorer.GetOutputSchema(schema), "RecommendedItems") as KeyDataViewType
                    ?? throw new InvalidDataException("It adds no column 'RecommendedItems'.");
                itemCount = checked((int)recommended.Count);
                steps[i] = scorer.With(new ScoringOptions { NumberOfRecommendations = Math.Min(itemCount, MaximumRecommendations) });
                scorer.Dispose();
            }

            schema = steps[i].GetOutputSchema(schema);
        }

        if (ItemType(schema, "RecommendedItems") != TextDataViewType.Instance)
            throw new InvalidDataException("Its column 'RecommendedItems' is no text; save a chain that ends with MapKeyToValue(\"RecommendedItems\").");
        var model = new ServedModel(ml, new TransformerChain<ITransformer>(steps), VersionOf(file), itemCount);
        model.Try();
        return model;
    }

    private static DataViewType? ItemType(DataViewSchema? schema, string column) => (schema?.GetColumnOrNull(column)?.Type as VectorDataViewType)?.ItemType;

    private void Try()
    {
        var answer = Score([new ViewedRow()])[0];
        if (answer.Items.Length == 0 || answer.Scores.Any(float.IsNaN) || answer.Items.Any(string.IsNullOrEmpty))
            throw new InvalidDataException("Tried with an empty history it recommends nothing, or what is no item.");
    }

    private sealed class ScoredHistory
    {
        public string[] RecommendedItems { get; set; } = [];

        public float[] Scores { get; set; } = [];
    }
}
