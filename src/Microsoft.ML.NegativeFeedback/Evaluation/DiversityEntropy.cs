using System.Globalization;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>The settings of <c>EvaluateDiversity</c>.</summary>
public sealed class DiversityOptions
{
    /// <summary>The number of recommended items in a window, at least 1. Default 100, as published (CIKM '23, section 3.3).</summary>
    public int WindowSize { get; set; } = 100;

    /// <summary>L: how many items on top of each row are recommended, at least 1. Rows of fewer items give what they have. Default 10.</summary>
    public int NumberOfRecommendations { get; set; } = 10;

    /// <summary>
    /// The recommendations, best first, as a vector of keys or of the values behind them. Null, the default: the candidates are ranked by
    /// <see cref="ScoreColumnName"/> instead.
    /// </summary>
    public string? RecommendedItemsColumnName { get; set; }

    /// <summary>
    /// The scores of the recommendations, a vector of Single beside them. Where items are numbers, which have no missing value, a score of −∞ tells what fills a list up, where too few
    /// items were left, from item 0. It may be missing. Default "Scores". Read where recommendations are named.
    /// </summary>
    public string RecommendedScoresColumnName { get; set; } = "Scores";

    /// <summary>The candidates of a row, a vector of keys or of the values behind them. Default "Candidates". Read where no recommendations are named.</summary>
    public string CandidatesColumnName { get; set; } = "Candidates";

    /// <summary>
    /// Their scores, a vector of Single beside them: higher is better, of equal scores the first is; a candidate of −∞, which the model does not know, is not
    /// recommended. Default "CandidateScores".
    /// </summary>
    public string ScoreColumnName { get; set; } = "CandidateScores";

    /// <summary>
    /// The user of a row, text, number or key: a window then holds what is recommended to one user, across the user's rows in their order. Null, the default:
    /// across all rows in their order.
    /// </summary>
    public string? UserColumnName { get; set; }

    /// <summary>The item's column in the view of categories, of the same type as the recommendations or the values behind them. Default "Item".</summary>
    public string ItemColumnName { get; set; } = "Item";

    /// <summary>The category's column there, any scalar; an item may have several rows that say the same. Default "Category".</summary>
    public string CategoryColumnName { get; set; } = "Category";

    /// <exception cref="ArgumentException">The name of a column is empty, a number is below 1.</exception>
    internal void Check()
    {
        Columns.CheckNames(
            (RecommendedScoresColumnName, nameof(RecommendedScoresColumnName)), (CandidatesColumnName, nameof(CandidatesColumnName)),
            (ScoreColumnName, nameof(ScoreColumnName)), (ItemColumnName, nameof(ItemColumnName)), (CategoryColumnName, nameof(CategoryColumnName)));
        if (RecommendedItemsColumnName is not null)
            Columns.CheckName(RecommendedItemsColumnName, nameof(RecommendedItemsColumnName));
        if (UserColumnName is not null)
            Columns.CheckName(UserColumnName, nameof(UserColumnName));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(WindowSize, nameof(WindowSize));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(NumberOfRecommendations, nameof(NumberOfRecommendations));
    }
}

/// <summary>
/// How diverse recommendations are: the entropy −Σ p log p of the categories in windows of recommended items, by the natural logarithm, where p is a
/// category's share of a window (CIKM '23, section 3.3, after Li et al., CIKM '22, "An Exploratory Study of Information Cocoon on Short-form Video Platform"). 0
/// where all items of a window are of one category, log n where they are spread evenly over n.
/// </summary>
/// <remarks>
/// Windows follow each other without overlap. The last one, of a user or of all rows, is left out where it is not complete, for fewer items have a lower entropy by
/// number alone. Where there is no complete window at all, the incomplete ones count, and <see cref="AreWindowsComplete"/> is false: compare such a value with
/// one of the same data only.
/// </remarks>
public sealed class DiversityEntropy
{
    internal DiversityEntropy(int windowSize, IReadOnlyCollection<double> entropies, int categoryCount, bool areWindowsComplete)
    {
        (WindowSize, WindowCount, CategoryCount, AreWindowsComplete) = (windowSize, entropies.Count, categoryCount, areWindowsComplete);
        Mean = entropies.Average();
        StandardDeviation = WindowCount == 1 ? double.NaN : Math.Sqrt(entropies.Sum(entropy => (entropy - Mean) * (entropy - Mean)) / (WindowCount - 1));
    }

    /// <summary>The number of recommended items in a window.</summary>
    public int WindowSize { get; }

    /// <summary>The mean over the windows, in nats; in [0, log <see cref="CategoryCount"/>].</summary>
    public double Mean { get; }

    /// <summary>The standard deviation over the windows (of a sample: n − 1), in nats; <see cref="double.NaN"/> for a single window.</summary>
    public double StandardDeviation { get; }

    /// <summary>The number of windows.</summary>
    public int WindowCount { get; }

    /// <summary>The number of different categories in the view of categories.</summary>
    public int CategoryCount { get; }

    /// <summary>Whether the windows have <see cref="WindowSize"/> items. False where no window was filled, so that the incomplete ones were taken.</summary>
    public bool AreWindowsComplete { get; }

    /// <summary>Mean, standard deviation and number of windows in one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"diversity entropy {Mean:0.0000} ± {StandardDeviation:0.0000} nats over {WindowCount} {(AreWindowsComplete ? "windows" : "incomplete windows")} "
            + $"of {WindowSize} items in {CategoryCount} categories");
}
