using BenchmarkDotNet.Attributes;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>From a log of interactions to one row a user, read to the last row.</summary>
public class WindowSequencesBenchmarks
{
    private readonly MLContext _ml = new(seed: 1);
    private IDataView _log = null!;

    /// <summary>Interactions of the log, in millions; users have about a hundred each.</summary>
    [Params(1, 5, 20)]
    public int Millions { get; set; }

    /// <summary>The log in memory, so that reading it is not what is timed.</summary>
    [GlobalSetup]
    public void MakeLog() => _log = new SyntheticLog(Millions * 1_000_000L);

    /// <summary>Windows the log and reads every row.</summary>
    [Benchmark]
    public long Window()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var sequences = _ml.Transforms.WindowSequences().Fit(_log).Transform(_log);
        long interactions = 0;
        using var cursor = sequences.GetRowCursor([sequences.Schema["Items"]]);
        var getter = cursor.GetGetter<VBuffer<int>>(sequences.Schema["Items"]);
        VBuffer<int> items = default;
        while (cursor.MoveNext())
        {
            getter(ref items);
            interactions += items.Length;
        }

        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine($"// {interactions:N0} interactions, {(double)held / interactions:0.0} bytes each held by the sequences");
        GC.KeepAlive(sequences);
        return interactions;
    }
}
