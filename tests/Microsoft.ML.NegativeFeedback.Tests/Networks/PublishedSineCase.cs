using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>A file of reference data made with the published code of SINE: a model, a batch, and everything that comes of them.</summary>
internal sealed class PublishedSineCase
{
    private readonly JsonElement _root;
    private readonly double? _filter;
    private readonly int _itemCount;
    private readonly SineSettings _settings;
    private readonly double _distanceWeight;

    private PublishedSineCase(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file)));
        _root = document.RootElement.Clone();
        var config = _root.GetProperty("config");
        _itemCount = config.GetProperty("item_num").GetInt32();
        _filter = config.GetProperty("filter") is { ValueKind: JsonValueKind.Number } filter ? filter.GetDouble() : null;
        var encoder = new EncoderSettings(config.GetProperty("hidden_units").GetInt32(), config.GetProperty("maxlen").GetInt32(),
            config.GetProperty("num_blocks").GetInt32(), config.GetProperty("num_heads").GetInt32(), 0, EncoderForm.Sine);
        _settings = new SineSettings(encoder, config.GetProperty("num_interest").GetInt32(), 0.5, FusionNormalization.Softmax, config.GetProperty("adaptive").GetBoolean());
        _distanceWeight = config.GetProperty("dcor_weight").GetDouble();
    }

    /// <summary>Every S*.json of the folder: further files are picked up by being there.</summary>
    public static TheoryData<string> Files()
        => [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "S*.json").Select(path => Path.GetFileName(path)).Order()];

    public static PublishedSineCase Load(string file) => new(file);

    public bool WeighsAttention => _filter is not null;

    public double Loss(string name) => _root.GetProperty("losses").GetProperty(name).GetDouble();

    public double[] LossTrajectory => [.. _root.GetProperty("loss_trajectory").EnumerateArray().Select(value => value.GetDouble())];

    /// <summary>The case's model with its parameters, on the published numerics.</summary>
    /// <param name="slice">The batch that is trained on, which its attention follows; null to score candidates.</param>
    public PairwiseModel CreateModel(SequenceSlice? slice = null)
    {
        var network = new PublishedSine(_itemCount, _settings, _filter) { Slice = slice };
        var model = new PairwiseModel(network, new PairwiseWeights(1, 1), CPU,
            new ParameterLoss(PairwiseModel.RegularizerName, _distanceWeight, network.Prototypes, DistanceCorrelation.OfPairs));
        using var noGradient = no_grad();
        foreach (var (name, parameter) in model.Parameters)
        {
            using var scope = NewDisposeScope();
            parameter.copy_(tensor(Parameter("params", name)!).view(parameter.shape));
        }

        return model;
    }

    /// <summary>The case's batch, padded in front as the published code pads it.</summary>
    public SequenceSlice Batch()
    {
        long[] liked = Integers("inputs", "pos"), sampled = Integers("inputs", "neg"), skipped = Integers("inputs", "fdbk");
        long[] shape = Shape("inputs", "pos");
        long[] positions = [.. Enumerable.Range(0, liked.Length).Where(i => liked[i] != 0).Select(i => (long)i)];
        return TestModels.Pairs((int)shape[0], (int)shape[1], Integers("inputs", "log_seqs"), new long[liked.Length], positions,
            At(liked), At(sampled), At(skipped));

        long[] At(long[] values) => Array.ConvertAll(positions, position => values[position]);
    }

    /// <summary>A parameter's values, gradient or values after a step, by our name for it; null where the file says null.</summary>
    public float[]? Parameter(string section, string name)
    {
        var values = _root.GetProperty(section);
        string[] parts = name.Split('.');
        switch (parts[0])
        {
            case "items": return Of("item_emb.weight");
            case "prototypes": return Of("interest_embedding.weight");
            case "fusion" when parts[1] == "bias": return Of("interest_attention_linear.bias");
            case "fusion":
                float[]? both = Of("interest_attention_linear.weight");
                return parts[1] == "state" ? both?[..(both.Length / 2)] : both?[(both.Length / 2)..];
            default: break;
        }

        if (parts[1] == "positions")
            return Of("pos_emb.weight");
        if (parts[1] == "finalNorm")
            return Of($"last_layernorm.{parts[2]}");
        string block = parts[2]["block".Length..];
        return parts[3] switch
        {
            "attentionNorm" => Of($"attention_layernorms.{block}.{parts[4]}"),
            "inProjectionWeight" => Joined($"attention_layers.{block}.w_Q.weight", $"attention_layers.{block}.w_K.weight", $"attention_layers.{block}.w_V.weight"),
            "outProjection" => Of($"attention_layers.{block}.fc.{parts[4]}"),
            "forwardNorm" => Of($"forward_layernorms.{block}.{parts[4]}"),
            "first" => Of($"forward_layers.{block}.conv1.{parts[4]}"),
            "second" => Of($"forward_layers.{block}.conv2.{parts[4]}"),
            _ => throw new InvalidDataException($"unknown parameter {name}"),
        };

        float[]? Of(string published) => ToFloats(values.GetProperty(published));

        float[]? Joined(params string[] published)
        {
            float[]?[] joined = Array.ConvertAll(published, Of);
            if (joined.All(part => part is null))
                return null;
            // null: the same as before
            return [.. joined.Zip(published).SelectMany(pair => pair.First ?? ToFloats(_root.GetProperty("params").GetProperty(pair.Second))!)];
        }
    }

    public float[] Values(params string[] path) => ToFloats(Find(path))!;

    public long[] Integers(params string[] path)
        => [.. Find(path).GetProperty("data").EnumerateArray().Select(value => value.GetInt64())];

    public long[] Shape(params string[] path)
        => [.. Find(path).GetProperty("shape").EnumerateArray().Select(value => value.GetInt64())];

    private JsonElement Find(string[] path) => path.Aggregate(_root, (element, name) => element.GetProperty(name));

    private static float[]? ToFloats(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Object => ToFloats(element.GetProperty("data")),
        _ => [.. element.EnumerateArray().Select(value => value.GetSingle())],
    };
}
