using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>A form of the ranker that tests compare.</summary>
/// <param name="ReadsFeedback">Whether the encoder reads the flags.</param>
/// <param name="Blocks">Blocks of the encoder.</param>
/// <param name="Heads">Heads of its attention; they divide its width, 6 or with flags 6 + K.</param>
/// <param name="Tasks">K.</param>
/// <param name="HasFeatures">Whether every kind of feature is known: a key and a vector of numbers of the user, a key and a number of the context, a key and numbers of the item.</param>
public sealed record RankerForm(bool ReadsFeedback, int Blocks, int Heads, int Tasks = 3, bool HasFeatures = true);

/// <summary>A small ranker with random weights, and histories with everything that it reads.</summary>
internal sealed class RankerCase : IDisposable
{
    public const int ItemCount = 11, MaximumLength = 5, LongestHistory = 8, Rows = 9;

    public static readonly NetworkInput City = new("City", InputScope.Row, IsInteger: true), Tastes = new("Tastes", InputScope.Row, Width: 2),
        Hour = new("Hour", InputScope.Question, IsInteger: true), Minute = new("Minute", InputScope.Question);

    public RankerCase(RankerForm form, bool learnsBalance = false, bool isPairwise = false, double[]? shares = null)
    {
        Form = form;
        Settings = new MultiFeedbackSettings(new EncoderSettings(6, MaximumLength, form.Blocks, form.Heads, DropoutRate: 0), form.Tasks, form.ReadsFeedback, learnsBalance,
            FeatureWidth: 2, SlotCount: 4, ExpertCount: 3, ExpertWidth: 5);
        Features = form.HasFeatures ? AllFeatures() : new RankerFeatures([], []);
        string[] names = [.. new[] { "EVV", "FVV", "GVV" }.Take(form.Tasks)];
        Loss = new MultiFeedbackLoss(names, shares ?? [.. Enumerable.Repeat(1.0 / form.Tasks, form.Tasks)], isPairwise);
        Network = new MultiFeedbackNetwork(ItemCount, Settings, Features, seed: 3);
        Model = new MultiFeedbackModel(Network, Loss, CPU);
        Spread();
        Reference = new ReferenceMultiFeedback(Model, Settings, Features);
        Data = CreateData();
    }

    public RankerForm Form { get; }

    public MultiFeedbackSettings Settings { get; }

    public RankerFeatures Features { get; }

    public MultiFeedbackLoss Loss { get; }

    public MultiFeedbackNetwork Network { get; }

    public MultiFeedbackModel Model { get; }

    public ReferenceMultiFeedback Reference { get; }

    /// <summary>Histories of 1 to 8 items with what stands beside them.</summary>
    public SequenceData Data { get; }

    public IReadOnlyList<double[]> Flags(int row) => [.. Enumerable.Range(0, Data.Items(row).Length).Select(place => Array.ConvertAll(
        ((ColumnValues<float>)Data.ItemColumns["Flags"]).Values.Slice((Data.Offset(row) + place) * Form.Tasks, Form.Tasks).ToArray(), flag => (double)flag))];

    /// <summary>What is known where the item at a place is asked for.</summary>
    public KnownFeatures Known(int row, int place) => new(!Form.HasFeatures ? new Dictionary<string, double[]>() : new Dictionary<string, double[]>
    {
        ["City"] = [((ColumnValues<long>)Data.RowColumns["City"]).Values[row]],
        ["Tastes"] = [.. ((ColumnValues<float>)Data.RowColumns["Tastes"]).Values.Slice(2 * row, 2).ToArray().Select(value => (double)value)],
        ["Hour"] = [((ColumnValues<long>)Data.ItemColumns["Hour"]).Values[Data.Offset(row) + place]],
        ["Minute"] = [((ColumnValues<float>)Data.ItemColumns["Minute"]).Values[Data.Offset(row) + place]],
    });

    /// <summary>The slices of training, with sampled items, of rows that have something to foresee.</summary>
    public List<SequenceSlice> Slices(int largestSlice = 1000)
    {
        var batches = new SampledBatches(Data, Model, new SampledData(Data, null, new NegativeSamplerSettings(NegativeSamplingMethod.Uniform)).CreateSampler(), largestSlice, parts: 1);
        return batches.Slices([.. Enumerable.Range(0, Data.RowCount).Where(row => Data.Items(row).Length > 1)], new PassKey(1, 1, 0, 0));
    }

    public void Dispose() => Model.Dispose();

    // initial weights are so small that a wrong term would pass for rounding
    private void Spread()
    {
        using var noGradient = no_grad();
        foreach (var (name, parameter) in Model.Parameters)
        {
            using var scope = NewDisposeScope();
            float[] values = CounterRandom.Of(name.Length, parameter.numel(), name.Sum(letter => letter)).Normal((int)parameter.numel(), 0.3);
            if (name == "items")
                values.AsSpan(0, Settings.Encoder.Width).Clear();
            parameter.copy_(tensor(values).view(parameter.shape));
        }
    }

    private static RankerFeatures AllFeatures()
    {
        var random = CounterRandom.Of(8);
        float[] sizes = random.Normal(2 * (ItemCount + 1), 3);
        return new(
            [(new Feature("City", 4, [], []), City), (new Feature("Tastes", 0, [0.5f, -1], [2, 0.5f]), Tastes), (new Feature("Hour", 3, [], []), Hour), (new Feature("Minute", 0, [10], [4]), Minute)],
            [
                (new Feature("item.Category", 3, [], []), new NetworkConstant("item.Category", [ItemCount + 1, 1], [.. Enumerable.Range(0, ItemCount + 1).Select(item => (long)(item % 4))])),
                (new Feature("item.Size", 0, [1, 2], [3, 0.7f]), new NetworkConstant("item.Size", [ItemCount + 1, 2], sizes)),
            ]);
    }

    private SequenceData CreateData()
    {
        var (offsets, history) = (new List<int> { 0 }, new List<int>());
        var (flags, tastes, minutes) = (new List<float>(), new List<float>(), new List<float>());
        var (cities, hours) = (new List<long>(), new List<long>());
        for (int row = 0; row < Rows; row++)
        {
            var random = CounterRandom.Of(4, row);
            uint draw = 0;
            int length = 1 + (row % LongestHistory);
            for (int i = 0; i < length; i++)
            {
                history.Add(1 + random.Below(ItemCount, draw++));
                for (int task = 0; task < Form.Tasks; task++)
                    flags.Add(random.Below(2, draw++));
                hours.Add(random.Below(4, draw++));
                minutes.Add(60 * (float)random.Uniform(draw++));
            }

            offsets.Add(history.Count);
            cities.Add(row % 5);
            tastes.AddRange([(float)random.Uniform(draw++), -(float)random.Uniform(draw++)]);
        }

        return new SequenceData(ItemCount, [.. offsets], [.. history], new sbyte[history.Count])
        {
            ItemColumns = new Dictionary<string, ColumnValues>
            {
                ["Flags"] = new ColumnValues<float>(Form.Tasks, flags.ToArray()),
                ["Hour"] = new ColumnValues<long>(1, hours.ToArray()),
                ["Minute"] = new ColumnValues<float>(1, minutes.ToArray()),
            },
            RowColumns = new Dictionary<string, ColumnValues> { ["City"] = new ColumnValues<long>(1, cities.ToArray()), ["Tastes"] = new ColumnValues<float>(2, tastes.ToArray()) },
        };
    }
}
