using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using static Microsoft.ML.NegativeFeedback.Tests.Networks.PublishedParityTests;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>The multi-feedback ranker and its loss, against the paper's equations in double precision.</summary>
public sealed class MultiFeedbackNetworkTests
{
    public static TheoryData<RankerForm> Forms =>
    [
        new(ReadsFeedback: true, Blocks: 1, Heads: 1),
        new(ReadsFeedback: true, Blocks: 2, Heads: 3),
        new(ReadsFeedback: false, Blocks: 2, Heads: 2),
        new(ReadsFeedback: false, Blocks: 1, Heads: 3, HasFeatures: false),
        new(ReadsFeedback: true, Blocks: 1, Heads: 2, Tasks: 2),
        new(ReadsFeedback: true, Blocks: 1, Heads: 7, Tasks: 1),
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_candidate_is_foretold_after_its_own_history_as_the_paper_says(RankerForm form)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var ranker = new RankerCase(form);
        List<SequenceSlice> ragged = ranker.Slices(), full = ranker.Slices(largestSlice: 1);
        Assert.Contains(ragged, slice => slice.HasPadding);
        Assert.All(full, slice => Assert.False(slice.HasPadding));
        foreach (var slice in ragged.Concat(full))
        {
            var items = TorchMemory.Of(Compared(slice), CPU, -1, 2);
            float[] logits = ranker.Network.TaskLogits(new TorchPass(ranker.Model), new TorchHistory(slice, CPU), new(items)).Value.ToArray();
            double[][] expected = [.. Enumerable.Range(0, slice.Places.Length).SelectMany(i => References(ranker, slice, i))];
            AssertClose([.. expected.SelectMany(values => values).Select(value => (float)value)], logits, 2e-5, 2e-5, "logit");
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_later_item_or_flag_changes_nothing_before_it(RankerForm form)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var ranker = new RankerCase(form);
        var slice = ranker.Slices(largestSlice: 1)[0];
        long[] items = slice.Items.ToArray();
        items[^1] = 1 + (items[^1] % RankerCase.ItemCount);
        var channels = new Dictionary<NetworkInput, ColumnValues>(slice.Channels) { [NetworkInput.Items] = new ColumnValues<long>(1, items) };
        if (form.ReadsFeedback)
        {
            float[] flags = Array.ConvertAll(Values(slice.Channels[ranker.Network.Flags]), flag => (float)flag);
            flags[^1] = 1 - flags[^1];
            channels[ranker.Network.Flags] = new ColumnValues<float>(form.Tasks, flags);
        }

        float[] before = Logits(slice), after = Logits(slice with { Channels = channels });
        int earlier = before.Length - (2 * form.Tasks);
        Assert.Equal(before[..earlier], after[..earlier]);
        Assert.Contains(before[earlier..].Zip(after[earlier..]), pair => Math.Abs(pair.First - pair.Second) > 1e-4);

        float[] Logits(SequenceSlice read) => ranker.Network.TaskLogits(
            new TorchPass(ranker.Model), new TorchHistory(read, CPU), new(TorchMemory.Of(Compared(slice), CPU, -1, 2))).Value.ToArray();
    }

    public static TheoryData<RankerForm, bool, bool> Losses
    {
        get
        {
            var cases = new TheoryData<RankerForm, bool, bool>();
            foreach (bool isPairwise in new[] { false, true })
            {
                cases.Add(new(ReadsFeedback: true, Blocks: 1, Heads: 3), isPairwise, false);
                cases.Add(new(ReadsFeedback: false, Blocks: 2, Heads: 1), isPairwise, true);
            }

            cases.Add(new(ReadsFeedback: true, Blocks: 1, Heads: 1, Tasks: 1), false, true);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_loss_is_that_of_the_paper_and_the_gradient_is_its_slope(RankerForm form, bool isPairwise, bool learnsBalance)
    {
        using var scope = NewDisposeScope();
        double[] shares = [.. new[] { 0.5, 0.3, 0.2 }.Take(form.Tasks)];
        using var ranker = new RankerCase(form, learnsBalance, isPairwise, shares);
        var slices = ranker.Slices(largestSlice: 9);
        Assert.True(slices.Count > 2);
        using var workers = new GradientWorkers(ranker.Model, CPU, new TorchWorkers(count: 1, threads: 1));
        var terms = workers.Compute(ranker.Model.ToBatch(slices), new PassKey(Seed: 1, Epoch: 1, Step: 0, Part: 0));
        var (total, means) = Loss(ranker, slices);
        AssertClose(total, terms.Total, 1e-5, 1e-5, "loss");
        for (int task = 0; task < form.Tasks; task++)
            AssertClose(means[task], terms[ranker.Model.TermNames[task]], 1e-5, 1e-5, ranker.Model.TermNames[task]);

        // along some direction of each parameter, and along the whole gradient
        var gradients = ranker.Model.Parameters.ToDictionary(entry => entry.Name, entry => Array.ConvertAll(entry.Values.grad!.ToArray(), value => (double)value));
        foreach (var (name, gradient) in gradients)
        {
            double[] direction = Array.ConvertAll(CounterRandom.Of(5, name.Length).Normal(gradient.Length, 1 / Math.Sqrt(gradient.Length)), value => (double)value);
            // padding is no item, and its embedding stays
            if (name == "items")
                Array.Clear(direction, 0, ranker.Settings.Encoder.Width);
            AssertClose(Slope(new() { [name] = direction }), direction.Zip(gradient, (own, other) => own * other).Sum(), 1e-5, 1e-3, name);
        }

        double norm = Math.Sqrt(gradients.Values.Sum(gradient => gradient.Sum(value => value * value)));
        AssertClose(Slope(gradients.ToDictionary(entry => entry.Key, entry => Array.ConvertAll(entry.Value, value => value / norm))), norm, 1e-5, 1e-4, "all");
        // a bias that all candidates share changes no order
        Assert.All(gradients, entry => Assert.True(entry.Value.Any(value => Math.Abs(value) > 1e-6) || (isPairwise && entry.Key == "outputs.bias"), entry.Key));

        double Slope(Dictionary<string, double[]> directions)
        {
            const double Step = 1e-5;
            return (Moved(Step) - Moved(-Step)) / (2 * Step);

            double Moved(double distance)
            {
                var before = directions.ToDictionary(entry => entry.Key, entry => (double[])ranker.Reference.Parameters[entry.Key].Clone());
                foreach (var (name, direction) in directions)
                {
                    for (int i = 0; i < direction.Length; i++)
                        ranker.Reference.Parameters[name][i] += distance * direction[i];
                }

                double moved = Loss(ranker, slices).Total;
                foreach (var (name, values) in before)
                    values.CopyTo(ranker.Reference.Parameters[name], 0);
                return moved;
            }
        }
    }

    // eq. 9 or BPR, weighed by λ or by what is learned
    private static (double Total, double[] Means) Loss(RankerCase ranker, List<SequenceSlice> slices)
    {
        int tasks = ranker.Form.Tasks;
        var (sums, counts) = (new double[tasks], new double[tasks]);
        foreach (var slice in slices)
        {
            var flags = ((ColumnValues<float>)slice.Asked.Single(asked => asked.Key.Name == MultiFeedbackNetwork.FlagsName).Value).Values;
            for (int i = 0; i < slice.Places.Length; i++)
            {
                double[][] logits = References(ranker, slice, i);
                for (int task = 0; task < tasks; task++)
                {
                    double flag = flags[(i * tasks) + task], next = logits[0][task], sampled = logits[1][task];
                    sums[task] += ranker.Loss.IsPairwise ? flag * Logistic(sampled - next) : (flag * Logistic(-next)) + ((1 - flag) * Logistic(next)) + Logistic(sampled);
                    counts[task] += ranker.Loss.IsPairwise ? flag : 2;
                }
            }
        }

        double[] means = [.. sums.Zip(counts, (sum, count) => sum / count)];
        if (!ranker.Settings.LearnsBalance)
            return (means.Zip(ranker.Loss.Shares, (mean, share) => mean * share).Sum(), means);
        return (means.Zip(ranker.Reference.Parameters["balance"], (mean, s) => (Math.Exp(-s) * mean) + s).Sum(), means);

        static double Logistic(double value) => Math.Log(1 + Math.Exp(value));
    }

    private static long[] Compared(SequenceSlice slice) => [.. slice.Targets[SequenceSlice.Next].Zip(slice.Targets[SequenceSlice.Sampled], (next, sampled) => new[] { next, sampled }).SelectMany(pair => pair)];

    // of the next item and of the sampled one at a place that is asked at
    private static double[][] References(RankerCase ranker, SequenceSlice slice, int question)
    {
        int place = (int)slice.Places[question], start = place / slice.Length * slice.Length, tasks = ranker.Form.Tasks;
        long[] items = slice.Items[start..(place + 1)].ToArray();
        double[][] flags = ranker.Form.ReadsFeedback ? [.. Values(slice.Channels[ranker.Network.Flags]).Chunk(tasks).Take(start..(place + 1))] : [.. items.Select(_ => Array.Empty<double>())];
        var known = new KnownFeatures(ranker.Features.Rows.ToDictionary(row => row.Feature.Name,
            row => Values(slice.Asked[row.Input])[(question * row.Input.Width)..((question + 1) * row.Input.Width)]));
        return [ranker.Reference.Logits(items, flags, slice.Targets[SequenceSlice.Next][question], known),
            ranker.Reference.Logits(items, flags, slice.Targets[SequenceSlice.Sampled][question], known)];
    }

    private static double[] Values(ColumnValues values) => values is ColumnValues<long> keys ? Array.ConvertAll(keys.Values.ToArray(), key => (double)key)
        : Array.ConvertAll(((ColumnValues<float>)values).Values.ToArray(), number => (double)number);
}
