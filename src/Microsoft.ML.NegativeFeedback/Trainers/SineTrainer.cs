using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Trains SINE: "Understanding and Modeling Passive-Negative Feedback for Short-video Sequential Recommendation" (Pan et al., RecSys '23). (RecBole has another
/// model of the same name, Sparse-Interest Network, WSDM '21.)
/// </summary>
/// <remarks>
/// <para>To create it, use <see cref="NegativeFeedbackCatalog.Sine(RecommendationCatalog.RecommendationTrainers, SineTrainer.Options)"/> or its overload with the usual options.</para>
/// <para><b>Input and output columns</b></para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term><c>Items</c>, input</term><description>vector of keys, oldest first: <see cref="SequenceTrainerOptions.ItemsColumnName"/></description></item>
/// <item><term><c>Feedback</c>, input</term><description>vector of Single beside it, +1 liked, −1 skipped, 0 neither: <see cref="SequenceTrainerOptions.FeedbackColumnName"/></description></item>
/// <item><term><c>RecommendedItems</c>, output</term><description>keys [k], best first: <see cref="SequenceTrainerOptions.RecommendedItemsColumnName"/></description></item>
/// <item><term><c>Scores</c>, output</term><description>Single [k] beside them, logits, or counts where the network finds nothing to read: <see cref="SequenceTrainerOptions.ScoresColumnName"/></description></item>
/// <item><term><c>Candidates</c>, input where named</term><description>vector of keys of the same dictionary: <see cref="SequenceTrainerOptions.CandidatesColumnName"/></description></item>
/// <item><term><c>CandidateScores</c>, output in place of the two</term><description>Single a candidate, −∞ for an unknown one: <see cref="SequenceTrainerOptions.CandidateScoresColumnName"/></description></item>
/// <item><term>a column of shares, output where named</term><description>Single [k, K], or K values a candidate: <see cref="Options.SubInterestWeightsColumnName"/></description></item>
/// </list>
/// <para><b>Trainer characteristics</b></para>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Machine learning task</term><description>Recommendation: the next item of a sequence, or ranking of candidates</description></item>
/// <item><term>Is normalization required?</term><description>No</description></item>
/// <item><term>Is caching required?</term><description>No: rows are read once, and sequences stay in memory</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.NegativeFeedback; TorchSharp-cpu, or a CUDA package of TorchSharp; Microsoft.ML.OnnxRuntime, or Microsoft.ML.OnnxRuntime.Gpu</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, with everything around it: <see cref="NextItemTransformer.ExportToOnnx"/> (not <c>Model.ConvertToOnnx</c>)</description></item>
/// </list>
/// <para><b>Training algorithm details</b></para>
/// <para>A user skips an item that matches most of what the user likes but fails in one aspect. SINE learns K sub-interest prototypes z_k; what was skipped just before an
/// item was liked tells which of them the item stands for (eq. 4), attention over the liked items heeds it (eq. 8 and 9), every sub-interest gets a projection
/// õ_k = o + σ(o ∗ z_k) ∗ o of the encoded history (eq. 11), and a candidate's score is Σ γ_k õ_k·e with shares γ (eq. 12 to 14).</para>
/// <para>With γ by eq. 13 the candidate decides the shares. With the published code's softmax its part w·e is the same for every k and cancels: the history alone decides, and
/// shares are the same for all candidates.</para>
/// <para>The loss is L = λ₁·BPR(liked, sampled) + λ₂·BPR(liked, skipped) + λ₃·Σ dCor(z_i, z_j) (eq. 15 and 16).</para>
/// <para>The defaults follow the published code and its command, which the published numbers come from: γ by softmax, attention left alone (β₁ = ½), three terms of one weight.
/// Where that code slips (padding that takes softmax mass, negatives drawn once that exclude nothing, attention weights by the item to be foreseen), the trainer does
/// what the paper says.</para>
/// </remarks>
/// <example>
/// <code>
/// // histories and candidates share one dictionary
/// var keys = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: lastOut.Catalogue);
/// var model = keys.Append(ml.Recommendation().Trainers.Sine(new SineTrainer.Options { CandidatesColumnName = "Candidates", ValidationSet = lastOut.ValidationSet })).Fit(lastOut.TrainSet);
/// Console.WriteLine(ml.Recommendation().EvaluateCandidates(model.Transform(lastOut.TestSet)));
/// </code>
/// </example>
/// <seealso href="https://doi.org/10.1145/3604915.3608814">SINE, RecSys '23</seealso>
public sealed class SineTrainer : PairwiseTrainer
{
    private const double Tolerance = 1e-6;

    private const int MostSubInterests = 100;

    private readonly Options _options;

    internal SineTrainer(IHostEnvironment environment, Options options)
        : base(environment, nameof(SineTrainer), options)
    {
        _options = options = (Options)OwnOptions;
        if (options.NumberOfSubInterests < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(options.NumberOfSubInterests), options.NumberOfSubInterests,
                $"{nameof(options.NumberOfSubInterests)} must be at least 2: with one sub-interest SINE is SASRec, which Trainers.Baseline trains.");
        }

        TrainerChecks.InRange(options.NumberOfSubInterests, nameof(options.NumberOfSubInterests), 2, MostSubInterests);
        TrainerChecks.InRange(options.SameInterestWeight, nameof(options.SameInterestWeight), value => value is >= 0 and <= 1, "in [0, 1]");
        TrainerChecks.InRange(options.SampledLossWeight, nameof(options.SampledLossWeight), value => value is > 0 and <= 1, "in (0, 1]");
        TrainerChecks.InRange(options.SkipLossWeight, nameof(options.SkipLossWeight), value => value is >= 0 and < 1, "in [0, 1)");
        TrainerChecks.InRange(options.DistanceLossWeight, nameof(options.DistanceLossWeight), value => value is >= 0 and < 1, "in [0, 1)");
        TrainerChecks.IsDefined(options.FusionNormalization, nameof(options.FusionNormalization));
        double sum = options.SampledLossWeight + options.SkipLossWeight + options.DistanceLossWeight;
        if (Math.Abs(sum - 1) > Tolerance)
        {
            throw new ArgumentException($"{nameof(options.SampledLossWeight)}, {nameof(options.SkipLossWeight)} and {nameof(options.DistanceLossWeight)} "
                + FormattableString.Invariant($"(λ₁, λ₂, λ₃) must sum to one; they sum to {sum}: divide each by {sum}."));
        }

        if (options.ObservedSkipShare > 0 && !options.UseNegativeFeedback)
        {
            throw new ArgumentException(FormattableString.Invariant($"{nameof(options.ObservedSkipShare)} = {options.ObservedSkipShare} learns from skips, which {nameof(options.UseNegativeFeedback)} = false ")
                + "rules out: set one of the two back.");
        }

        if (options.SubInterestWeightsColumnName is not null)
            Columns.CheckName(options.SubInterestWeightsColumnName, nameof(options.SubInterestWeightsColumnName));
        if (options.SubInterestWeightsColumnName is not null && !options.AdaptiveFusion)
        {
            throw new ArgumentException($"{nameof(options.SubInterestWeightsColumnName)} asks for the shares of sub-interests, which only {nameof(options.AdaptiveFusion)} "
                + "gives: turn it on, or leave the column out.");
        }
    }

    private protected override string? SubInterestWeightsColumnName => _options.SubInterestWeightsColumnName;

    private protected override string SizeOptions
        => FormattableString.Invariant($"{base.SizeOptions}, {nameof(_options.NumberOfSubInterests)} {_options.NumberOfSubInterests:N0}");

    private protected override Network CreateNetwork(int itemCount, DataViewSchema schema, long seed) => new SineNetwork(itemCount,
        new SineSettings(PairwiseEncoderSettings, _options.NumberOfSubInterests, _options.UseNegativeFeedback ? _options.SameInterestWeight : 0.5,
            _options.FusionNormalization, _options.AdaptiveFusion), seed);

    private protected override NetworkWeights Train(TrainerInput input, TrainingSettings settings, TrainingRun run)
    {
        var data = ReadData(input);
        bool usesSkips = _options.UseNegativeFeedback;
        if (usesSkips)
            WarnWithoutSkips(data.Train, input.Channel);
        // without skips λ₁ and λ₃ keep their proportion and still sum to one
        double scale = usesSkips ? 1 : 1 / (_options.SampledLossWeight + _options.DistanceLossWeight);
        var weights = new PairwiseWeights(scale * _options.SampledLossWeight, usesSkips ? _options.SkipLossWeight : 0);
        var network = (SineNetwork)CreateNetwork(input.ItemCount, input.Schema, settings.Seed);
        var apart = _options.DistanceLossWeight == 0 ? null
            : new ParameterLoss(PairwiseModel.RegularizerName, scale * _options.DistanceLossWeight, network.Prototypes, DistanceCorrelation.OfPairs);
        return ModelTraining.Train(new PairwiseTask(network, weights, data, apart), settings, run).Weights;
    }

    private void WarnWithoutSkips(SequenceData train, IChannel channel)
    {
        if (!HasSkips(train))
        {
            channel.Warning(MessageSensitivity.None, "No item of the training data was skipped (feedback below 0): SINE learns from sampled items alone. "
                + "Check the rule that made column '{0}'.", _options.FeedbackColumnName);
        }
        else if (!HasSkipBeforeTarget(train))
        {
            channel.Warning(MessageSensitivity.None, "Items of the training data were skipped (feedback below 0), but none of them just before a liked item that follows "
                + "another liked one, and SINE learns to rank from such skips only: it learns from sampled items alone. Check the rule that made column '{0}', and whether "
                + "items with feedback 0 come between skips and likes.", _options.FeedbackColumnName);
        }
    }

    // whether an item was skipped just before one that is to be foreseen: a liked one of the window, but its oldest
    private bool HasSkipBeforeTarget(SequenceData train)
    {
        for (int row = 0; row < train.RowCount; row++)
        {
            var feedback = train.Feedback(row);
            bool isSkipped = false;
            for (int i = feedback.Length - 1, liked = 0; i >= 0 && liked <= _options.MaximumSequenceLength; i--)
            {
                if (feedback[i] <= 0)
                    continue;
                if (isSkipped)
                    return true;
                (isSkipped, liked) = (i > 0 && feedback[i - 1] < 0, liked + 1);
            }
        }

        return false;
    }

    /// <summary>The options of <see cref="SineTrainer"/>.</summary>
    public sealed class Options : PairwiseTrainerOptions
    {
        /// <summary>K: sub-interests; 2 to 100. Default 2, the best on the paper's Kuaishou data (7 on its WeChat data).</summary>
        [Choice(new object[] { 2, 3, 4, 5, 6, 7, 8, 9, 10 }, 2)]
        public int NumberOfSubInterests { get; set; } = 2;

        /// <summary>
        /// β₁ in [0, 1]: what attention weights are multiplied by between items of the same dominant sub-interest; β₂ = 1 − β₁ elsewhere (eq. 8). They are applied as 2β₁
        /// and 2β₂, which the learned projections cannot tell from β₁ and β₂, so that ½ leaves attention as it is. Default ½, as in the published command.
        /// </summary>
        [Range(0.5, 1.0, init: 0.5)]
        public double SameInterestWeight { get; set; } = 0.5;

        /// <summary>λ₁, weight of ranking the liked above sampled items, in (0, 1]; the three λ sum to one. Default ⅓.</summary>
        public double SampledLossWeight { get; set; } = 1.0 / 3;

        /// <summary>λ₂, weight of ranking the liked above skipped items, in [0, 1). Default ⅓.</summary>
        public double SkipLossWeight { get; set; } = 1.0 / 3;

        /// <summary>λ₃, weight of the distance correlation that keeps prototypes apart, in [0, 1). Default ⅓.</summary>
        public double DistanceLossWeight { get; set; } = 1.0 / 3;

        /// <summary>How the shares γ come of the fusion layer: softmax as in the published code, or eq. 13 of the text; read with <see cref="AdaptiveFusion"/>. Default <see cref="FusionNormalization.Softmax"/>.</summary>
        public FusionNormalization FusionNormalization { get; set; } = FusionNormalization.Softmax;

        /// <summary>Whether candidates fuse sub-interests by their shares γ; otherwise sub-interests are summed up, the paper's "w/o AF". Default true.</summary>
        public bool AdaptiveFusion { get; set; } = true;

        /// <summary>
        /// Whether skips are learned from; without, λ₂ is 0 and attention is left alone, as nothing tells which sub-interest was active: the paper's "w/o NF". (Its text
        /// calls what remains a model without sub-interests; here projection and fusion stay, and Trainers.Baseline has that model.) Default true.
        /// </summary>
        public bool UseNegativeFeedback { get; set; } = true;

        /// <summary>
        /// A column that scoring adds with the shares γ of the sub-interests in each recommended item's score, Single [k, K], so that one sees which of them spoke; in
        /// candidates mode K values a candidate, in the order of the candidates. Default null: none is added.
        /// </summary>
        public string? SubInterestWeightsColumnName { get; set; }
    }
}
