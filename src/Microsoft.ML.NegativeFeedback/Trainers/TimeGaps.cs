using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Trainers;

/// <summary>The times between the items of training rows, by which a network that reads times measures all of them.</summary>
internal static class TimeGaps
{
    /// <summary>The median of the gaps above 0 between neighbouring liked items of a row; 1 where there are none.</summary>
    /// <param name="data">The training rows.</param>
    /// <param name="inputName">The input that has the times.</param>
    /// <param name="columnName">The column that they were read from.</param>
    /// <exception cref="InvalidDataException">The times of a row descend.</exception>
    public static double Typical(SequenceData data, string inputName, string columnName)
    {
        var times = ((ColumnValues<long>)data.ItemColumns[inputName]).Values;
        var gaps = new List<double>();
        for (int row = 0; row < data.RowCount; row++)
        {
            var ofRow = times.Slice(data.Offset(row), data.Items(row).Length);
            RequireAscending(ofRow, row, columnName);
            AddGaps(ofRow, data.Feedback(row), gaps);
        }

        gaps.Sort();
        return gaps.Count == 0 ? 1 : gaps[gaps.Count / 2];
    }

    private static void AddGaps(ReadOnlySpan<long> times, ReadOnlySpan<sbyte> feedback, List<double> gaps)
    {
        int before = -1;
        for (int i = 0; i < times.Length; i++)
        {
            if (feedback[i] <= 0)
                continue;
            if (before >= 0 && times[i] > times[before])
                gaps.Add((double)times[i] - times[before]);
            before = i;
        }
    }

    private static void RequireAscending(ReadOnlySpan<long> times, int row, string columnName)
    {
        for (int i = 1; i < times.Length; i++)
        {
            if (times[i] < times[i - 1])
            {
                throw new InvalidDataException(FormattableString.Invariant($"Column '{columnName}' of row {row + 1} goes back from {times[i - 1]} to {times[i]}: items come oldest ")
                    + "first, so that no time is before that of the item in front of it. Sort the log by time before it is cut into sequences.");
            }
        }
    }
}
