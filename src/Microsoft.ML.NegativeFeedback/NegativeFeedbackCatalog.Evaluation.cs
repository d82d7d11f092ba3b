using Microsoft.ML.NegativeFeedback;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Evaluation;

namespace Microsoft.ML;

public static partial class NegativeFeedbackCatalog
{
    /// <summary>
    /// Evaluates recommendations against the item that came next, liked and disliked ground truth apart: HR, NDCG and MRR at k, their differences and the
    /// coverage of the catalogue (PNFRec, RecSys '25, section 4.3).
    /// </summary>
    /// <param name="catalog">The recommendation catalog of an <see cref="MLContext"/>.</param>
    /// <param name="data">Scored rows: a trained transformer's output for evaluation rows.</param>
    /// <param name="numberOfRecommendations">k: how many recommendations of each row are looked at; at most as many as there are.</param>
    /// <param name="targetItemColumnName">The item that came next: a value of the items' type or a key.</param>
    /// <param name="targetFeedbackColumnName">The feedback it got: Single, above 0 liked, below 0 disliked; rows with 0 count for neither.</param>
    /// <param name="recommendedItemsColumnName">The recommendations, best first: keys, or the values behind them.</param>
    /// <param name="itemsColumnName">
    /// The histories; where the recommendations are no keys, the keys of this column tell the catalogue. It may be missing: then coverage is unknown.
    /// </param>
    /// <param name="scoresColumnName">
    /// The scores of the recommendations, a vector of Single beside them. Where items are numbers, which have no missing value, a score of −∞ tells what fills a list up, where too few
    /// items were left, from item 0. It may be missing: then there is no telling.
    /// </param>
    /// <returns>
    /// The metrics. An item that came next and that the model does not know is a miss, and counted (<see cref="NextItemMetrics.UnknownTargetCount"/>).
    /// </returns>
    /// <exception cref="ArgumentException">A column is missing or of another type; items that came next are of another type than the recommended ones; a feedback is NaN.</exception>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    /// <example>
    /// <code>
    /// NextItemMetrics metrics = ml.Recommendation().EvaluateNextItem(model.Transform(split.TestSet), numberOfRecommendations: 10);
    /// Console.WriteLine($"NDCG_p {metrics.Positive.Ndcg:0.0000}, ΔNDCG {metrics.NdcgDifference:0.0000}");
    /// </code>
    /// </example>
    public static NextItemMetrics EvaluateNextItem(
        this RecommendationCatalog catalog,
        IDataView data,
        int numberOfRecommendations = 10,
        string targetItemColumnName = "TargetItem",
        string targetFeedbackColumnName = "TargetFeedback",
        string recommendedItemsColumnName = "RecommendedItems",
        string itemsColumnName = "Items",
        string scoresColumnName = "Scores")
        => new NextItemEvaluator(CatalogEnvironment.Of(catalog), data, numberOfRecommendations, targetItemColumnName, targetFeedbackColumnName, recommendedItemsColumnName,
            itemsColumnName, scoresColumnName).Evaluate();

    /// <summary>
    /// Evaluates the scores of given candidates, some liked and some skipped: AUC and log loss over all, GAUC and NDCG@k within each row (SINE, RecSys '23,
    /// section 5.1).
    /// </summary>
    /// <param name="catalog">The recommendation catalog of an <see cref="MLContext"/>.</param>
    /// <param name="data">Scored rows: the output of a transformer whose trainer was given a column of candidates.</param>
    /// <param name="labelColumnName">What became of the candidates: a vector of Single, 1 liked, 0 skipped.</param>
    /// <param name="scoreColumnName">
    /// Their scores: a vector of Single beside it, higher is better; −∞ for a candidate that the model does not know, see <see cref="CandidateMetrics"/>.
    /// </param>
    /// <param name="truncationLevel">
    /// k of NDCG@k, at least 1. The published code calls NDCG_2 what it cuts nowhere: <see cref="int.MaxValue"/> gives that.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A column is missing or of another type, a row has more or fewer scores than labels, a score is NaN, a label neither 0 nor 1, k below 1.
    /// </exception>
    /// <exception cref="InvalidOperationException">There are no rows, or no row has a candidate.</exception>
    /// <example>
    /// <code>
    /// var keys = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: lastOut.Catalogue);
    /// var ranker = keys.Append(ml.Recommendation().Trainers.Sine(candidatesColumnName: "Candidates")).Fit(lastOut.TrainSet);
    /// Console.WriteLine(ml.Recommendation().EvaluateCandidates(ranker.Transform(lastOut.TestSet)));
    /// </code>
    /// </example>
    public static CandidateMetrics EvaluateCandidates(
        this RecommendationCatalog catalog,
        IDataView data,
        string labelColumnName = "CandidateLabels",
        string scoreColumnName = "CandidateScores",
        int truncationLevel = 2)
        => CandidateEvaluator.Evaluate(data, labelColumnName, scoreColumnName, truncationLevel);

