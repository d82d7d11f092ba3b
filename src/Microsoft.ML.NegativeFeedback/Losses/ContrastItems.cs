namespace Microsoft.ML.NegativeFeedback.Losses;

/// <summary>What a contrastive term compares at each labelled position: an item to come close to, and negatives.</summary>
/// <param name="Width">1 + the largest number of negatives of a sequence in the slice.</param>
/// <param name="Items">
/// [n · width]: the target, then the negatives; 0 for none. A position without a target has no part in the term.
/// </param>
/// <param name="TargetCount">Number of positions with a target.</param>
/// <param name="Negatives">The negatives of each sequence, which stand behind its targets.</param>
internal sealed record ContrastItems(int Width, int[] Items, int TargetCount, ReadOnlyMemory<int>[] Negatives)
{
    /// <summary>The temperature of PNFRec's L_c, and that of SASRec_c's InfoNCE (Seshadri et al. 2024).</summary>
    public const double OpposingTemperature = 1, InfoNceTemperature = 0.1;

    /// <summary>Lists the targets of all positions beside the negatives of their sequences.</summary>
    /// <param name="targets">[n] targets, 0 for none.</param>
    /// <param name="sequenceOfTarget">[n] the sequence each belongs to.</param>
    /// <param name="negatives">The negatives of each sequence.</param>
    public static ContrastItems Of(ReadOnlySpan<long> targets, ReadOnlySpan<int> sequenceOfTarget, ReadOnlyMemory<int>[] negatives)
    {
        int width = 1;
        foreach (var list in negatives)
            width = Math.Max(width, 1 + list.Length);
        var items = new int[targets.Length * width];
        int count = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            if (targets[i] == 0)
                continue;
            count++;
            var row = items.AsSpan(i * width, width);
            row[0] = (int)targets[i];
            negatives[sequenceOfTarget[i]].Span.CopyTo(row[1..]);
        }

        return new ContrastItems(width, items, count, negatives);
    }

    /// <summary>[n] the targets, 0 for none.</summary>
    public long[] Targets()
    {
        var targets = new long[Items.Length / Width];
        for (int i = 0; i < targets.Length; i++)
            targets[i] = Items[i * Width];
        return targets;
    }

    /// <summary>[sequences · m]: the negatives of each sequence, m the largest number of them and at least 1; 0 for none.</summary>
    public long[] PaddedNegatives()
    {
        int longest = Math.Max(Width - 1, 1);
        var padded = new long[Negatives.Length * longest];
        for (int sequence = 0; sequence < Negatives.Length; sequence++)
        {
            var list = Negatives[sequence].Span;
            for (int i = 0; i < list.Length; i++)
                padded[(sequence * longest) + i] = list[i];
        }

        return padded;
    }

    /// <summary>L_c of PNFRec (section 3.3): what came next in the positive sequences is contrasted with the user's negative sequence.</summary>
    /// <param name="labels">[n] items that came next.</param>
    /// <param name="sequenceOfLabel">[n] the sequence each label belongs to.</param>
    /// <param name="negatives">
    /// The window of negatives of each sequence's user. Its newest item is left out, as in the published code, where it is a label of the
    /// negative encoder only.
    /// </param>
    public static ContrastItems OfOpposing(long[] labels, int[] sequenceOfLabel, ReadOnlyMemory<int>[] negatives)
        => Of(labels, sequenceOfLabel, Array.ConvertAll(negatives, window => window[..Math.Max(0, window.Length - 1)]));

    /// <summary>
    /// InfoNCE of SASRec_c (Seshadri et al. 2024): at each position of a whole sequence that holds a positive item, the next positive item is contrasted with
    /// the negatives of the same sequence. A position with no positive item after it has no part in the term.
    /// </summary>
    /// <param name="items">The window of each sequence, oldest first: its inputs and, last, the label of the last input.</param>
    /// <param name="feedback">The feedback beside them.</param>
    public static ContrastItems OfWhole(ReadOnlyMemory<int>[] items, ReadOnlyMemory<sbyte>[] feedback)
    {
        int count = items.Sum(window => window.Length - 1);
        var (targets, sequenceOfTarget) = (new long[count], new int[count]);
        var negatives = new ReadOnlyMemory<int>[items.Length];
        for (int sequence = 0, start = 0; sequence < items.Length; sequence++)
        {
            int inputs = items[sequence].Length - 1;
            FindTargets(items[sequence].Span, feedback[sequence].Span, targets.AsSpan(start, inputs));
            sequenceOfTarget.AsSpan(start, inputs).Fill(sequence);
            negatives[sequence] = NegativesAmong(items[sequence].Span, feedback[sequence].Span);
            start += inputs;
        }

        return Of(targets, sequenceOfTarget, negatives);
    }

    private static void FindTargets(ReadOnlySpan<int> items, ReadOnlySpan<sbyte> feedback, Span<long> targets)
    {
        long next = 0;
        for (int i = items.Length - 1; i >= 0; i--)
        {
            if (feedback[i] <= 0)
                continue;
            if (i < targets.Length)
                targets[i] = next;
            next = items[i];
        }
    }

    private static int[] NegativesAmong(ReadOnlySpan<int> items, ReadOnlySpan<sbyte> feedback)
    {
        var negatives = new List<int>();
        for (int i = 0; i < items.Length; i++)
        {
            if (feedback[i] < 0)
                negatives.Add(items[i]);
        }

        return [.. negatives];
    }
}
