using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>The columns of rows that a ranker of K tasks has scored.</summary>
/// <param name="Probabilities">[candidates · K], the tasks of a candidate beside each other.</param>
/// <param name="Flags">[candidates · K], 1 where the task's feedback was given.</param>
/// <param name="Scores">[candidates], what the candidates are ranked by; null where it is not asked for.</param>
/// <param name="WatchSeconds">[candidates]; null where it is not asked for.</param>
internal sealed record TaskColumns(
    DataViewSchema.Column Probabilities, DataViewSchema.Column Flags, DataViewSchema.Column? Scores = null, DataViewSchema.Column? WatchSeconds = null)
{
    private const string ScoreExpected = "a vector of Single with a score a candidate, which the ranker's transformer adds";

    public IEnumerable<DataViewSchema.Column> All => new DataViewSchema.Column?[] { Probabilities, Flags, Scores, WatchSeconds }.OfType<DataViewSchema.Column>();

    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public static TaskColumns Require(DataViewSchema schema, string probabilities, string flags, string? scores = null, string? watchSeconds = null) => new(
        Columns.Require(schema, probabilities, ColumnTypes.IsSingleVector,
            "a vector of Single with the probability of every task for each candidate, which the ranker's transformer adds"),
        Columns.Require(schema, flags, ColumnTypes.IsSingleVector, "a vector of Single with 1 or 0 for every task of each candidate"),
        scores is null ? null : RequireScores(schema, scores),
        watchSeconds is null ? null : Columns.Require(schema, watchSeconds, ColumnTypes.IsSingleVector, "a vector of Single with the watch seconds of each candidate"));

    /// <summary>What the candidates are ranked by.</summary>
    /// <exception cref="ArgumentException">The column is missing or of another type.</exception>
    public static DataViewSchema.Column RequireScores(DataViewSchema schema, string name) => Columns.Require(schema, name, ColumnTypes.IsSingleVector, ScoreExpected);

    /// <summary>Whose row it is.</summary>
    /// <exception cref="ArgumentException">The column is missing or of another type.</exception>
    public static DataViewSchema.Column RequireUser(DataViewSchema schema, string name)
        => Columns.Require(schema, name, type => type is TextDataViewType or NumberDataViewType or KeyDataViewType, "a scalar of text, number or key type that tells the user");

    /// <summary>A reader of the user of the row that the cursor stands on: the value behind a key.</summary>
    public static Func<object> UserReader(DataViewRow row, DataViewSchema.Column column)
    {
        var read = BoxedValues.ScalarBehind(row, column);
        return () => read() is { } user and not ""
            ? user
            : throw new ArgumentException($"Row {row.Position + 1} has no user in column '{column.Name}': every row needs one.");
    }
}

/// <summary>Reads a scored row of K tasks and checks it. One reader belongs to one cursor.</summary>
internal sealed class ScoredRowReader(DataViewRow row, TaskColumns columns, int taskCount)
{
    private readonly VectorReader<float> _probabilities = new(row, columns.Probabilities);
    private readonly VectorReader<float> _flags = new(row, columns.Flags);
    private readonly VectorReader<float>? _scores = columns.Scores is { } scores ? new(row, scores) : null;
    private readonly VectorReader<float>? _watchSeconds = columns.WatchSeconds is { } watchSeconds ? new(row, watchSeconds) : null;

    public int CandidateCount => _flags.Values.Length / taskCount;

    /// <summary>[candidates · K].</summary>
    public ReadOnlySpan<float> Probabilities => _probabilities.Values;

    /// <summary>[candidates · K], 0 or 1.</summary>
    public ReadOnlySpan<float> Flags => _flags.Values;

    /// <summary>[candidates], −∞ where the model does not know the candidate. Only where the column is asked for.</summary>
    public ReadOnlySpan<float> Scores => _scores!.Values;

    /// <summary>[candidates]. Only where the column is asked for.</summary>
    public ReadOnlySpan<float> WatchSeconds => _watchSeconds!.Values;

