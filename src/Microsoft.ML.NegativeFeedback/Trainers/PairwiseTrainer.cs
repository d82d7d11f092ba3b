using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Models;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// The base of the trainers that learn pairwise: the next liked item is to score above a sampled one that the row does not hold and above the one that
/// the user skipped just before it.
/// </summary>
public abstract class PairwiseTrainer : NextItemTrainer
{
    private readonly PairwiseTrainerOptions _options;

    private protected PairwiseTrainer(IHostEnvironment environment, string name, PairwiseTrainerOptions options)
        : base(environment, name, options)
    {
        TrainerChecks.IsDefined(options.NegativeSampling, nameof(options.NegativeSampling));
        TrainerChecks.IsDefined(options.EarlyStoppingMetric, nameof(options.EarlyStoppingMetric));
        TrainerChecks.InRange(options.PopularityExponent, nameof(options.PopularityExponent), value => value >= 0, "at least 0");
        TrainerChecks.InRange(options.ObservedSkipShare, nameof(options.ObservedSkipShare), value => value is >= 0 and <= 1, "in [0, 1]");
        Columns.CheckName(options.ValidationCandidatesColumnName, nameof(options.ValidationCandidatesColumnName));
        Columns.CheckName(options.CandidateLabelsColumnName, nameof(options.CandidateLabelsColumnName));
        _options = options;
    }

    // as published for SINE
    private protected override double SecondMomentDecay => 0.98;

    /// <summary>The encoder in the form that SINE was published with.</summary>
    private protected EncoderSettings PairwiseEncoderSettings => EncoderSettings with { Form = EncoderForm.Sine };

    /// <summary>The rows to train on and the candidates that early stopping watches: given ones, or held-out ones.</summary>
    private protected PairwiseData ReadData(TrainerInput input)
    {
        var given = input.Validation is { } rows ? ReadCandidates(rows, input) : null;
        RequireUnseenItems(input);
        var (train, validation) = given is null && _options.ValidationFraction > 0
            ? HeldOutCandidates.Split(input.Rows, _options.ValidationFraction, input.Seed) : (input.Rows, given);
        return new PairwiseData(train, validation, _options.EarlyStoppingMetric,
            new NegativeSamplerSettings(_options.NegativeSampling, _options.PopularityExponent, _options.ObservedSkipShare));
    }

    /// <summary>Whether anything was skipped, wherever it stands.</summary>
    private protected static bool HasSkips(SequenceData data)
    {
        for (int row = 0; row < data.RowCount; row++)
        {
            if (data.Feedback(row).Contains((sbyte)-1))
                return true;
        }

        return false;
    }

    // Looks at all rows before any is held out, so that the error and its row number do not depend on which are.
    private void RequireUnseenItems(TrainerInput input)
    {
        var data = input.Rows;
        var met = new HashSet<int>();
        for (int row = 0; row < data.RowCount; row++)
        {
            // nothing is drawn for a row with a single liked item
            if (data.Items(row).Length < data.ItemCount || data.Feedback(row).Count((sbyte)1) < 2)
                continue;
            met.Clear();
            foreach (int item in data.Items(row))
                met.Add(item);
            if (met.Count == data.ItemCount)
            {
                throw new InvalidOperationException($"Column '{_options.ItemsColumnName}' of row {row} holds all {data.ItemCount} items that it has keys for, which leaves none to "
                    + "sample that a liked item could be ranked above. Leave such rows out, or cut histories into shorter windows (Transforms.WindowSequences).");
            }
        }
    }

    private CandidateRows ReadCandidates(IDataView rows, TrainerInput input)
    {
        var keys = KeyMapping.Apply(rows, input.Items, _options.ItemsColumnName, _options.ValidationCandidatesColumnName);
        return new CandidateReader(keys, input.ItemCount).Read(
            _options.ItemsColumnName, _options.FeedbackColumnName, _options.ValidationCandidatesColumnName, _options.CandidateLabelsColumnName,
            _options.CancellationToken);
    }
}
