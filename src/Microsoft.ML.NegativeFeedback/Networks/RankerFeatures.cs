using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>A feature: keys, which are embedded, or numbers, which are standardised.</summary>
/// <param name="Name">Its name, by which no other goes.</param>
/// <param name="KeyCount">How many keys there are; 0 for numbers.</param>
/// <param name="Means">Of numbers, the mean of each; of keys none.</param>
/// <param name="Deviations">Of numbers, the standard deviation of each, above 0; of keys none.</param>
/// <param name="KeysHash">Of keys that have values behind them, makes a hash of these in their order.</param>
internal sealed record Feature(string Name, int KeyCount, float[] Means, float[] Deviations, Func<string>? KeysHash = null);

/// <summary>What is known of users, items and context.</summary>
/// <param name="Rows">Features of the row, with their inputs: of the user (Row) or of what surrounds the item that is asked for (Question).</param>
/// <param name="Items">Features of items, with their values [N + 1]: a key, or numbers, an item.</param>
internal sealed record RankerFeatures(IReadOnlyList<(Feature Feature, NetworkInput Input)> Rows, IReadOnlyList<(Feature Feature, NetworkConstant Values)> Items);

/// <summary>The context feature embedding layer (section 2.2).</summary>
internal sealed class FeatureLayer
{
    private readonly RankerFeatures _features;
    private readonly FeatureEmbedding[] _ofRows, _ofItems;
    private readonly NetworkParameter _transform, _transformBias, _slotWeights;
    private readonly NetworkConstant _slots;
    private readonly int _rowWidth;

    /// <param name="settings">The settings.</param>
    /// <param name="features">What is known.</param>
    /// <param name="userWidth">Width of what the history tells of the user.</param>
    /// <param name="seed">What the initial weights follow from.</param>
    public FeatureLayer(MultiFeedbackSettings settings, RankerFeatures features, int userWidth, long seed)
    {
        _features = features;
        _ofRows = [.. features.Rows.Select((row, i) => new FeatureEmbedding(row.Feature, settings.FeatureWidth, CounterRandom.Of(seed, 10, i).Bits64()))];
        _ofItems = [.. features.Items.Select((item, i) => new FeatureEmbedding(item.Feature, settings.FeatureWidth, CounterRandom.Of(seed, 11, i).Bits64()))];
        _rowWidth = userWidth + _ofRows.Sum(feature => feature.Width);
        Width = _rowWidth + settings.Encoder.Width + _ofItems.Sum(feature => feature.Width);
        (_transform, _transformBias) = (new NetworkParameter("features.transform", [Width, Width], () => DrawTransform(settings, seed)), NetworkParameter.Ones("features.bias", Width));
        int slotCount = Math.Min(settings.SlotCount, Width);
        _slotWeights = NetworkParameter.XavierNormal("features.slots", CounterRandom.Of(seed, 2), slotCount, 2 * Width);
        // [S, D]: 1 where a dimension belongs to a slot
        var slots = new float[slotCount * Width];
        for (int dimension = 0; dimension < Width; dimension++)
            slots[((int)((long)dimension * slotCount / Width) * Width) + dimension] = 1;
        _slots = new NetworkConstant("features.slotsOfDimensions", [slotCount, Width], slots);
    }

    /// <summary>D.</summary>
    public int Width { get; }

    /// <summary>The features by name, and a hash of what is constant: of other items' features comes another network.</summary>
    public string Description => $"{string.Join(' ', _ofRows.Concat(_ofItems).Select(feature => feature.Description))} {HashOfConstants()}";

    public IEnumerable<NetworkInput> Inputs => _features.Rows.Select(row => row.Input);

    /// <inheritdoc cref="Network.KeysOfFeatures"/>
    public IEnumerable<(string Feature, string Hash)> Keys
        => from feature in _features.Rows.Select(row => row.Feature).Concat(_features.Items.Select(item => item.Feature))
           let hash = feature.KeysHash?.Invoke()
           where hash is not null
           select (feature.Name, hash);

    /// <inheritdoc cref="Network.OrderOfFeatures"/>
    public IReadOnlyList<string> Order => [.. _features.Rows.Select(row => row.Feature.Name), .. _features.Items.Select(item => item.Feature.Name)];

    public IReadOnlyList<NetworkConstant> Constants
        => [_slots, .. _features.Items.Select(item => item.Values), .. _ofRows.Concat(_ofItems).SelectMany(feature => feature.Constants)];

