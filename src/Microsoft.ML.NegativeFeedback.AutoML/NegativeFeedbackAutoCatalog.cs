using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback;
using Microsoft.ML.NegativeFeedback.Sweeps;
using Microsoft.ML.NegativeFeedback.Trials;
using Microsoft.ML.NegativeFeedback.Tuning;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML;

/// <summary>The front door of Microsoft.ML.NegativeFeedback.AutoML, as extension methods of ML.NET's AutoML.</summary>
public static class NegativeFeedbackAutoCatalog
{
    /// <summary>PNFRec with a search space, for the pipeline of an experiment.</summary>
    /// <param name="catalog">The catalog of <c>mlContext.Auto()</c>.</param>
    /// <param name="options">The options that are not swept; null for the defaults.</param>
    /// <param name="searchSpace">
    /// The options that are, by their names, whole numbers, numbers, truth values or enumerations; null for those that carry attributes: width, blocks, learning rate, α and
    /// β, starting from the values of <paramref name="options"/>. A <see cref="SearchSpace{T}"/> of the options, or of a class of one's own with properties of the same names, can be trimmed and changed before it is given.
    /// </param>
    /// <exception cref="ArgumentException">The search space names what is no option, or has a choice that an option cannot hold.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML.AutoML;
    ///
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Items").Append(ml.Auto().PnfRec());
    /// </code>
    /// </example>
    public static SweepableEstimator PnfRec(this AutoCatalog catalog, PnfRecTrainer.Options? options = null, SearchSpace.SearchSpace? searchSpace = null)
        => SweepableTrainer.Create(options ?? new(), searchSpace, (context, trial) => context.Recommendation().Trainers.PnfRec(trial));

    /// <summary>SASRec with a search space, for the pipeline of an experiment.</summary>
    /// <param name="catalog">The catalog of <c>mlContext.Auto()</c>.</param>
    /// <param name="options">The options that are not swept; null for the defaults.</param>
    /// <param name="searchSpace">
    /// The options that are, by their names; null for those that carry attributes: width, blocks and learning rate, and of <see cref="SasRecVariant.Contrastive"/> the weight of
    /// its contrast.
    /// </param>
    /// <exception cref="ArgumentException">The search space names what is no option, or has a choice that an option cannot hold.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML.AutoML;
    ///
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Items")
    ///     .Append(ml.Auto().SasRec(new SasRecTrainer.Options { Variant = SasRecVariant.WholeSequence }), ml.Auto().SasRec());
    /// </code>
    /// </example>
    public static SweepableEstimator SasRec(this AutoCatalog catalog, SasRecTrainer.Options? options = null, SearchSpace.SearchSpace? searchSpace = null)
    {
        options ??= new();
        if (searchSpace is null)
        {
            searchSpace = TrainerSearchSpace.StartingFrom(options);
            if (options.Variant != SasRecVariant.Contrastive)
                searchSpace.Remove(nameof(options.ContrastiveWeight));
        }

        return SweepableTrainer.Create(options, searchSpace, (context, trial) => context.Recommendation().Trainers.SasRec(trial));
    }

