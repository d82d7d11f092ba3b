namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>
/// A list that grows without ever being copied: what is read from a stream of unknown length costs its own size and no more.
/// </summary>
internal sealed class ChunkedList<T>
    where T : unmanaged
{
    private const int ChunkBits = 16;
    private const int ChunkMask = (1 << ChunkBits) - 1;

    private readonly List<T[]> _chunks = [];
    private T[] _last = [];

    public int Count { get; private set; }

    public T this[int index] => _chunks[index >> ChunkBits][index & ChunkMask];

    public void Add(T value)
    {
        int slot = Count & ChunkMask;
        if (slot == 0)
        {
            _last = GC.AllocateUninitializedArray<T>(1 << ChunkBits);
            _chunks.Add(_last);
        }

        _last[slot] = value;
        Count++;
    }
}
