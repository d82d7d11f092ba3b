using System.Collections;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Sequences;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.Analysis;

/// <summary>
/// Reads a log twice, users, items and feedback first, categories and explicit dislikes then, and counts. Each liked item of a user is paired with
/// the nearest passive skip before it in the user's order, if there is one; several liked items may share a skip.
/// </summary>
internal sealed class FeedbackAnalyzer
{
    private readonly FeedbackAnalysisOptions _options;
    private readonly int _seed;
    private readonly InteractionLog _log;
    private readonly ItemCategories _categories;
    private readonly BitArray _isActiveNegative; // by row

    private FeedbackAnalyzer(IDataView data, FeedbackAnalysisOptions options, int seed)
    {
        _options = options;
        _seed = seed;
        var columns = options.LogColumns.Require(data.Schema);
        var active = options.ActiveNegativeColumnName is { } name ? (DataViewSchema.Column?)Columns.Require(data.Schema, name, IsFlag,
            "a Boolean scalar, or a Single scalar of 1 and 0, that is true where the user disliked the item explicitly") : null;
        var levels = options.CategoryColumnNames.Select(level => Columns.Require(data.Schema, level,
            type => type is PrimitiveDataViewType, "a scalar with the category of the row's item")).ToArray();

        _log = InteractionLog.Read(data, columns, options.CancellationToken);
        _log.RequireItems(columns.Item);
        _categories = new ItemCategories(levels, _log.Items);
        _isActiveNegative = new BitArray(_log.Count);
        if (levels.Length > 0 || active is not null)
            ReadAgain(data, levels, active);
    }

    public static FeedbackAnalysis Analyze(IHostEnvironment environment, IDataView interactions, FeedbackAnalysisOptions options)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        options.Check();
        return new FeedbackAnalyzer(interactions, options, options.Seed ?? environment.Register("AnalyzeFeedback").Rand.Next()).Analyze();
    }

    private FeedbackAnalysis Analyze()
    {
        var complete = _categories.LevelCount > 0 ? _categories.CompleteItems() : [];
        var (neighbouring, random) = CountPairs(complete);
        int pairs = _categories.LevelCount > 0 ? neighbouring.Sum() : Pairs().Count();
        return new FeedbackAnalysis
        {
            UserCount = _log.Users.Count,
            ItemCount = _log.Items.Count,
            InteractionCount = _log.Count,
            Kinds = CountKinds(),
            CategoryColumnNames = [.. _options.CategoryColumnNames],
            ItemsWithoutCategories = _categories.LevelCount > 0 ? _log.Items.Count - complete.Length : 0,
            PairCount = pairs,
            MaximumDistance = _options.MaximumDistance,
            CategoryCases = [.. neighbouring.Select((count, i) => new CategoryCase(
                i + 1, Describe(i), count, (double)count / pairs, random[i], (double)random[i] / pairs))],
        };
    }

    private FeedbackKindCount[] CountKinds()
    {
        var counts = new int[Enum.GetValues<FeedbackKind>().Length];
        for (int row = 0; row < _log.Count; row++)
            counts[(int)KindOf(row, _log[row].Feedback)]++;
        return [.. Enum.GetValues<FeedbackKind>()
            .Where(kind => kind != FeedbackKind.ActiveNegative || _options.ActiveNegativeColumnName is not null)
            .Select(kind => new FeedbackKindCount(kind, counts[(int)kind], (double)counts[(int)kind] / _log.Count))];
    }

    /// <summary>Pairs by the level at which they first differ: liked with skipped, and liked with drawn items.</summary>
    private (int[] Neighbouring, int[] Random) CountPairs(int[] complete)
    {
        if (_categories.LevelCount == 0)
            return ([], []);
        var isComplete = new BitArray(_log.Items.Count);
        foreach (int item in complete)
            isComplete[item] = true;
        var neighbouring = new int[_categories.LevelCount + 1];
        var random = new int[_categories.LevelCount + 1];
        var generator = CounterRandom.Of(_seed);
        uint drawn = 0;
        foreach (var (liked, skipped) in Pairs())
        {
            if (!isComplete[liked] || !isComplete[skipped])
                continue;
            neighbouring[_categories.FirstDifference(liked, skipped)]++;
            random[_categories.FirstDifference(liked, complete[generator.Below(complete.Length, drawn++)])]++;
        }

        return (neighbouring, random);
    }

    private IEnumerable<(int Liked, int Skipped)> Pairs()
    {
        var byUser = _log.GroupByUser();
        for (int user = 0; user < _log.Users.Count; user++)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            int skipped = -1, skippedAt = 0;
            for (int place = 0; place < byUser.Of(user).Length; place++)
            {
                var interaction = byUser.Of(user)[place];
                var kind = KindOf(interaction.Row, interaction.Feedback);
                if (kind == FeedbackKind.PassiveNegative)
                    (skipped, skippedAt) = (interaction.Item, place);
                else if (kind == FeedbackKind.Positive && skipped >= 0 && place - skippedAt <= _options.MaximumDistance)
                    yield return (interaction.Item, skipped);
            }
        }
    }

    private FeedbackKind KindOf(int row, sbyte feedback)
        => _isActiveNegative[row] ? FeedbackKind.ActiveNegative
        : feedback > 0 ? FeedbackKind.Positive
        : feedback < 0 ? FeedbackKind.PassiveNegative
        : FeedbackKind.Neither;

    private string Describe(int firstDifference)
    {
        var levels = _options.CategoryColumnNames;
        return firstDifference == 0 ? $"other {levels[0]}"
            : firstDifference < levels.Count ? $"same {levels[firstDifference - 1]}, other {levels[firstDifference]}"
            : levels.Count == 1 ? $"same {levels[0]}" : $"same {levels[0]} to {levels[^1]}";
    }

    private void ReadAgain(IDataView data, DataViewSchema.Column[] levels, DataViewSchema.Column? active)
    {
        using var cursor = data.GetRowCursor(active is { } needed ? [.. levels, needed] : levels);
        var readCategories = _categories.CreateReader(cursor);
        var readActive = active is { } column ? FlagReader(cursor, column) : () => false;
        int row = 0;
        for (; row < _log.Count && cursor.MoveNext(); row++)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            readCategories(_log[row].Item);
            _isActiveNegative[row] = readActive();
        }

        if (row < _log.Count || cursor.MoveNext())
            throw new InvalidDataException("The log gives other rows when it is read again: cache it first (Data.Cache).");
    }

    private static bool IsFlag(DataViewType type) => type is BooleanDataViewType || type == NumberDataViewType.Single;

    private static Func<bool> FlagReader(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        if (column.Type is BooleanDataViewType)
        {
            var readBoolean = cursor.GetGetter<bool>(column);
            bool flag = false;
            return () =>
            {
                readBoolean(ref flag);
                return flag;
            };
        }

        var read = cursor.GetGetter<float>(column);
        float value = 0;
        return () =>
        {
            read(ref value);
            return value is 0 or 1 ? value != 0
                : throw new InvalidDataException($"Column '{column.Name}' is {value.ToString(CultureInfo.InvariantCulture)} in row {cursor.Position + 1}: expected 1 or 0.");
        };
    }
}
