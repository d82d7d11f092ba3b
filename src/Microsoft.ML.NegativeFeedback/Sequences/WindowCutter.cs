namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>Cuts a log into the sequences that <see cref="WindowSequencesOptions"/> asks for; linear in the log.</summary>
internal sealed class WindowCutter(UserLog log, WindowSequencesOptions options)
{
    private readonly SequenceStore _store = new(log, log.Count, options.TimesColumnName is not null);

    /// <summary>The number of users with too few interactions, once they are cut.</summary>
    public int UsersLeftOut { get; private set; }

    public SequenceStore Cut()
    {
        for (int user = 0; user < log.Users.Count; user++)
        {
            var interactions = log.Of(user);
            var counts = Count(interactions);
            if (!IsKept(counts))
            {
                UsersLeftOut++;
                continue;
            }

            int start = _store.Count;
            if (options.MaximumLengthPerFeedback > 0)
                AddLastOfEachFeedback(interactions, counts);
            else
                AddAll(interactions[^LengthToKeep(interactions.Length)..]);

            if (options.Stride > 0)
                AddWindows(user, start, _store.Count);
            else
                _store.AddRow(new SequencePart(user, start, _store.Count - start));
        }

        return _store.Complete();
    }

    private static FeedbackCounts Count(ReadOnlySpan<UserInteraction> interactions)
    {
        var counts = new FeedbackCounts();
        foreach (ref readonly var interaction in interactions)
            counts.Add(interaction.Feedback);
        return counts;
    }

    private int LengthToKeep(int length)
        => options.MaximumLength > 0 && options.Stride == 0 ? Math.Min(length, options.MaximumLength) : length;

    private bool IsKept(FeedbackCounts counts)
        => counts.Total >= options.MinimumInteractionCount
            && counts.Positives >= options.MinimumPositiveCount
            && counts.Negatives >= options.MinimumNegativeCount;

    private void AddAll(ReadOnlySpan<UserInteraction> interactions)
    {
        foreach (ref readonly var interaction in interactions)
            _store.Add(interaction);
    }

    private void AddLastOfEachFeedback(ReadOnlySpan<UserInteraction> interactions, FeedbackCounts left)
    {
        foreach (ref readonly var interaction in interactions)
        {
            if (left.Of(interaction.Feedback) <= options.MaximumLengthPerFeedback)
                _store.Add(interaction);
            left.Remove(interaction.Feedback);
        }
    }

    private void AddWindows(int user, int start, int end)
    {
        int length = options.MaximumLength;
        int before = Math.Max(0, end - start - length);
        int windowCount = 1 + (before + options.Stride - 1) / options.Stride;
        for (int window = windowCount - 1; window >= 0; window--)
        {
            int windowEnd = end - window * options.Stride;
            int windowStart = Math.Max(start, windowEnd - length);
            _store.AddRow(new SequencePart(user, windowStart, windowEnd - windowStart));
        }
    }
}

/// <summary>Numbers of interactions by feedback.</summary>
internal struct FeedbackCounts
{
    public int Positives { get; private set; }

    public int Negatives { get; private set; }

    public int Neutrals { get; private set; }

    public readonly int Total => Positives + Negatives + Neutrals;

    public void Add(sbyte feedback) => Change(feedback, 1);

    public void Remove(sbyte feedback) => Change(feedback, -1);

    public readonly int Of(sbyte feedback) => feedback > 0 ? Positives : feedback < 0 ? Negatives : Neutrals;

    private void Change(sbyte feedback, int by)
    {
        if (feedback > 0)
            Positives += by;
        else if (feedback < 0)
            Negatives += by;
        else
            Neutrals += by;
    }
}