    /// <summary>SINE with a search space, for the pipeline of an experiment.</summary>
    /// <param name="catalog">The catalog of <c>mlContext.Auto()</c>.</param>
    /// <param name="options">The options that are not swept; null for the defaults.</param>
    /// <param name="searchSpace">
    /// The options that are, by their names; null for those that carry attributes: width, blocks, learning rate, K and β₁. λ₁, λ₂ and λ₃ in it are proportions: they are divided
    /// by the sum of the three.
    /// </param>
    /// <exception cref="ArgumentException">The search space names what is no option, or has a choice that an option cannot hold.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML.AutoML;
    ///
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: lastOut.Catalogue)
    ///     .Append(ml.Auto().Sine(new SineTrainer.Options { CandidatesColumnName = "Candidates" }));
    /// </code>
    /// </example>
    public static SweepableEstimator Sine(this AutoCatalog catalog, SineTrainer.Options? options = null, SearchSpace.SearchSpace? searchSpace = null)
        => SweepableTrainer.Create(options ?? new(), searchSpace, (context, trial) => context.Recommendation().Trainers.Sine(trial), SineLossWeights.SumToOne);

    /// <summary>The multi-feedback ranker with a search space, for the pipeline of an experiment.</summary>
    /// <param name="catalog">The catalog of <c>mlContext.Auto()</c>.</param>
    /// <param name="options">The options that are not swept; null for the defaults.</param>
    /// <param name="searchSpace">
    /// The options that are, by their names; null for those that carry attributes (width, blocks, learning rate, slots and experts) and for γ of GVV in [−2, 0]. One of a list of
    /// numbers is named with its place, from 0: "FusionWeights[2]", "TaskShares[0]". λ in it, <see cref="MultiFeedbackTrainer.Options.TaskShares"/>, are proportions: those of a trial
    /// are divided by their sum, start from equal ones where the options give none, and are <see cref="TaskBalance.Given"/>.
    /// </param>
    /// <exception cref="ArgumentException">The search space names what is no option, or a place that its list does not have, or has a choice that an option cannot hold.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML.AutoML;
    ///
    /// var ranker = ml.Auto().MultiFeedback(new MultiFeedbackTrainer.Options { FusionWeights = [1, 1, -0.5] });
    /// </code>
    /// </example>
    public static SweepableEstimator MultiFeedback(this AutoCatalog catalog, MultiFeedbackTrainer.Options? options = null, SearchSpace.SearchSpace? searchSpace = null)
        => MultiFeedbackSweep.Create(options ?? new(), searchSpace);

    /// <summary>One of the networks that SINE is compared with, with a search space, for the pipeline of an experiment.</summary>
    /// <param name="catalog">The catalog of <c>mlContext.Auto()</c>.</param>
    /// <param name="options">The options that are not swept, the network among them; null for the defaults.</param>
    /// <param name="searchSpace">
    /// The options that are, by their names; null for those that carry attributes: width, learning rate and, of those that read it, the number of blocks
    /// (<see cref="BaselineNetwork.SasRec"/>), the weight of the auxiliary loss (<see cref="BaselineNetwork.Dien"/>) or of the contrast (<see cref="BaselineNetwork.Clsr"/>,
    /// <see cref="BaselineNetwork.FeedRec"/>). <see cref="BaselineTrainer.Options.Network"/> can be swept as well.
    /// </param>
    /// <exception cref="ArgumentException">The search space names what is no option, or has a choice that an option cannot hold.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML.AutoML;
    /// using Microsoft.ML.SearchSpace.Option;
    ///
    /// // which of two networks is swept along with the learning rate
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Items").Append(ml.Auto().Baseline(searchSpace: new()
    /// {
    ///     ["Network"] = new ChoiceOption(BaselineNetwork.Gru4Rec, BaselineNetwork.Caser),
    ///     ["LearningRate"] = new UniformDoubleOption(1e-4, 1e-2, logBase: true),
    /// }));
    /// </code>
    /// </example>
    public static SweepableEstimator Baseline(this AutoCatalog catalog, BaselineTrainer.Options? options = null, SearchSpace.SearchSpace? searchSpace = null)
    {
        options ??= new();
        if (searchSpace is null)
        {
            searchSpace = TrainerSearchSpace.StartingFrom(options);
            if (options.Network != BaselineNetwork.SasRec)
                searchSpace.Remove(nameof(options.NumberOfBlocks));
            if (options.Network != BaselineNetwork.Dien)
                searchSpace.Remove(nameof(options.AuxiliaryLossWeight));
            if (options.Network is not (BaselineNetwork.Clsr or BaselineNetwork.FeedRec))
                searchSpace.Remove(nameof(options.ContrastWeight));
        }

        return SweepableTrainer.Create(options, searchSpace, (context, trial) => context.Recommendation().Trainers.Baseline(trial));
    }

    /// <summary>
    /// Has an experiment train its pipeline on the training rows of <c>SetDataset</c>, measure it on the validation rows and make a ranking metric large. Call it after
    /// <c>SetPipeline</c>, which sets a runner of its own.
    /// </summary>
    /// <param name="experiment">An experiment with a pipeline.</param>
    /// <param name="metric">What is made large.</param>
    /// <exception cref="ArgumentException">There is no such metric. Columns and rows are checked before the first trial.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML.AutoML;
    ///
    /// var best = ml.Auto().CreateExperiment()
    ///     .SetPipeline(ml.Transforms.Conversion.MapValueToKey("Items").Append(ml.Auto().PnfRec()))
    ///     .SetDataset(users, split.ValidationSet)
    ///     .SetRecommendationMetric(RecommendationMetric.PositiveNdcg)
    ///     .SetMaxModelToExplore(20)
    ///     .Run();
    /// </code>
    /// </example>
    public static AutoMLExperiment SetRecommendationMetric(this AutoMLExperiment experiment, RecommendationMetric metric)
        => experiment.SetRecommendationMetric(new RecommendationMetricOptions { Metric = metric });

    /// <summary>The same with all its options: k, columns, test rows, progress.</summary>
    /// <param name="experiment">An experiment with a pipeline.</param>
    /// <param name="options">What trials are measured by, and who is told.</param>
    /// <exception cref="ArgumentException">An option is out of its range. Columns and rows are checked before the first trial.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML.AutoML;
    ///
    /// var experiment = ml.Auto().CreateExperiment()
    ///     .SetPipeline(ml.Transforms.Conversion.MapValueToKey("Items").Append(ml.Auto().PnfRec()))
    ///     .SetDataset(users, split.ValidationSet)
    ///     .SetRecommendationMetric(new RecommendationMetricOptions { Metric = RecommendationMetric.PositiveNdcg, NumberOfRecommendations = 5, TestSet = split.TestSet });
    /// </code>
    /// </example>
    public static AutoMLExperiment SetRecommendationMetric(this AutoMLExperiment experiment, RecommendationMetricOptions options)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        var measurement = new TrialMeasurement(options);
        return RecommenderSweep.SetRunner(experiment, measurement, new TrialHistory(measurement, ownsModels: false));
    }

    /// <summary>
    /// Sweeps a pipeline and keeps what came of every trial: an experiment with <c>SetPipeline</c>, <c>SetDataset</c> and <c>SetRecommendationMetric</c>, run to its end.
    /// </summary>
    /// <param name="catalog">The catalog of <c>mlContext.Auto()</c>.</param>
    /// <param name="pipeline">What is swept.</param>
    /// <param name="trainSet">The rows that trials are trained on.</param>
    /// <param name="validationSet">The rows that they are measured on: rows like those, with what came next or with candidates. Trainers stop early by them as well.</param>
    /// <param name="options">Metric, trials, progress and cancellation; null for the defaults.</param>
    /// <returns>Every finished trial and the best model. A trial that failed is among them; a sweep that was cancelled has those that were done.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, or holds what cannot be measured; an option is out of its range; a trainer does not give what is measured.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, none with what the metric needs, or no trial succeeded.</exception>
    /// <exception cref="OperationCanceledException">The sweep was cancelled before a trial had succeeded.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML.AutoML;
    ///
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Items").Append(ml.Auto().PnfRec(), ml.Auto().SasRec());
    /// var swept = ml.Auto().SweepRecommender(pipeline, users, split.ValidationSet, new RecommenderSweepOptions { MaximumNumberOfTrials = 20 });
    /// Console.WriteLine(string.Join(", ", swept.Best.Parameters));
    /// </code>
    /// </example>
    public static RecommenderSweepResult SweepRecommender(
        this AutoCatalog catalog, SweepablePipeline pipeline, IDataView trainSet, IDataView validationSet, RecommenderSweepOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(trainSet);
        ArgumentNullException.ThrowIfNull(validationSet);
        return RecommenderSweep.Run(catalog, pipeline, trainSet, validationSet, options ?? new());
    }

    /// <summary>
    /// Tunes PNFRec as its authors do (RecSys '25, section 4.2.2): width, blocks and learning rate with α = β = 0, which is SASRec_p, then α over a grid with β = 0, then β over
    /// a grid, each with the best of what was tuned before.
    /// </summary>
    /// <param name="catalog">The catalog of <c>mlContext.Auto()</c>.</param>
    /// <param name="trainSet">The rows that trials are trained on.</param>
    /// <param name="validationSet">The rows that they are measured on: rows like those, with what came next.</param>
    /// <param name="options">What is tuned, metric, progress and cancellation; null for the published ones.</param>
    /// <returns>
    /// The three sweeps and the options that they come to. A tuning that was cancelled, or of whose trials of α or β none succeeded, has what was done before.
    /// </returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, or holds what cannot be measured; an option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, none with what the metric needs, or no trial of the encoder succeeded.</exception>
    /// <exception cref="OperationCanceledException">The tuning was cancelled before a trial had succeeded.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML.AutoML;
    ///
    /// var tuned = ml.Auto().TunePnfRec(users, split.ValidationSet);
    /// Console.WriteLine($"α {tuned.Options.NegativeWeight}, β {tuned.Options.ContrastiveWeight}");
    /// </code>
    /// </example>
    public static PnfRecTuningResult TunePnfRec(
        this AutoCatalog catalog, IDataView trainSet, IDataView validationSet, PnfRecTuningOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(trainSet);
        ArgumentNullException.ThrowIfNull(validationSet);
        return new PnfRecTuning(catalog, trainSet, validationSet, options ?? new()).Run();
    }
}
