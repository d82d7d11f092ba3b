using System.Globalization;
using Common;

namespace MovieLens.Table;

/// <summary>
/// Whether a model's lead over another is more than the luck of which users were tested: users are drawn with replacement, the same ones for both models, and the difference of their
/// means is taken each time. A user's own measure is the mean over the seeds that both models were trained with.
/// </summary>
internal static class UserBootstrap
{
    private const double Level = 0.95;

    private static readonly string[] Measures = ["HR_p@10", "NDCG_p@10", "HR_n@10", "NDCG_n@10", "ΔHR@10", "ΔNDCG@10"];

    public static ResultTable Compare(IReadOnlyList<UserRank> ranks, PublishedModel model, PublishedModel baseline, int draws, int seed)
    {
        var (treatment, other) = (OfModel(ranks, model), OfModel(ranks, baseline));
        int[] seeds = [.. treatment.Select(rank => rank.Run.Seed).Intersect(other.Select(rank => rank.Run.Seed)).Order()];
        if (seeds.Length == 0)
            throw new InvalidDataException($"No seed has ranks of both {model.Name} and {baseline.Name}: train them with the same seeds.");
        ComparedUser[] users = [.. Users(treatment, seeds).Join(Users(other, seeds), user => user.Id, user => user.Id, (first, second) => new ComparedUser(first.IsLiked, first.Hit, first.Gain, second.Hit, second.Gain))];
        double[] values = Differences(users, out double[] means);
        var random = new Random(seed);
        double[][] differences = [.. Measures.Select(_ => new double[draws])];
        for (int draw = 0; draw < draws; draw++)
        {
            double[] of = Differences(random.GetItems(users, users.Length), out _);
            for (int measure = 0; measure < of.Length; measure++)
                differences[measure][draw] = of[measure];
        }

        return new ResultTable($"{model.Title} against {baseline.Title}: {users.Length} users, seeds {string.Join(", ", seeds)}, {draws.ToString("N0", CultureInfo.InvariantCulture)} draws of users",
            ["", model.Title, baseline.Title, "Difference", "Interval of 95 %", "Draws at or below 0"],
            [.. Measures.Select((name, measure) => (IReadOnlyList<string>)
                [name, Text(means[2 * measure]), Text(means[(2 * measure) + 1]), Signed(values[measure]), Interval(differences[measure]), Share(differences[measure])])]);
    }

    private static UserRank[] OfModel(IReadOnlyList<UserRank> ranks, PublishedModel model)
        => [.. ranks.Where(rank => rank.Run.Model == model.Name && rank.Run.Alpha == model.Alpha).Distinct()];

    private static IEnumerable<(int Id, bool IsLiked, double Hit, double Gain)> Users(UserRank[] ranks, int[] seeds)
        => from rank in ranks
           where seeds.Contains(rank.Run.Seed)
           group rank by (rank.User, rank.IsLiked) into ofUser
           select (ofUser.Key.User, ofUser.Key.IsLiked, ofUser.Average(rank => rank.Rank > 0 ? 1.0 : 0), ofUser.Average(rank => rank.Gain));

    /// <summary>Model less baseline in each measure, and the means of both by turns.</summary>
    private static double[] Differences(ComparedUser[] users, out double[] means)
    {
        Span<double> sums = stackalloc double[8];
        int liked = 0;
        foreach (var user in users)
        {
            int at = user.IsLiked ? 0 : 4;
            liked += user.IsLiked ? 1 : 0;
            sums[at] += user.Hit;
            sums[at + 1] += user.BaselineHit;
            sums[at + 2] += user.Gain;
            sums[at + 3] += user.BaselineGain;
        }

        means = new double[12];
        for (int i = 0; i < 4; i++)
        {
            (means[i], means[4 + i]) = (sums[i] / liked, sums[4 + i] / (users.Length - liked));
            means[8 + i] = means[i] - means[4 + i];
        }

        var result = new double[Measures.Length];
        for (int measure = 0; measure < result.Length; measure++)
            result[measure] = means[2 * measure] - means[(2 * measure) + 1];
        return result;
    }

    private static string Interval(double[] differences)
    {
        double[] ascending = [.. differences.Where(double.IsFinite).Order()];
        if (ascending.Length == 0)
            return "–";
        int below = (int)Math.Round((ascending.Length - 1) * (1 - Level) / 2);
        return $"{Signed(ascending[below])} to {Signed(ascending[^(below + 1)])}";
    }

    private static string Share(double[] differences) => ((double)differences.Count(difference => difference <= 0) / differences.Length).ToString("P1", CultureInfo.InvariantCulture);

    private static string Text(double value) => double.IsFinite(value) ? value.ToString("0.0000", CultureInfo.InvariantCulture) : "–";

    private static string Signed(double value) => double.IsFinite(value) ? value.ToString("+0.0000;-0.0000;0.0000", CultureInfo.InvariantCulture) : "–";

    private readonly record struct ComparedUser(bool IsLiked, double Hit, double Gain, double BaselineHit, double BaselineGain);
}
