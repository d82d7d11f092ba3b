namespace Microsoft.ML.Data;

/// <summary>A 128-bit row identity.</summary>
public readonly struct DataViewRowId
{
    public readonly ulong Low;
    public readonly ulong High;

    public DataViewRowId(ulong low, ulong high)
    {
        Low = low;
        High = high;
    }
}