    /// <summary>Reads the current row.</summary>
    /// <exception cref="ArgumentException">Lengths do not fit, a probability is outside [0, 1], a flag neither 0 nor 1, a score NaN, watch seconds negative.</exception>
    public void Read()
    {
        var flags = _flags.Read();
        if (flags.Length % taskCount != 0)
        {
            throw Fault(columns.Flags, $"there are {flags.Length} values, which is no multiple of {taskCount}, the number of tasks: each candidate needs a value a task. "
                + "Name the tasks that the ranker was trained for (TaskNames).");
        }

        CheckLength(columns.Probabilities, _probabilities.Read().Length, flags.Length);
        foreach (float probability in _probabilities.Values)
        {
            if (!(probability is >= 0 and <= 1))
            {
                throw Fault(columns.Probabilities, $"a value is {Text(probability)}; a probability lies in [0, 1]. NaN comes from a model that is broken, by a diverged "
                    + "training for instance.");
            }
        }

        foreach (float flag in flags)
        {
            if (flag is not (0 or 1))
                throw Fault(columns.Flags, $"a label is {Text(flag)}; expected 1 where the task's feedback was given and 0 where it was not.");
        }

        ReadScores();
        ReadWatchSeconds();
    }

    /// <summary>Copies what stands in a vector of [candidates · K] for one task.</summary>
    /// <param name="values">The vector.</param>
    /// <param name="task">From 0.</param>
    /// <param name="taskCount">K.</param>
    /// <param name="column">Receives the task's values, [candidates]; grown where it is too short.</param>
    public static ReadOnlySpan<float> TaskOf(ReadOnlySpan<float> values, int task, int taskCount, ref float[] column)
    {
        int count = values.Length / taskCount;
        if (column.Length < count)
            column = new float[Math.Max(count, 2 * column.Length)];
        for (int i = 0; i < count; i++)
            column[i] = values[(i * taskCount) + task];
        return column.AsSpan(0, count);
    }

    /// <summary>The first candidates by score, best first; equal scores in the row's order. Those of −∞, which the model does not know, are not among them.</summary>
    public static int[] Top(ReadOnlySpan<float> scores, int count)
    {
        var order = new ulong[scores.Length]; // the score's bits, turned so that higher ones come first, before the place
        int known = 0;
        for (int place = 0; place < scores.Length; place++)
        {
            if (float.IsNegativeInfinity(scores[place]))
                continue;
            uint bits = BitConverter.SingleToUInt32Bits(scores[place] + 0f); // −0 is 0
            order[known++] = ((ulong)(bits >> 31 != 0 ? bits : ~bits & 0x7FFFFFFF) << 32) | (uint)place;
        }

        order.AsSpan(0, known).Sort();
        var top = new int[Math.Min(count, known)];
        for (int i = 0; i < top.Length; i++)
            top[i] = (int)(uint)order[i];
        return top;
    }

    /// <exception cref="ArgumentException">A score is NaN.</exception>
    public static void CheckScores(ReadOnlySpan<float> scores, string columnName, long position)
    {
        foreach (float score in scores)
        {
            if (float.IsNaN(score))
                throw new ArgumentException($"Row {position + 1}, column '{columnName}': a score is NaN: the model that gave it is broken, by a diverged training for instance.");
        }
    }

    private void ReadScores()
    {
        if (_scores is null)
            return;
        var scores = _scores.Read();
        CheckLength(columns.Scores!.Value, scores.Length, CandidateCount);
        CheckScores(scores, columns.Scores!.Value.Name, row.Position);
    }

    private void ReadWatchSeconds()
    {
        if (_watchSeconds is null)
            return;
        CheckLength(columns.WatchSeconds!.Value, _watchSeconds.Read().Length, CandidateCount);
        foreach (float seconds in _watchSeconds.Values)
        {
            if (!(seconds >= 0 && float.IsFinite(seconds)))
                throw Fault(columns.WatchSeconds!.Value, $"a watch time is {Text(seconds)}; expected seconds, at least 0.");
        }
    }

    private void CheckLength(DataViewSchema.Column column, int length, int expected)
    {
        if (length != expected)
        {
            throw Fault(column, $"there are {length} values, but {expected} are needed beside the {_flags.Values.Length} values of column '{columns.Flags.Name}', "
                + $"which has {taskCount} a candidate.");
        }
    }

    private ArgumentException Fault(DataViewSchema.Column column, string fault) => new($"Row {row.Position + 1}, column '{column.Name}': {fault}");

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);
}
