using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Scores items after histories with a model as it stands, without gradients; several threads may call it at once.</summary>
internal abstract class HistoryScorer
{
    /// <summary>The scorer of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="histories">The histories.</param>
    /// <param name="device">Where the model lies.</param>
    public static HistoryScorer Of(SequenceModel model, SequenceData histories, Device device)
        => model is PairwiseModel pairwise ? new PairwiseScorer(pairwise, histories, device) : new NextItemScorer((NextItemModel)model, histories, device);

    /// <summary>How many items of a row the model reads.</summary>
    public abstract int Length(int row);

    /// <summary>The scores of every item after some rows, the longest of which comes last.</summary>
    /// <returns>[rows, N + 1], row-major; column 0 is padding.</returns>
    public abstract float[] OfCatalogue(int[] rows);

    /// <summary>The scores of some items after each of some rows, the longest of which comes last.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="candidates">[c, rows], row-major: the items, 0 where a row has fewer.</param>
    /// <returns>[c, rows], row-major.</returns>
    public abstract float[] OfCandidates(int[] rows, long[] candidates);

    private static float[] Values(Tensor scores) => MemoryMarshal.Cast<byte, float>(scores.cpu().contiguous().bytes).ToArray();

    private sealed class NextItemScorer(NextItemModel model, SequenceData histories, Device device) : HistoryScorer
    {
        private readonly SequenceWindows _windows = new(histories, model.ScoringSequence, model.Settings.MaximumLength);

        public override int Length(int row) => _windows.Length(row);

        public override float[] OfCatalogue(int[] rows)
        {
            using var scope = NewDisposeScope();
            return Values(Score(rows));
        }

        public override float[] OfCandidates(int[] rows, long[] candidates)
        {
            using var scope = NewDisposeScope();
            return Values(Score(rows).t().gather(0, tensor(candidates, candidates.Length / rows.Length, rows.Length, device: device)));
        }

        private Tensor Score(int[] rows)
        {
            int length = Length(rows[^1]);
            var inputs = new long[rows.Length * length];
            var last = new long[rows.Length];
            for (int i = 0; i < rows.Length; i++)
            {
                var items = _windows.Items(rows[i]).Span;
                for (int j = 0; j < items.Length; j++)
                    inputs[(i * length) + j] = items[j];
                last[i] = items.Length - 1;
            }

            return model.Score(tensor(inputs, rows.Length, length, device: device), tensor(last, device: device));
        }
    }

    private sealed class PairwiseScorer(PairwiseModel model, SequenceData histories, Device device) : HistoryScorer
    {
        private readonly LikedWindows _windows = new(histories, model.Settings.MaximumLength);

        public override int Length(int row) => _windows.Length(row);

        public override float[] OfCatalogue(int[] rows)
        {
            using var scope = NewDisposeScope();
            var (sequences, last) = Sequences(rows);
            return Values(model.ScoreCatalogue(sequences, last));
        }

        public override float[] OfCandidates(int[] rows, long[] candidates)
        {
            using var scope = NewDisposeScope();
            var (sequences, last) = Sequences(rows);
            return Values(model.Score(sequences, last, tensor(candidates, candidates.Length / rows.Length, rows.Length, device: device)));
        }

        private (LikedSequences Sequences, Tensor Last) Sequences(int[] rows)
        {
            int length = Length(rows[^1]);
            var (inputs, skips, last) = (new long[rows.Length * length], new long[rows.Length * length], new long[rows.Length]);
            for (int i = 0; i < rows.Length; i++)
            {
                var items = _windows.Items(rows[i]);
                for (int j = 0; j < items.Length; j++)
                    (inputs[(i * length) + j], skips[(i * length) + j]) = (items[j], _windows.Skips(rows[i])[j]);
                last[i] = (i * length) + items.Length - 1;
            }

            return (new LikedSequences(rows.Length, length, tensor(inputs, device: device), tensor(skips, device: device)), tensor(last, device: device));
        }
    }
}
