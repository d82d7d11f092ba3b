namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>How large the graph of a network will be, by its options alone: what no ONNX file can hold is refused before it is trained.</summary>
/// <param name="Values">The numbers that it holds beside those of the items; as Double, since options may ask for any number.</param>
/// <param name="ValuesPerItem">The numbers that it holds of each item.</param>
/// <param name="Options">The options that make it so large, with their values.</param>
internal sealed record GraphSize(double Values, double ValuesPerItem, string Options)
{
    /// <summary>Room for the nodes between the constants.</summary>
    private const double NodeBytes = 1 << 20;

    /// <summary>All the numbers of a graph.</summary>
    public double ValuesOf(int itemCount) => Values + (ValuesPerItem * (itemCount + 1.0));

    /// <summary>Checks that an ONNX file can hold the graph and what a saved model has beside it.</summary>
    /// <param name="itemCount">N.</param>
    /// <param name="itemsColumnName">The column that has them.</param>
    /// <param name="tableBytes">The bytes of the items' values.</param>
    /// <exception cref="InvalidOperationException">It cannot.</exception>
    public void Check(int itemCount, string itemsColumnName, long tableBytes)
    {
        double bytes = (sizeof(float) * ValuesOf(itemCount)) + tableBytes + NodeBytes;
        if (bytes <= OnnxGraphBuilder.MaximumConstantBytes)
            return;
        throw new InvalidOperationException(FormattableString.Invariant($"The model would take {bytes / (1L << 30):N1} GiB, and an ONNX file holds 2 GiB: ")
            + FormattableString.Invariant($"it has {itemCount:N0} items of column '{itemsColumnName}', with {Options}. ")
            + "Choose smaller values, or keep fewer items (Data.FilterCore leaves rare ones out) with shorter names.");
    }
}
