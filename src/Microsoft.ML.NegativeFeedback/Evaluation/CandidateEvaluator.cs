using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>Walks rows of scored candidates once and adds them up.</summary>
internal static class CandidateEvaluator
{
    public static CandidateMetrics Evaluate(IDataView data, string labelColumnName, string scoreColumnName, int truncationLevel)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(truncationLevel);
        var labelColumn = Columns.Require(data.Schema, labelColumnName, ColumnTypes.IsSingleVector,
            "a vector of Single with 1 for each liked candidate and 0 for each skipped one");
        var scoreColumn = Columns.Require(data.Schema, scoreColumnName, ColumnTypes.IsSingleVector,
            "a vector of Single with a score a candidate, which a trainer's transformer adds where it is given a column of candidates");

        var totals = new CandidateTotals(truncationLevel);
        using var cursor = data.GetRowCursor([labelColumn, scoreColumn]);
        var (labelsReader, scoresReader) = (new VectorReader<float>(cursor, labelColumn), new VectorReader<float>(cursor, scoreColumn));
        bool hasRows = false;
        while (cursor.MoveNext())
        {
            hasRows = true;
            var labels = labelsReader.Read();
            var scores = scoresReader.Read();
            if (CandidateTotals.FaultOf(scores, labels) is { } fault)
                throw new ArgumentException($"Row {cursor.Position + 1}, columns '{scoreColumnName}' and '{labelColumnName}': {fault}");
            totals.Add(scores, labels);
        }

        if (!hasRows)
            throw new InvalidOperationException("There are no rows to evaluate.");
        if (totals.CandidateCount == 0)
            throw new InvalidOperationException($"No row has a candidate: columns '{scoreColumnName}' and '{labelColumnName}' are empty everywhere.");
        return totals.ToMetrics();
    }
}
