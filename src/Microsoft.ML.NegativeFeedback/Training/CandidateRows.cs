using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Histories with candidates to rank, of which some were liked and the others skipped.</summary>
internal sealed class CandidateRows
{
    private readonly int[] _offsets;
    private readonly int[] _candidates;
    private readonly float[] _labels;

    /// <param name="histories">The histories.</param>
    /// <param name="candidates">Row by row the candidates, 0 for an unknown one.</param>
    /// <param name="labels">Beside each 1 where it was liked, 0 where it was skipped.</param>
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
    }

    public SequenceData Histories { get; }

    public ReadOnlySpan<int> Candidates(int row) => _candidates.AsSpan(_offsets[row].._offsets[row + 1]);

    public ReadOnlySpan<float> Labels(int row) => _labels.AsSpan(_offsets[row].._offsets[row + 1]);

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
