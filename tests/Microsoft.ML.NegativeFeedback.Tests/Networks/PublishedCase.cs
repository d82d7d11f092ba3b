using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>A file of reference data made with the published code of PNFRec: a model, a batch, and everything that comes of them.</summary>
internal sealed class PublishedCase
{
    private readonly JsonElement _root;

    private PublishedCase(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file)));
        _root = document.RootElement.Clone();
        var config = _root.GetProperty("config");
        Kind = config.GetProperty("kind").GetString()!;
        ItemCount = config.GetProperty("item_num").GetInt32();
        Encoder = new EncoderSettings(config.GetProperty("hidden_units").GetInt32(), config.GetProperty("maxlen").GetInt32(),
            config.GetProperty("num_blocks").GetInt32(), config.GetProperty("num_heads").GetInt32(), 0);
        NegativeWeight = config.GetProperty("neg_CE_coef").GetDouble();
        ContrastWeight = config.GetProperty("contrastive_coef").GetDouble();
        Loss = _root.GetProperty("losses").GetProperty("total").GetDouble();
        LossTrajectory = [.. _root.GetProperty("loss_trajectory").EnumerateArray().Select(value => value.GetDouble())];
    }

    public string Kind { get; }

    public int ItemCount { get; }

    public EncoderSettings Encoder { get; }

    public double NegativeWeight { get; }

    public double ContrastWeight { get; }

    /// <summary>The total loss.</summary>
    public double Loss { get; }

    /// <summary>The total loss before each of five steps of Adam on the same batch.</summary>
    public double[] LossTrajectory { get; }

    /// <summary>Every P*.json of the folder: further files are picked up by being there.</summary>
    public static TheoryData<string> Files(Func<PublishedCase, bool>? isWanted = null)
    {
        var files = new TheoryData<string>();
        foreach (string path in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "P*.json").Order())
        {
            string file = Path.GetFileName(path);
            if (isWanted is null || isWanted(Load(file)))
                files.Add(file);
        }

        return files;
    }

    public static PublishedCase Load(string file) => new(file);

    /// <summary>The case's model with its parameters, on the published numerics.</summary>
    public NextItemModel CreateModel()
    {
        var model = Kind switch
        {
            "pnfrec" => PnfRec(NegativeWeight, ContrastWeight),
            "pnfrec_pn" => PnfRec(NegativeWeight, 0),
            "pnfrec_pc" => PnfRec(0, ContrastWeight),
            "sasrec" => SasRec(0),
            "sasrec_c" => SasRec(ContrastWeight),
            _ => throw new InvalidDataException($"unknown kind {Kind}"),
        };
        using var noGradient = no_grad();
        foreach (var (name, parameter) in model.Parameters)
        {
            using var scope = NewDisposeScope();
            parameter.copy_(tensor(Values("params", PublishedName(name))).view(parameter.shape));
        }

        return model;

        NextItemModel PnfRec(double negativeWeight, double contrastWeight)
            => new PublishedNextItemModel(new PublishedPnfRec(ItemCount, Encoder, negativeWeight > 0),
                new NextItemLoss(negativeWeight, contrastWeight, ContrastSimilarity.Dot, ContrastItems.OpposingTemperature), null);

        NextItemModel SasRec(double contrastWeight)
            => new PublishedNextItemModel(new PublishedSasRec(ItemCount, Encoder),
                new NextItemLoss(0, contrastWeight, ContrastSimilarity.Cosine, ContrastItems.InfoNceTemperature),
                contrastWeight > 0 ? Integers("inputs", "skip") : null);
    }

    /// <summary>The case's batch, a slice a kind of sequence, padded as the published code pads it.</summary>
    public (SequenceSlice[] Slices, BatchCounts Counts) Batch()
    {
        bool isWhole = Kind.StartsWith("sasrec", StringComparison.Ordinal);
        var first = Slice(isWhole ? SequenceKind.Whole : SequenceKind.Positives, "input_ids", "labels");
        if (isWhole)
        {
            return ([first], new BatchCounts(first.Places.Length, 0, first.Items.Length));
        }

        var second = Slice(SequenceKind.Negatives, "negative_input_ids", "negative_labels");
        if (Kind != "pnfrec_pn")
            first = first with { Contrast = Contrast(first, second) };
        var counts = new BatchCounts(first.Places.Length, second.Places.Length, first.Contrast?.TargetCount ?? 0);
        return (Kind == "pnfrec_pc" ? [first] : [first, second], counts);
    }

    /// <summary>A value of the losses: CE_p, CE_n, L_c, CE, L_info_nce; 0 where the model lacks it.</summary>
    public double LossTerm(params string[] names)
    {
        foreach (string name in names)
        {
            if (_root.GetProperty("losses").TryGetProperty(name, out var value))
                return value.GetDouble();
        }

        return 0;
    }

    public bool Has(string section, string name) => _root.GetProperty(section).TryGetProperty(name, out _);

    /// <summary>A list of values by section and name; null where the file says null.</summary>
    public float[]? TryValues(string section, string name) => ToFloats(_root.GetProperty(section).GetProperty(name));

    public float[] Values(params string[] path) => ToFloats(Find(path))!;

    public long[] Integers(params string[] path)
        => [.. ListOf(Find(path)).EnumerateArray().Select(value => value.GetInt64())];

    public long[] Shape(params string[] path)
        => [.. Find(path).GetProperty("shape").EnumerateArray().Select(value => value.GetInt64())];

    /// <summary>The interactions that the batch was cut from: user, item, rating, in the order of time within a user.</summary>
    public IEnumerable<(long User, int Item, bool IsPositive)> Interactions()
    {
        double threshold = _root.GetProperty("config").GetProperty("relevance_threshold").GetDouble();
        var users = Integers("raw_interactions", "user_id");
        var items = Integers("raw_interactions", "item_id");
        var ratings = Integers("raw_interactions", "rating");
        var times = Integers("raw_interactions", "time_idx");
        return Enumerable.Range(0, users.Length).OrderBy(i => users[i]).ThenBy(i => times[i])
            .Select(i => (users[i], (int)items[i], ratings[i] >= threshold));
    }

    /// <summary>The published name of a parameter.</summary>
    public string PublishedName(string name)
    {
        string[] parts = name.Split('.');
        if (parts[0] is "items" or "positions")
            return parts[0] == "items" ? "item_emb.weight" : "pos_emb.weight";
        if (parts[0] == "finalNorm")
            return $"last_layernorm.{parts[1]}";
        string branch = Kind is "pnfrec" or "pnfrec_pn" ? $"{parts[0]}_" : "";
        string block = parts[1]["block".Length..];
        return branch + parts[2] switch
        {
            "attentionNorm" => $"attention_layernorms.{block}.{parts[3]}",
            "inProjectionWeight" => $"attention_layers.{block}.in_proj_weight",
            "inProjectionBias" => $"attention_layers.{block}.in_proj_bias",
            "outProjection" => $"attention_layers.{block}.out_proj.{parts[3]}",
            "forwardNorm" => $"forward_layernorms.{block}.{parts[3]}",
            "first" => $"forward_layers.{block}.conv1.{parts[3]}",
            "second" => $"forward_layers.{block}.conv2.{parts[3]}",
            _ => throw new InvalidDataException($"unknown parameter {name}"),
        };
    }

    private SequenceSlice Slice(SequenceKind kind, string inputs, string labels)
    {
        var shape = Shape("inputs", inputs);
        var allLabels = Integers("inputs", labels);
        long[] positions = [.. Enumerable.Range(0, allLabels.Length).Where(i => allLabels[i] != -100).Select(i => (long)i)];
        return TestModels.Slice(kind, (int)shape[0], (int)shape[1], Integers("inputs", inputs), positions,
            Array.ConvertAll(positions, position => allLabels[position]));
    }

    private static ContrastItems Contrast(SequenceSlice positives, SequenceSlice negatives)
    {
        int[] sequences = Array.ConvertAll(positives.Places, position => (int)(position / positives.Length));
        var opposing = negatives.Items.ToArray().Chunk(negatives.Length)
            .Select(row => new ReadOnlyMemory<int>([.. row.Where(item => item != 0).Select(item => (int)item)]));
        return ContrastItems.Of(positives.Targets[SequenceSlice.Next], sequences, [.. opposing]);
    }

    private JsonElement Find(string[] path) => path.Aggregate(_root, (element, name) => element.GetProperty(name));

    private static JsonElement ListOf(JsonElement element)
        => element.ValueKind == JsonValueKind.Object ? element.GetProperty("data") : element;

    private static float[]? ToFloats(JsonElement element)
        => element.ValueKind == JsonValueKind.Null ? null : [.. ListOf(element).EnumerateArray().Select(value => value.GetSingle())];
}
