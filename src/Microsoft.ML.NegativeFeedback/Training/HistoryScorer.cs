using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Scores items after histories with a model as it stands, without gradients; several threads may call it at once.</summary>
internal sealed class HistoryScorer
{
    // Pairs of a sequence and an item that a network has in memory at once where it reads them together.
    private const long PairsAtOnce = 1 << 11;

    // Rows with candidates that a worker scores at once, and values of the largest tensor that it makes for them, 64 MiB, unless a single row takes more.
    private const int RowsOfCandidates = 128;
    private const long LargestOfCandidates = 1L << 24;

    private readonly SequenceModel _model;
    private readonly SequenceData _histories;
    private readonly SequenceWindows _windows;

    /// <param name="model">The model.</param>
    /// <param name="histories">The histories.</param>
    /// <param name="cancellationToken">Looked at while windows are cut.</param>
    public HistoryScorer(SequenceModel model, SequenceData histories, CancellationToken cancellationToken = default)
    {
        (_model, _histories) = (model, histories);
        _windows = new SequenceWindows(histories, model.Network.ReadsWholeHistory ? SequenceKind.Whole : SequenceKind.Positives,
            model.Network.Settings.MaximumLength, model.Network.Inputs, cancellationToken);
    }

    /// <summary>How many items of a row the model reads.</summary>
    public int Length(int row) => _windows.Length(row);

    /// <summary>Cuts rows into batches whose candidates can be scored in bounded memory, each as wide as the one of its rows that has most.</summary>
    /// <param name="rows">The rows, in the order of their lengths.</param>
    /// <param name="candidateCount">How many candidates a row has.</param>
    public int[][] BatchesOf(int[] rows, Func<int, int> candidateCount)
    {
        var network = _model.Network;
        var batches = new List<int[]>();
        for (int start = 0, end; start < rows.Length; start = end)
        {
            long rowValues = 1;
            for (end = start; end < rows.Length && end - start < RowsOfCandidates; end++)
            {
                rowValues = Math.Max(Math.Max(rowValues, candidateCount(rows[end]) * network.ValuesPerCandidate), Length(rows[end]) * network.ValuesPerPlace);
                if (end > start && (end - start + 1) * rowValues > LargestOfCandidates)
                    break;
            }

            batches.Add(rows[start..end]);
        }

        return [.. batches];
    }

    /// <summary>The scores of every item after some rows, the longest of which comes last.</summary>
    /// <returns>[rows, N + 1], row-major; column 0 is padding.</returns>
    public float[] OfCatalogue(int[] rows)
    {
        using var scope = NewDisposeScope();
        return Values(CatalogueScores(rows));
    }

    /// <summary>The rank of one item a row, by its score among all items but those of the row's history; computed where the scores lie.</summary>
    /// <param name="rows">The rows, the longest of which comes last.</param>
    /// <returns>[rows]: 1 + how many unseen items score higher; the largest number for an item that is unknown (0) or seen, and for a score that is no number.</returns>
    public int[] RanksOfTargets(int[] rows)
    {
        using var scope = NewDisposeScope();
        var scores = CatalogueScores(rows);
        long width = scores.shape[1];
        long[] targets = Array.ConvertAll(rows, row => (long)_histories.TargetItem(row));
        var excluded = new List<long>();
        for (int i = 0; i < rows.Length; i++)
        {
            excluded.Add(i * width);
            foreach (int item in _histories.Items(rows[i]))
                excluded.Add((i * width) + item);
        }

        // a target that was seen has the score −∞, as an unknown one has with padding's
        scores.view(-1).index_fill_(0, TorchMemory.Of([.. excluded], scores.device), Scalars.Of(float.NegativeInfinity));
        var ofTargets = scores.gather(1, TorchMemory.Of(targets, scores.device, -1, 1));
        var ranks = scores.gt(ofTargets).sum(1).masked_fill_(ofTargets.squeeze(1).gt(Scalars.Of(float.NegativeInfinity)).logical_not(), Scalars.Of(int.MaxValue - 1L));
        return Array.ConvertAll(ranks.cpu().data<long>().ToArray(), above => (int)(above + 1));
    }

    private Tensor CatalogueScores(int[] rows)
    {
        var (network, history) = (_model.Network, History(rows));
        var items = _model.ItemVectors;
        if (network.HasStates)
            return network.States(new TorchPass(_model), history).Value.mm(items.t());
        var pass = new TorchPass(_model);
        var stretches = items.split(Math.Max(1, PairsAtOnce / rows.Length), 0);
        var scores = new Tensor[stretches.Length];
        // in the outer scope: what the pass keeps of the histories serves all stretches
        scores[0] = Scores(stretches[0]);
        for (int i = 1; i < scores.Length; i++)
        {
            using var inner = NewDisposeScope();
            scores[i] = Scores(stretches[i]).MoveToOuterDisposeScope();
        }

        return cat(scores, 1);

        Tensor Scores(Tensor stretch) => network.Scores(pass, history, new(stretch.unsqueeze(0).expand(rows.Length, -1, -1))).Value;
    }

    /// <summary>The scores of some items after each of some rows, the longest of which comes last.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="candidates">[rows, c], row-major: the items, 0 where a row has fewer.</param>
    /// <returns>[rows, c], row-major.</returns>
    public float[] OfCandidates(int[] rows, long[] candidates)
    {
        using var scope = NewDisposeScope();
        var pass = new TorchPass(_model);
        var vectors = pass.Lookup(_model.Network.Items, new(TorchMemory.Of(candidates, _model.Device, rows.Length, candidates.Length / rows.Length)));
        return Values(_model.Network.Scores(pass, History(rows), vectors).Value);
    }

    /// <summary>The log odds of each kind of feedback on some items after each of some rows, the longest of which comes last.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="candidates">[rows, c], row-major: the items, 0 where a row has fewer.</param>
    /// <returns>[rows, c, K], row-major.</returns>
    public float[] TaskLogitsOf(int[] rows, long[] candidates)
    {
        using var scope = NewDisposeScope();
        var items = TorchMemory.Of(candidates, _model.Device, rows.Length, candidates.Length / rows.Length);
        return Values(_model.Network.TaskLogits(new TorchPass(_model), History(rows), new(items)).Value);
    }

    private TorchHistory History(int[] rows) => new(_windows.ToHistories(rows), _model.Device);

    /// <exception cref="InvalidOperationException">Training has diverged.</exception>
    private static float[] Values(Tensor scores)
    {
        float[] values = MemoryMarshal.Cast<byte, float>(scores.cpu().contiguous().bytes).ToArray();
        // of weights that are finite and too large
        return !Array.Exists(values, float.IsNaN) ? values
            : throw new InvalidOperationException("A score of the validation rows is no number, so training ends without a model: lower LearningRate, or set GradientClippingNorm.");
    }
}
