namespace Microsoft.ML.Data;

/// <summary>Vectors of keys as the package makes them: sparse where most slots are missing.</summary>
internal static class KeyVector
{
    public static void Pack(ReadOnlySpan<uint> keys, ref VBuffer<uint> destination)
    {
        var known = keys.Length - keys.Count(0u);
        if (keys.Length == 0 || (known > 0 && known >= keys.Length / 2))
        {
            var dense = VBufferEditor.Create(ref destination, keys.Length);
            keys.CopyTo(dense.Values);
            destination = dense.Commit();
            return;
        }

        var sparse = VBufferEditor.Create(ref destination, keys.Length, known);
        var next = 0;
        for (var slot = 0; slot < keys.Length; slot++)
        {
            if (keys[slot] == 0)
                continue;
            sparse.Values[next] = keys[slot];
            sparse.Indices[next++] = slot;
        }
        destination = sparse.Commit();
    }
}
