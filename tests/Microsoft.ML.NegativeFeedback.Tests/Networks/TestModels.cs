using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>PNFRec with its loss, as a trainer makes it of its options.</summary>
internal sealed record PnfRecSettings(
    EncoderSettings Encoder, double NegativeWeight, double ContrastWeight, ContrastSimilarity Similarity, bool SeparatePositionEmbeddings)
{
    public NextItemLoss Loss => new(NegativeWeight, ContrastWeight, Similarity, ContrastItems.OpposingTemperature);

    public PnfRecNetwork Network(int itemCount, long seed) => new(itemCount, Encoder, NegativeWeight > 0, SeparatePositionEmbeddings, seed);
}

/// <summary>SASRec with its loss, as a trainer makes it of its options.</summary>
internal sealed record SasRecSettings(EncoderSettings Encoder, bool ReadsWholeSequence, double ContrastWeight)
{
    public NextItemLoss Loss => new(0, ContrastWeight, ContrastSimilarity.Cosine, ContrastItems.InfoNceTemperature);

    public SasRecNetwork Network(int itemCount, long seed) => new(itemCount, Encoder, ReadsWholeSequence, seed);
}

/// <summary>Models on the CPU, and what tests look at in them.</summary>
internal static class TestModels
{
    public static NextItemModel Create(int itemCount, PnfRecSettings settings, long seed) => new(settings.Network(itemCount, seed), settings.Loss, CPU);

    public static NextItemModel Create(int itemCount, SasRecSettings settings, long seed) => new(settings.Network(itemCount, seed), settings.Loss, CPU);

    public static TrainingResult Train(
        SequenceData train, ValidationRows? validation, PnfRecSettings model, TrainingSettings settings, TrainingRun run = default)
        => ModelTraining.Train(new NextItemTask(model.Network(train.ItemCount, settings.Seed), model.Loss, train, validation), settings, run);

    public static TrainingResult Train(
        SequenceData train, ValidationRows? validation, SasRecSettings model, TrainingSettings settings, TrainingRun run = default)
        => ModelTraining.Train(new NextItemTask(model.Network(train.ItemCount, settings.Seed), model.Loss, train, validation), settings, run);

    /// <summary>The parameter of that name.</summary>
    public static Parameter Parameter(this SequenceModel model, string name) => model.Parameters.Single(entry => entry.Name == name).Values;

    /// <summary>A slice with the item that came next at every given place.</summary>
    public static SequenceSlice Slice(SequenceKind kind, int count, int length, long[] items, long[] places, long[] next)
        => new(kind, count, length, places, Channels(items), new Dictionary<string, long[]> { [SequenceSlice.Next] = next });

    /// <summary>A slice of liked items with what pairwise learning compares.</summary>
    public static SequenceSlice Pairs(int count, int length, long[] items, long[] skips, long[] places, long[] liked, long[] sampled, long[] skipped)
        => new(SequenceKind.Positives, count, length, places, Channels(items, skips),
            new Dictionary<string, long[]> { [SequenceSlice.Next] = liked, [SequenceSlice.Sampled] = sampled, [SequenceSlice.Skipped] = skipped });

    /// <summary>Sequences that are asked at their newest item alone: [count · length] items, padded on the right with 0, and [count] the places of the newest.</summary>
    public static TorchHistory AtNewest(long[] items, long[] newest, long[]? skips = null)
    {
        int length = items.Length / newest.Length;
        long[] places = [.. newest.Select((place, sequence) => (sequence * length) + place)];
        return new(new SequenceSlice(SequenceKind.Positives, newest.Length, length, places, Channels(items, skips), new Dictionary<string, long[]>()) { AsksAtNewest = true }, CPU);
    }

    /// <summary>The same of sequences with what pairwise learning compares, for a network that is asked at the newest item alone, and with times for one that reads them.</summary>
    /// <param name="count">Sequences.</param>
    /// <param name="items">[count · length].</param>
    /// <param name="newest">[count].</param>
    /// <param name="times">[count · length].</param>
    /// <param name="asked">[count] the times of the questions.</param>
    /// <param name="compared">[count] each: the next item, the sampled one, and the skipped one.</param>
    public static SequenceSlice PairsAtNewest(int count, long[] items, long[] newest, long[] times, long[] asked, params long[][] compared)
    {
        int length = items.Length / count;
        var slice = Pairs(count, length, items, new long[items.Length], [.. newest.Select((place, sequence) => (sequence * length) + place)], compared[0], compared[1], compared[2]);
        return slice with
        {
            AsksAtNewest = true,
            Channels = new Dictionary<NetworkInput, ColumnValues>(slice.Channels) { [SliRecNetwork.Times] = new ColumnValues<long>(1, times) },
            Asked = new Dictionary<NetworkInput, ColumnValues> { [SliRecNetwork.Times] = new ColumnValues<long>(1, asked) },
        };
    }

    public static Dictionary<NetworkInput, ColumnValues> Channels(long[] items, long[]? skips = null)
    {
        var channels = new Dictionary<NetworkInput, ColumnValues> { [NetworkInput.Items] = new ColumnValues<long>(1, items) };
        if (skips is not null)
            channels[NetworkInput.Skips] = new ColumnValues<long>(1, skips);
        return channels;
    }

    /// <summary>Hidden vectors at every place: [batch, length] items → [batch, length, d], with gradients where they are recorded.</summary>
    public static Tensor Hidden(this SequenceModel model, Tensor inputs, SequenceKind? kind = null)
    {
        long[] items = inputs.data<long>().ToArray(), places = [.. Enumerable.Range(0, items.Length).Select(place => (long)place)];
        var sequences = Slice(kind ?? SequenceKind.Positives, (int)inputs.shape[0], (int)inputs.shape[1], items, places, items);
        var (pass, history) = (new TorchPass(model), new TorchHistory(sequences, CPU));
        var states = kind is { } branch ? ((NextItemNetwork)model.Network).Hidden(pass, history, branch) : model.Network.States(pass, history);
        return states.Value.view(inputs.shape[0], inputs.shape[1], -1);
    }

    /// <summary>Scores of the catalogue at the newest place of each sequence: [batch, length] items and those places [batch] → [batch, N + 1].</summary>
    public static Tensor Score(this SequenceModel model, Tensor inputs, Tensor newest)
    {
        var history = AtNewest(inputs.data<long>().ToArray(), newest.data<long>().ToArray());
        return model.Network.States(new TorchPass(model), history).Value.mm(model.ItemVectors.t());
    }

    /// <summary>The margins of a slice above the sampled and the skipped items, without dropout.</summary>
    public static (float[] Sampled, float[] Skipped) Margins(this PairwiseModel model, SequenceSlice slice)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var margins = model.Margins(new TorchPass(model), slice, readsSkips: true);
        return (margins.narrow(1, 0, 1).ToArray(), margins.narrow(1, 1, 1).ToArray());
    }

    /// <summary>Puts random weights in the place of the initial ones, which are so small that differences would drown.</summary>
    public static void Spread(this SequenceModel model)
    {
        using var noGradient = no_grad();
        foreach (var (_, parameter) in model.Parameters)
            parameter.mul_(8);
    }

    /// <summary>Multiplies some weights, so that gradients through gates and shares stand above rounding.</summary>
    public static void Enlarge(this SequenceModel model, Func<string, bool> which, double factor)
    {
        using var noGradient = no_grad();
        foreach (var (name, parameter) in model.Parameters)
        {
            if (which(name))
                parameter.mul_(factor);
        }
    }
}
