using System.Globalization;
using System.Text;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// What a log says about negative feedback, as section 2 of SINE (RecSys '23) asks it: how much there is of each kind (figure 1), and whether
/// what users skip resembles what they like more than chance would have it (figure 2c). If it does, skips are near misses rather
/// than dislikes, and a model has something finer to learn from them than "not this".
/// </summary>
public sealed record FeedbackAnalysis
{
    /// <summary>The number of users.</summary>
    public required int UserCount { get; init; }

    /// <summary>The number of items: the catalogue, as far as the log shows it.</summary>
    public required int ItemCount { get; init; }

    /// <summary>The number of interactions.</summary>
    public required int InteractionCount { get; init; }

    /// <summary>Each kind of feedback; together they are all interactions. Active negatives only where a column of them was named.</summary>
    public required IReadOnlyList<FeedbackKindCount> Kinds { get; init; }

    /// <summary>The columns of the categories, coarse to fine.</summary>
    public required IReadOnlyList<string> CategoryColumnNames { get; init; }

    /// <summary>
    /// Items of which some category is missing (an empty text, a missing key, NaN). They are in no pair, and none is drawn at random.
    /// </summary>
    public required int ItemsWithoutCategories { get; init; }

    /// <summary>The number of pairs of a liked item and the skip before it, of items with categories where these were named; there are then as many random pairs.</summary>
    public required int PairCount { get; init; }

    /// <summary>How many places before the liked item the skip of a pair lay at most, as the options had it.</summary>
    public required int MaximumDistance { get; init; }

    /// <summary>For n levels of categories n + 1 cases, from "differs at the coarsest" to "same at all"; none without categories.</summary>
    public required IReadOnlyList<CategoryCase> CategoryCases { get; init; }

    /// <summary>The numbers as tables.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{InteractionCount:N0} interactions of {UserCount:N0} users with {ItemCount:N0} items");
        foreach (var kind in Kinds)
            text.Append(CultureInfo.InvariantCulture, $"\n{NameOf(kind.Kind),-18}{kind.Count,14:N0}{kind.Share,10:P1}");
        if (CategoryCases.Count == 0)
            return text.ToString();
        text.Append(CultureInfo.InvariantCulture, $"\n\n{PairCount:N0} pairs             skipped before    random");
        foreach (var row in CategoryCases)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"\ncase {row.Number}  {row.NeighbouringShare,10:P1}{row.RandomShare,10:P1}  {row.Description}");
        }

        return text.ToString();
    }

    private static string NameOf(FeedbackKind kind) => kind switch
    {
        FeedbackKind.Positive => "positive",
        FeedbackKind.PassiveNegative => "passive-negative",
        FeedbackKind.ActiveNegative => "active-negative",
        _ => "neither",
    };
}

/// <summary>A kind of feedback.</summary>
public enum FeedbackKind
{
    /// <summary>The user liked it: feedback +1, and no explicit dislike.</summary>
    Positive,

    /// <summary>The user skipped it: feedback −1, and no explicit dislike.</summary>
    PassiveNegative,

    /// <summary>The user said so explicitly, whatever the feedback.</summary>
    ActiveNegative,

    /// <summary>Feedback 0, and no explicit dislike.</summary>
    Neither,
}

/// <summary>How much there is of a kind of feedback.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Count">The number of interactions.</param>
/// <param name="Share">Its share of all interactions, in [0, 1].</param>
public sealed record FeedbackKindCount(FeedbackKind Kind, int Count, double Share);

/// <summary>How many pairs of items agree in their categories down to a level and no further.</summary>
/// <param name="Number">1 for pairs that differ at the coarsest level, i for those that first differ at level i, n + 1 for those that differ nowhere.</param>
/// <param name="Description">That in words, with the names of the columns.</param>
/// <param name="NeighbouringCount">Pairs of a liked item and the skip before it.</param>
/// <param name="NeighbouringShare">Their share of all such pairs, in [0, 1]; NaN without pairs.</param>
/// <param name="RandomCount">Pairs of the same liked items and an item drawn at random.</param>
/// <param name="RandomShare">Their share of all such pairs, in [0, 1]; NaN without pairs.</param>
public sealed record CategoryCase(
    int Number, string Description, int NeighbouringCount, double NeighbouringShare, int RandomCount, double RandomShare);
