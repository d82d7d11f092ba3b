using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Trains the multi-feedback ranker (Pan et al., "Learning and Optimization of Implicit Negative Feedback for Industrial Short-video Recommender System", CIKM '23): it foretells for
/// each candidate how likely every kind of feedback is (EVV, engaged; FVV, focused; GVV, a glance, which is negative), and ranks candidates by a weighted sum of these.
/// </summary>
/// <remarks>
/// <para>To create it, use <see cref="NegativeFeedbackCatalog.MultiFeedback(RecommendationCatalog.RecommendationTrainers, MultiFeedbackTrainer.Options)"/> or its overload with the usual options.</para>
/// <para><b>Input and output columns</b></para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term><c>Items</c>, input</term><description>vector of keys, oldest first: <see cref="SequenceTrainerOptions.ItemsColumnName"/></description></item>
/// <item><term><c>Feedback</c>, input</term><description>vector of Single beside it, +1 liked, −1 skipped, 0 neither: <see cref="SequenceTrainerOptions.FeedbackColumnName"/></description></item>
/// <item><term><c>Flags</c>, input</term><description>vector of Single beside the items, K values each, 0 or 1: <see cref="Options.FlagsColumnName"/></description></item>
/// <item><term><c>Candidates</c>, input</term><description>vector of keys of the same dictionary as the items: <see cref="SequenceTrainerOptions.CandidatesColumnName"/></description></item>
/// <item><term>features, input where named</term><description>keys, Single or vectors of Single: <see cref="Options.UserColumnNames"/>, <see cref="Options.ContextColumnNames"/>; those of items become part of the model, <see cref="Options.ItemFeatures"/></description></item>
/// <item><term><c>CandidateFlags</c>, input of validation rows</term><description>vector of Single beside the candidates, K values each, 0 or 1: <see cref="Options.CandidateFlagsColumnName"/></description></item>
/// <item><term><c>Probabilities</c>, output</term><description>Single, K a candidate: <see cref="Options.ProbabilitiesColumnName"/></description></item>
/// <item><term><c>CandidateScores</c>, output</term><description>Single a candidate: Σ γ_k y_k</description></item>
/// <item><term><c>RecommendedItems</c> and <c>Scores</c>, output</term><description>the best L of the candidates, and their scores</description></item>
/// </list>
/// <para><b>Trainer characteristics</b></para>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Machine learning task</term><description>Ranking of candidates by several kinds of feedback</description></item>
/// <item><term>Is normalization required?</term><description>No</description></item>
/// <item><term>Is caching required?</term><description>No: rows are read once, and sequences stay in memory</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.NegativeFeedback; TorchSharp-cpu, or a CUDA package of TorchSharp; Microsoft.ML.OnnxRuntime, or Microsoft.ML.OnnxRuntime.Gpu</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, with everything around it: <see cref="NextItemTransformer.ExportToOnnx"/> (not <c>Model.ConvertToOnnx</c>)</description></item>
/// </list>
/// <para><b>Training algorithm details</b></para>
/// <para>Training rows are histories with flags beside the items, as <c>Transforms.LabelWatchFeedback</c> makes them and <c>WindowSequences</c> keeps them
/// (<c>SequenceColumnNames = ["Flags"]</c>). Every item but the first is foretold from those before it, beside a sampled one that the row does not hold and that counts as without
/// feedback.</para>
/// <para>Scoring reads the history with its flags, the candidates and the features, and adds <c>Probabilities</c>, K a candidate, 0 for an unknown one; <c>CandidateScores</c>, Σ γ_k y_k of
/// each, −∞ for an unknown one; and <c>RecommendedItems</c> and <c>Scores</c>, the best L of the candidates. γ can be chosen again at any time:
/// <see cref="NextItemTransformer.WithFusionWeights"/>.</para>
/// <para>Differs from the paper: a user is known by features (their own key may be one), so that users whom training never met are served. A history with nothing in it is read as it is:
/// features alone tell.</para>
/// </remarks>
/// <example>
/// <code>
/// IDataView flagged = ml.Transforms.LabelWatchFeedback("Flags").Fit(labelled).Transform(labelled);
/// var views = ml.Data.LeaveLastOut(flagged, new LeaveLastOutOptions { NumberOfLastViews = 5, SequenceColumnNames = ["Flags"] });
/// var model = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: views.Catalogue)
///     .Append(ml.Recommendation().Trainers.MultiFeedback(new MultiFeedbackTrainer.Options { ValidationSet = views.ValidationSet }))
///     .Fit(views.TrainSet);
/// Console.WriteLine(ml.Recommendation().EvaluateMultiFeedback(model.Transform(views.TestSet)));
/// </code>
/// </example>
public sealed class MultiFeedbackTrainer : NextItemTrainer
{
    private const int MostTasks = 100, MostExperts = 1_000;

    private readonly Options _options;

    internal MultiFeedbackTrainer(IHostEnvironment environment, Options options)
        : base(environment, nameof(MultiFeedbackTrainer), options)
    {
        _options = options = (Options)OwnOptions;
        MultiFeedbackEvaluationOptions.CheckTaskNames(options.TaskNames);
        TrainerChecks.InRange(options.TaskNames.Count, nameof(options.TaskNames), 1, MostTasks);
        if (options.CandidatesColumnName is null)
            throw new ArgumentException($"{nameof(options.CandidatesColumnName)} is null: the ranker scores candidates, so name the column that has them.");
        Columns.CheckName(options.FlagsColumnName, nameof(options.FlagsColumnName));
        Columns.CheckName(options.ProbabilitiesColumnName, nameof(options.ProbabilitiesColumnName));
        new NextItemColumns(options.ItemsColumnName, options.FeedbackColumnName, options.RecommendedItemsColumnName, options.ScoresColumnName, options.CandidatesColumnName,
            options.CandidateScoresColumnName, Probabilities: options.ProbabilitiesColumnName).CheckNames();
        Columns.CheckNames(options.UserColumnNames, nameof(options.UserColumnNames));
        Columns.CheckNames(options.ContextColumnNames, nameof(options.ContextColumnNames));
        Columns.CheckNames(options.ItemColumnNames ?? [], nameof(options.ItemColumnNames));
        Columns.CheckName(options.CandidateFlagsColumnName, nameof(options.CandidateFlagsColumnName));
        Columns.CheckName(options.ItemFeaturesItemColumnName, nameof(options.ItemFeaturesItemColumnName));
        TrainerChecks.IsDefined(options.Loss, nameof(options.Loss));
        TrainerChecks.IsDefined(options.Balance, nameof(options.Balance));
        TrainerChecks.IsDefined(options.NegativeSampling, nameof(options.NegativeSampling));
        TrainerChecks.InRange(options.PopularityExponent, nameof(options.PopularityExponent), value => value >= 0, "at least 0");
        TrainerChecks.InRange(options.SampledItemWeight, nameof(options.SampledItemWeight), value => value >= 0, "at least 0");
        TrainerChecks.InRange(options.FeatureEmbeddingWidth, nameof(options.FeatureEmbeddingWidth), 1, 4_096);
        TrainerChecks.InRange(options.NumberOfSlots, nameof(options.NumberOfSlots), 1, 4_096);
        TrainerChecks.InRange(options.NumberOfExperts, nameof(options.NumberOfExperts), 1, MostExperts);
        TrainerChecks.InRange(options.ExpertWidth, nameof(options.ExpertWidth), 1, 4_096);
        if (options.EarlyStoppingMetric == EarlyStoppingMetric.Ndcg)
        {
            throw new ArgumentException($"{nameof(options.EarlyStoppingMetric)} is {EarlyStoppingMetric.Ndcg}, which there is of one kind of feedback alone: choose "
                + $"{EarlyStoppingMetric.Auc} or {EarlyStoppingMetric.Gauc}, of which the mean over the tasks is watched.");
        }

        CheckWeights(options);
        int encoderWidth = options.EmbeddingWidth + (options.UseFeedback ? options.TaskNames.Count : 0);
        if (encoderWidth % options.NumberOfHeads != 0)
        {
            throw new ArgumentException($"{nameof(options.NumberOfHeads)} {options.NumberOfHeads} does not divide the encoder's width, {encoderWidth}: {nameof(options.EmbeddingWidth)} "
                + $"{options.EmbeddingWidth} and, where it reads the feedback, one for each of the {options.TaskNames.Count} tasks (eq. 3).");
        }
    }

    private MultiFeedbackSettings Settings => new(EncoderSettings with { Form = EncoderForm.MultiFeedback }, _options.TaskNames.Count, _options.UseFeedback, _options.Balance == TaskBalance.Learned,
        _options.FeatureEmbeddingWidth, _options.NumberOfSlots, _options.NumberOfExperts, _options.ExpertWidth);

    private protected override string? ProbabilitiesColumnName => _options.ProbabilitiesColumnName;

    private protected override double[] FusionWeights => [.. _options.FusionWeights];

    // the data tell what numbers are standardised by
    private protected override Network CreateNetwork(int itemCount, DataViewSchema schema, long seed)
        => new MultiFeedbackNetwork(itemCount, Settings, new FeatureReader(_options, schema, itemCount).Describe(), seed);

    private protected override IReadOnlyList<BoundInput> TrainerInputs(DataViewSchema schema)
    {
        var flags = new NetworkInput(MultiFeedbackNetwork.FlagsName, InputScope.Items, _options.TaskNames.Count);
        return [new BoundInput(flags, _options.FlagsColumnName, typeof(float), IsScored: _options.UseFeedback), .. FeatureReader.RowInputs(_options, schema)];
    }

    private protected override IEnumerable<string> FurtherColumnNames => [_options.FlagsColumnName, .. _options.UserColumnNames, .. _options.ContextColumnNames];

    private protected override string SizeOptions => FormattableString.Invariant($"{base.SizeOptions}, {nameof(_options.NumberOfExperts)} {_options.NumberOfExperts:N0}, ")
        + FormattableString.Invariant($"{nameof(_options.ExpertWidth)} {_options.ExpertWidth:N0} and the width of what {nameof(_options.ItemFeatures)} has of an item");

    private protected override ValidationRows ReadValidation(IDataView rows, DataViewSchema.Column items, int itemCount, NextItemColumns columns)
    {
        var keys = KeyMapping.Apply(rows, items, _options.ItemsColumnName, _options.ValidationCandidatesColumnName);
        return new MultiFeedbackValidationRows(new CandidateReader(keys, itemCount).Read(
            _options.ItemsColumnName, _options.FeedbackColumnName, _options.ValidationCandidatesColumnName, _options.CandidateFlagsColumnName, columns.Inputs,
            _options.TaskNames.Count, _options.CancellationToken), _options.TaskNames, _options.EarlyStoppingMetric);
    }

    private protected override NetworkWeights Train(TrainerInput input, TrainingSettings settings, TrainingRun run)
    {
        var features = new FeatureReader(_options, input.Schema, input.ItemCount).Read(input.Rows);
        HeldOutViews.CheckFlags(input.Rows, _options);
        RequireUnseenItems(input, _options.ItemsColumnName, leastItems: 2);
        var (train, validation) = (input.Rows, input.Validation);
        if (validation is null && _options.ValidationFraction > 0)
            (train, validation) = HeldOutViews.Split(input.Rows, _options, input.Seed);
        var network = new MultiFeedbackNetwork(input.ItemCount, Settings, features, settings.Seed);
        int count = _options.TaskNames.Count;
        double[] shares = _options.Balance == TaskBalance.Given ? [.. _options.TaskShares!] : [.. Enumerable.Repeat(1.0 / count, count)];
        var loss = new MultiFeedbackLoss(_options.TaskNames, shares, _options.Loss == MultiFeedbackLossKind.Pairwise, _options.SampledItemWeight);
        var sampler = new NegativeSamplerSettings(_options.NegativeSampling, _options.PopularityExponent);
        return ModelTraining.Train(new MultiFeedbackTask(network, loss, new SampledData(train, validation, sampler)), settings, run).Weights;
    }

    private static void CheckWeights(Options options)
    {
        int count = options.TaskNames.Count;
        CheckFusionWeights(options.FusionWeights, options.TaskNames);
        if (options.Balance != TaskBalance.Given)
        {
            if (options.TaskShares is not null)
                throw new ArgumentException($"{nameof(options.TaskShares)} are given, but {nameof(options.Balance)} is {options.Balance}: set it to {TaskBalance.Given}, or leave them null.");
            return;
        }

        if (options.TaskShares is not { } shares)
            throw new ArgumentException($"{nameof(options.Balance)} is {TaskBalance.Given}, but {nameof(options.TaskShares)} is null: give a coefficient for each of the {count} tasks.");
        if (shares.Count != count)
            throw new ArgumentException($"{nameof(options.TaskShares)} has {shares.Count} coefficients for {count} tasks: {string.Join(", ", options.TaskNames)}.");
        if (shares.Any(share => !(share >= 0)) || Math.Abs(shares.Sum() - 1) > 1e-6)
        {
            throw new ArgumentException(FormattableString.Invariant($"{nameof(options.TaskShares)} are {string.Join(", ", shares.Select(share => FormattableString.Invariant($"{share}")))}: ")
                + "each must be at least 0, and together they must sum to 1.");
        }
    }

    private static void CheckFusionWeights(IReadOnlyList<double> weights, IReadOnlyList<string> taskNames)
    {
        if (weights.Count != taskNames.Count)
            throw new ArgumentException($"There are {weights.Count} fusion weights for {taskNames.Count} tasks: {string.Join(", ", taskNames)}.", nameof(Options.FusionWeights));
        if (weights.Any(weight => !float.IsFinite((float)weight)))
            throw new ArgumentException("A fusion weight is no finite number of Single.", nameof(Options.FusionWeights));
    }

    /// <summary>The options of <see cref="MultiFeedbackTrainer"/>.</summary>
    /// <remarks>
    /// What differs from other trainers: <see cref="SequenceTrainerOptions.CandidatesColumnName"/> is "Candidates" by default and never null, and recommendations, the candidates in order, are
    /// added as well; <see cref="SequenceTrainerOptions.BatchSize"/> is 128. With <see cref="UseFeedback"/> the encoder is d + K wide, so that
    /// <see cref="SequenceTrainerOptions.NumberOfHeads"/> must divide <see cref="SequenceTrainerOptions.EmbeddingWidth"/> + K. Rows of <see cref="SequenceTrainerOptions.ValidationSet"/> need
    /// candidates with <see cref="CandidateFlagsColumnName"/>, as <c>Data.LeaveLastOut</c> makes them of a column "Flags", and what is watched is the mean of the tasks' AUC or GAUC. Without them
    /// <see cref="SequenceTrainerOptions.ValidationFraction"/> of the rows with four items or more are held out, and their last views are watched: half of a row, ten at most.
    /// Not read are <see cref="SequenceTrainerOptions.ExcludeSeenItems"/>, <see cref="SequenceTrainerOptions.ValidationCutoff"/> and the columns of validation targets and labels.
    /// </remarks>
    public sealed class Options : SequenceTrainerOptions
    {
        /// <summary>The defaults.</summary>
        public Options() => (CandidatesColumnName, BatchSize) = ("Candidates", 128);

        /// <summary>
        /// The column with the kinds of feedback beside the items of a history: a vector of Single with K values an item, 0 or 1 each, as <c>LabelWatchFeedback</c> and
        /// <c>WindowSequences</c> make it. Default "Flags".
        /// </summary>
        public string FlagsColumnName { get; set; } = "Flags";

        /// <summary>The K kinds of feedback, in the order of the flags; at least one, each once. Default EVV, FVV and GVV.</summary>
        public IReadOnlyList<string> TaskNames { get; set; } = ["EVV", "FVV", "GVV"];

        /// <summary>
        /// Whether the encoder reads the flags of a history (eq. 3); without, it reads the items alone: the baseline of the paper's online experiments. Flags are learned from all the same.
        /// Default true.
        /// </summary>
        public bool UseFeedback { get; set; } = true;

        /// <summary>The column that scoring adds with the probabilities of the K kinds of feedback, K values a candidate. Default "Probabilities".</summary>
        public string ProbabilitiesColumnName { get; set; } = "Probabilities";

        /// <summary>
        /// Columns of the row that tell of the user: keys, which are embedded, or Single or vectors of Single of fixed size, which are standardised. The user's own key may be among them.
        /// Default none.
        /// </summary>
        public IReadOnlyList<string> UserColumnNames { get; set; } = [];

        /// <summary>
        /// Columns that tell what surrounds a view (hour, page): in training rows a vector of keys or of Single with one value beside each item, as
        /// <c>WindowSequences</c> keeps them; in rows to score and in validation rows one value, for the candidates, in column "Target" + name. Default none.
        /// </summary>
        public IReadOnlyList<string> ContextColumnNames { get; set; } = [];

        /// <summary>
        /// Features of items, a row an item: they become part of the model. Items that it lacks have a feature's unknown key, or the mean of its numbers. Default null: none.
        /// </summary>
        public IDataView? ItemFeatures { get; set; }

        /// <summary>The item in <see cref="ItemFeatures"/>: a value of the items' type, or a key of the same dictionary. Default "Item".</summary>
        public string ItemFeaturesItemColumnName { get; set; } = "Item";

        /// <summary>The columns of <see cref="ItemFeatures"/> that are read: keys, Single, or vectors of Single of fixed size. Default null: all but the item.</summary>
        public IReadOnlyList<string>? ItemColumnNames { get; set; }

        /// <summary>Width of the embedding of a feature's key; 1 to 4,096. Default 8.</summary>
        public int FeatureEmbeddingWidth { get; set; } = 8;

        /// <summary>S: slots of features that share a weight (eq. 7); 1 to 4,096, and no more than features are wide. Default 8.</summary>
        [Choice(new object[] { 4, 8, 16 }, 8)]
        public int NumberOfSlots { get; set; } = 8;

        /// <summary>N: experts that the tasks mix; 1 to 1,000. Default 4.</summary>
        [Choice(new object[] { 2, 4, 8 }, 4)]
        public int NumberOfExperts { get; set; } = 4;

        /// <summary>Width of an expert's output and of a tower's hidden layer; 1 to 4,096. Default 64.</summary>
        public int ExpertWidth { get; set; } = 64;

        /// <summary>What is learned from each task: the log loss of eq. 9, or BPR. Default <see cref="MultiFeedbackLossKind.LogLoss"/>.</summary>
        public MultiFeedbackLossKind Loss { get; set; } = MultiFeedbackLossKind.LogLoss;

        /// <summary>
        /// How much a sampled item, which counts as without feedback, weighs beside a viewed one in the log loss; at least 0. With 1, the paper's loss, a probability is that of being
        /// viewed and then getting the feedback; with 0 nothing is learned from sampled items, which are drawn all the same, and it is that of the feedback on what is shown. Default 1.
        /// </summary>
        public double SampledItemWeight { get; set; } = 1;

        /// <summary>Where the tasks' coefficients λ come from. Default <see cref="TaskBalance.Equal"/>.</summary>
        public TaskBalance Balance { get; set; } = TaskBalance.Equal;

        /// <summary>λ of the tasks, each at least 0, of sum 1; with <see cref="TaskBalance.Given"/> alone. Default null.</summary>
        public IReadOnlyList<double>? TaskShares { get; set; }

        /// <summary>
        /// γ of the tasks in the score of a candidate, Σ γ_k y_k (section 2.4.2): any finite numbers, negative for negative feedback. They take no part in training and may be chosen again
        /// when scoring, by <see cref="NextItemTransformer.WithFusionWeights"/>. Default 1, 1, −1.
        /// </summary>
        public IReadOnlyList<double> FusionWeights { get; set; } = [1, 1, -1];

        /// <summary>How the items without feedback are drawn: none that the row holds. Default <see cref="NegativeSamplingMethod.Uniform"/>.</summary>
        public NegativeSamplingMethod NegativeSampling { get; set; } = NegativeSamplingMethod.Uniform;

        /// <summary>α of <see cref="NegativeSamplingMethod.Popularity"/>: an item is drawn in proportion to its count to this power; at least 0. Default 0.75.</summary>
        public double PopularityExponent { get; set; } = 0.75;

        /// <summary>
        /// Beside the candidates of <see cref="SequenceTrainerOptions.ValidationSet"/>: the kinds of feedback that each got, K values of 0 or 1 a candidate. Early stopping watches the mean of
        /// the tasks' AUC or GAUC. Default "CandidateFlags".
        /// </summary>
        public string CandidateFlagsColumnName { get; set; } = "CandidateFlags";

        // lists too are the copy's own
        internal override SequenceTrainerOptions Copy()
        {
            ArgumentNullException.ThrowIfNull(TaskNames);
            ArgumentNullException.ThrowIfNull(UserColumnNames);
            ArgumentNullException.ThrowIfNull(ContextColumnNames);
            ArgumentNullException.ThrowIfNull(FusionWeights);
            var copy = (Options)base.Copy();
            (copy.TaskNames, copy.UserColumnNames, copy.ContextColumnNames) = ([.. TaskNames], [.. UserColumnNames], [.. ContextColumnNames]);
            (copy.ItemColumnNames, copy.TaskShares, copy.FusionWeights) = (ItemColumnNames is null ? null : [.. ItemColumnNames], TaskShares is null ? null : [.. TaskShares], [.. FusionWeights]);
            return copy;
        }
    }
}

/// <summary>What the multi-feedback ranker learns from each task.</summary>
public enum MultiFeedbackLossKind
{
    /// <summary>The log loss of what each item got; a sampled one got nothing (eq. 9). Probabilities come out of it.</summary>
    LogLoss,

    /// <summary>An item that got the feedback is to be above a sampled one (BPR). The order is learned, and what comes out are no calibrated probabilities.</summary>
    Pairwise,
}

/// <summary>Where the coefficients λ of several tasks come from.</summary>
public enum TaskBalance
{
    /// <summary>1 / K each.</summary>
    Equal,

    /// <summary>From the options.</summary>
    Given,

    /// <summary>
    /// They are learned beside the network, in proportion to exp(−s_k), with s_k added to the loss (Kendall, Gal and Cipolla, CVPR 2018): the paper balances tasks "adaptively"
    /// and does not say how.
    /// </summary>
    Learned,
}
