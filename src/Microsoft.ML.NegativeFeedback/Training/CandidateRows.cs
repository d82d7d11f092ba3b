using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Evaluation;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Histories with candidates to rank, of which some were liked and the others skipped.</summary>
internal sealed class CandidateRows
{
    private readonly int[] _offsets;
    private readonly int _labelsEach;
    private readonly int[] _candidates;
    private readonly float[] _labels;

    /// <param name="histories">The histories.</param>
    /// <param name="candidates">Row by row the candidates, 0 for an unknown one.</param>
    /// <param name="labels">Beside each 1 where it was liked, 0 where it was skipped; or so for each of several kinds of feedback, those of a candidate beside each other.</param>
    public CandidateRows(SequenceData histories, IReadOnlyList<int[]> candidates, IReadOnlyList<float[]> labels)
    {
        if (candidates.Count != histories.RowCount || labels.Count != histories.RowCount)
            throw new ArgumentException("There are not as many rows of candidates and labels as of histories.", nameof(candidates));
        Histories = histories;
        _offsets = new int[candidates.Count + 1];
        for (int row = 0; row < candidates.Count; row++)
            _offsets[row + 1] = _offsets[row] + candidates[row].Length;
        _candidates = [.. candidates.SelectMany(row => row)];
        _labels = [.. labels.SelectMany(row => row)];
        _labelsEach = _candidates.Length == 0 ? 1 : _labels.Length / _candidates.Length;
    }

    public SequenceData Histories { get; }

    public ReadOnlySpan<int> Candidates(int row) => _candidates.AsSpan(_offsets[row].._offsets[row + 1]);

    public ReadOnlySpan<float> Labels(int row) => _labels.AsSpan((_offsets[row] * _labelsEach)..(_offsets[row + 1] * _labelsEach));

    /// <summary>[rows, most candidates], row-major: the candidates of some rows, 0 where a row has fewer.</summary>
    public long[] Padded(int[] rows)
    {
        int most = rows.Max(row => Candidates(row).Length);
        var padded = new long[most * rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            var candidates = Candidates(rows[i]);
            for (int j = 0; j < candidates.Length; j++)
                padded[(i * most) + j] = candidates[j];
        }

        return padded;
    }

    /// <summary>A hash of everything in here.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Convert.FromHexString(Histories.Fingerprint()));
        hash.AppendData(MemoryMarshal.AsBytes(_offsets.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(_candidates.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(_labels.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>Reads <see cref="CandidateRows"/> out of a data view, checking each row.</summary>
/// <param name="data">Rows with a history and candidates.</param>
/// <param name="itemCount">N; a key above it belongs to another dictionary.</param>
internal sealed class CandidateReader(IDataView data, int itemCount)
{
    /// <summary>Reads the rows.</summary>
    /// <param name="itemsColumnName">The history: a vector of keys.</param>
    /// <param name="feedbackColumnName">The feedback beside it: a vector of Single.</param>
    /// <param name="candidatesColumnName">The candidates: a vector of keys of the same dictionary.</param>
    /// <param name="labelsColumnName">Beside each candidate a Single: above 0 where it was liked.</param>
    /// <param name="inputs">What else is read of a row.</param>
    /// <param name="labelsEach">Labels a candidate, of so many kinds of feedback.</param>
    /// <param name="cancellationToken">Looked at row by row.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidDataException">A row's vectors differ in length, or a value is NaN or no known key.</exception>
    public CandidateRows Read(
        string itemsColumnName, string feedbackColumnName, string candidatesColumnName, string labelsColumnName, IReadOnlyList<InputColumn>? inputs = null,
        int labelsEach = 1, CancellationToken cancellationToken = default)
    {
        const string Remedy = "; Data.LeaveLastOut makes rows with candidates";
        var candidatesColumn = Columns.Require(data.Schema, candidatesColumnName, ColumnTypes.IsKeyVector,
            $"a vector of keys of the same dictionary as '{itemsColumnName}'{Remedy}");
        var labelsColumn = Columns.Require(data.Schema, labelsColumnName, ColumnTypes.IsSingleVector, $"a vector of Single beside the candidates{Remedy}");
        var histories = SequenceData.Read(data, itemCount, itemsColumnName, feedbackColumnName, inputs, cancellationToken);

        using var cursor = data.GetRowCursor([candidatesColumn, labelsColumn]);
        var (candidatesReader, labelsReader) = (new VectorReader<uint>(cursor, candidatesColumn), new VectorReader<float>(cursor, labelsColumn));
        var (candidates, labels) = (new List<int[]>(), new List<float[]>());
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var keys = candidatesReader.Read();
            HistoryRowReader.CheckKeys(keys, itemCount, candidatesColumnName, cursor.Position);
            float[] rowLabels = labelsReader.Read().ToArray();
            if (CandidateTotals.FaultOf(new float[keys.Length * labelsEach], rowLabels) is { } fault)
                throw new InvalidDataException($"Row {cursor.Position + 1}, columns '{candidatesColumnName}' and '{labelsColumnName}': {fault}");
            candidates.Add(MemoryMarshal.Cast<uint, int>(keys).ToArray());
            labels.Add(rowLabels);
        }

        return new CandidateRows(histories, candidates, labels);
    }
}