    /// <summary>
    /// Evaluates a ranker of several kinds of feedback, a task a kind: AUC and log loss over all candidates, GAUC within each row or user (the multi-feedback ranker,
    /// CIKM '23). The rows are read once; what is kept of them are the probabilities, four bytes a candidate and task, three to five times that where there is a column of users.
    /// </summary>
    /// <param name="catalog">The recommendation catalog of an <see cref="MLContext"/>.</param>
    /// <param name="data">Scored rows: probabilities of the K tasks for each candidate, and what became of it.</param>
    /// <param name="options">Tasks and columns; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or of another type, a row has a number of values that does not fit K, a probability is NaN or outside [0, 1], a flag is neither 0 nor 1, a
    /// user is missing, the name of a task is empty or given twice.
    /// </exception>
    /// <exception cref="InvalidOperationException">There are no rows, no row has a candidate, or the candidates of a task are all of one class.</exception>
    /// <example>
    /// <code>
    /// IDataView flagged = ml.Transforms.LabelWatchFeedback("Flags").Fit(labelled).Transform(labelled);
    /// var views = ml.Data.LeaveLastOut(flagged, new LeaveLastOutOptions { NumberOfLastViews = 5, SequenceColumnNames = ["Flags"] });
    /// var keys = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: views.Catalogue);
    ///
    /// var ranker = keys.Append(ml.Recommendation().Trainers.MultiFeedback()).Fit(views.TrainSet);
    /// MultiFeedbackMetrics metrics = ml.Recommendation().EvaluateMultiFeedback(ranker.Transform(views.TestSet));
    /// Console.WriteLine(metrics["EVV"].Gauc);
    /// </code>
    /// </example>
    public static MultiFeedbackMetrics EvaluateMultiFeedback(
        this RecommendationCatalog catalog, IDataView data, MultiFeedbackEvaluationOptions? options = null)
        => MultiFeedbackEvaluator.Evaluate(data, options ?? new MultiFeedbackEvaluationOptions());

    /// <summary>
    /// Evaluates how diverse recommendations are: the mean entropy of categories over windows of 100 recommended items (the multi-feedback ranker, CIKM '23,
    /// section 3.3), see <see cref="DiversityEntropy"/>.
    /// </summary>
    /// <param name="catalog">The recommendation catalog of an <see cref="MLContext"/>.</param>
    /// <param name="data">Scored rows: recommendations, or candidates with their scores.</param>
    /// <param name="itemCategories">A row an item with its category; a log that has both will do.</param>
    /// <param name="options">Windows, how many items of a row count, and columns; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or of another type, an option is out of its range, a row has more or fewer scores than candidates, a score is NaN, a recommended item has no
    /// category, an item has two, a user is missing.
    /// </exception>
    /// <exception cref="InvalidOperationException">There are no rows, no row recommends anything, or no item has a category.</exception>
    /// <example>
    /// <code>
    /// // the log has a category beside every item
    /// var diversity = ml.Recommendation().EvaluateDiversity(
    ///     model.Transform(histories), log, new DiversityOptions { RecommendedItemsColumnName = "RecommendedItems" });
    /// Console.WriteLine(diversity);
    /// </code>
    /// </example>
    public static DiversityEntropy EvaluateDiversity(
        this RecommendationCatalog catalog, IDataView data, IDataView itemCategories, DiversityOptions? options = null)
        => DiversityEvaluator.Evaluate(data, itemCategories, options ?? new DiversityOptions());

    /// <summary>
    /// Compares two models, metric by metric and group of users by group: values, relative lift in percent and its bootstrap interval (the multi-feedback ranker, CIKM
    /// '23, table 2 and figure 3, offline). The users of both views are the same, a row each.
    /// </summary>
    /// <param name="catalog">The recommendation catalog of an <see cref="MLContext"/>.</param>
    /// <param name="baseline">Rows scored by the model to compare with.</param>
    /// <param name="treatment">The same users' rows scored by the other one, in any order.</param>
    /// <param name="options">Columns, groups of users, bootstrap; null for the defaults, by which all users are one group.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or of another type, an option is out of its range, a user has two rows in a view or is in one of the views alone, a row has a number of values
    /// that does not fit, or a value that cannot be.
    /// </exception>
    /// <exception cref="InvalidOperationException">There are no rows, or the candidates of a task are all of one class.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    /// <example>
    /// <code>
    /// IDataView flagged = ml.Transforms.LabelWatchFeedback("Flags").Fit(labelled).Transform(labelled);
    /// var views = ml.Data.LeaveLastOut(flagged, new LeaveLastOutOptions { NumberOfLastViews = 5, SequenceColumnNames = ["Flags"] });
    /// var keys = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: views.Catalogue);
    ///
    /// IDataView Ranked(bool useFeedback) =&gt; keys
    ///     .Append(ml.Recommendation().Trainers.MultiFeedback(new MultiFeedbackTrainer.Options { UseFeedback = useFeedback }))
    ///     .Fit(views.TrainSet).Transform(views.TestSet);
    ///
    /// Console.WriteLine(ml.Recommendation().CompareModels(Ranked(useFeedback: false), Ranked(useFeedback: true), new LiftOptions { NumberOfRecommendations = 2 }));
    /// </code>
    /// </example>
    public static LiftTable CompareModels(
        this RecommendationCatalog catalog, IDataView baseline, IDataView treatment, LiftOptions? options = null)
        => ModelComparer.Compare(CatalogEnvironment.Of(catalog), baseline, treatment, options ?? new LiftOptions());
}