    public IEnumerable<NetworkParameter> Parameters
        => [.. _ofRows.Concat(_ofItems).SelectMany(feature => feature.Parameters), _transform, _transformBias, _slotWeights];

    // What the history came to weighs the dimensions of a candidate's vector one by one at first, e_i ∗ (e_h + 1): likeness is there to be learned from, as in models that score by
    // a dot product. The rest is drawn as Xavier normal.
    private float[] DrawTransform(MultiFeedbackSettings settings, long seed)
    {
        float[] values = CounterRandom.Of(seed, 1).Normal(Width * Width, 1 / Math.Sqrt(Width));
        for (int dimension = 0; dimension < settings.Encoder.Width; dimension++)
            values[((_rowWidth + dimension) * Width) + dimension] += 1;
        return values;
    }

    private string HashOfConstants()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var constant in Constants)
        {
            hash.AppendData(constant.Numbers is { } numbers ? MemoryMarshal.AsBytes<float>(numbers) : MemoryMarshal.AsBytes<long>(constant.Integers));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Ẽ of each candidate.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="history">What is known of the question.</param>
    /// <param name="items">The candidates, Int64 [n, c].</param>
    /// <param name="embedded">Their vectors [n, c, d].</param>
    /// <param name="user">What the history tells of the user, [n, d + K].</param>
    /// <returns>[n, c, D].</returns>
    public T Run<T>(Pass<T> pass, History<T> history, T items, T embedded, T user)
        where T : struct, ITensor<T>
    {
        // e_i: [n, c, …]
        T[] ofItem = [embedded, .. _features.Items.Select((item, i) => _ofItems[i].Embed(pass, pass.Of(item.Values).Gather(items)))];
        var item = ofItem.Length == 1 ? embedded : T.Concat(2, ofItem);
        // [e_u; e_p]: [n, 1, …]
        T[] ofRow = [user, .. _features.Rows.Select((known, i) => _ofRows[i].Embed(pass, history.Asked(known.Input)))];
        var row = (ofRow.Length == 1 ? user : T.Concat(1, ofRow)).Unsqueeze(1);

        T transform = pass.Of(_transform), slotWeights = pass.Of(_slotWeights);
        var weights = row.Linear(transform.Slice(1, 0, _rowWidth), pass.Of(_transformBias)) + item.Linear(transform.Slice(1, _rowWidth));
        var transformed = T.Concat(2, weights.Slice(2, 0, _rowWidth) * row, weights.Slice(2, _rowWidth) * item);           // eq. 6, [n, c, D]
        var slots = transformed.Linear(slotWeights.Slice(1, 0, Width)) + row.Linear(slotWeights.Slice(1, Width, Width + _rowWidth))
            + item.Linear(slotWeights.Slice(1, Width + _rowWidth));
        return transformed * slots.Sigmoid().MatMul(pass.Of(_slots));                                                     // eq. 7 and 8
    }
}

/// <summary>How a feature becomes a vector.</summary>
internal sealed class FeatureEmbedding
{
    private readonly Feature _feature;
    private readonly NetworkParameter? _table;
    private readonly NetworkConstant? _means, _reciprocals;

    public FeatureEmbedding(Feature feature, int width, long seed)
    {
        _feature = feature;
        if (feature.KeyCount > 0)
        {
            // row 0 is what no key is known of
            _table = NetworkParameter.Embeddings(TableName(feature.Name), CounterRandom.Of(seed, 0), feature.KeyCount, width, EncoderForm.MultiFeedback);
            Width = width;
            return;
        }

        Width = feature.Means.Length;
        _means = new NetworkConstant($"feature.{feature.Name}.means", [Width], feature.Means);
        _reciprocals = new NetworkConstant($"feature.{feature.Name}.reciprocals", [Width], Array.ConvertAll(feature.Deviations, deviation => 1 / deviation));
    }

    public int Width { get; }

    /// <summary>The name of the embeddings of a feature with keys.</summary>
    public static string TableName(string feature) => $"feature.{feature}";

    public string Description => $"{_feature.Name} {_feature.KeyCount}";

    public IEnumerable<NetworkParameter> Parameters => _table is null ? [] : [_table];

    public IEnumerable<NetworkConstant> Constants => _table is null ? [_means!, _reciprocals!] : [];

    /// <summary>Numbers [.., width], or keys Int64 [.., 1] → [.., width].</summary>
    public T Embed<T>(Pass<T> pass, T values)
        where T : struct, ITensor<T>
        => _table is null ? (values - pass.Of(_means!)) * pass.Of(_reciprocals!) : pass.Lookup(_table, values.Squeeze(-1));
}
