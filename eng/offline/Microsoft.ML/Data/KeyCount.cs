namespace Microsoft.ML.Data;

/// <summary>The size of the set that a key is out of; by default the most that its type can number.</summary>
public sealed class KeyCount
{
    public ulong? Count;

    public KeyCount()
    {
    }

    public KeyCount(ulong count)
    {
        Count = count;
    }
}
