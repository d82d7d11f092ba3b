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

    private readonly SequenceModel _model;
    private readonly SequenceWindows? _whole;
    private readonly LikedWindows? _liked;

    /// <param name="model">The model.</param>
    /// <param name="histories">The histories.</param>
    /// <param name="cancellationToken">Looked at while windows are cut.</param>
    public HistoryScorer(SequenceModel model, SequenceData histories, CancellationToken cancellationToken = default)
    {
        _model = model;
        int length = model.Network.Settings.MaximumLength;
        if (model.Network.ReadsWholeHistory)
            _whole = new SequenceWindows(histories, SequenceKind.Whole, length, cancellationToken);
        else
            _liked = new LikedWindows(histories, length, cancellationToken);
    }

    /// <summary>How many items of a row the model reads.</summary>
    public int Length(int row) => _whole?.Length(row) ?? _liked!.Length(row);

    /// <summary>The scores of every item after some rows, the longest of which comes last.</summary>
    /// <returns>[rows, N + 1], row-major; column 0 is padding.</returns>
    public float[] OfCatalogue(int[] rows)
    {
        using var scope = NewDisposeScope();
        var (network, history) = (_model.Network, History(rows));
        var items = _model.Of(network.Items);
        if (network.HasStates)
            return Values(network.States(new TorchPass(_model), history).Value.mm(items.t()));
        var stretches = items.split(Math.Max(1, PairsAtOnce / rows.Length), 0);
        var scores = new Tensor[stretches.Length];
        for (int i = 0; i < scores.Length; i++)
        {
            using var inner = NewDisposeScope();
            var candidates = stretches[i].unsqueeze(0).expand(rows.Length, -1, -1);
            scores[i] = network.Scores(new TorchPass(_model), history, new(candidates)).Value.MoveToOuterDisposeScope();
        }

        return Values(cat(scores, 1));
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

    private TorchHistory History(int[] rows)
    {
        int length = Length(rows[^1]);
        var (inputs, skips, newest) = (new long[rows.Length * length], new long[rows.Length * length], new long[rows.Length]);
        for (int i = 0; i < rows.Length; i++)
        {
            var items = _whole is null ? _liked!.Items(rows[i]) : _whole.Items(rows[i]).Span;
            for (int j = 0; j < items.Length; j++)
                (inputs[(i * length) + j], skips[(i * length) + j]) = (items[j], _liked is null ? 0 : _liked.Skips(rows[i])[j]);
            newest[i] = items.Length - 1;
        }

        return TorchHistory.AtNewest(inputs, newest, _model.Device, skips);
    }

    private static float[] Values(Tensor scores) => MemoryMarshal.Cast<byte, float>(scores.cpu().contiguous().bytes).ToArray();
}
