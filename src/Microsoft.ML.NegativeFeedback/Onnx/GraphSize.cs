using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>How large the graph of a network will be: what no ONNX file can hold is refused before it is trained.</summary>
/// <param name="Network">The network.</param>
/// <param name="Options">The options that make it so large, with their values.</param>
internal sealed record GraphSize(Network Network, string Options)
{
    /// <summary>Room for the nodes between the constants.</summary>
    private const double NodeBytes = 1 << 20;

    /// <summary>All the numbers of the graph: what is learned for scoring, and of each item its popularity and the mask of padding.</summary>
    public double Values => Network.ScoringParameters.Sum(parameter => (double)parameter.Length) + (2 * (Network.ItemCount + 1.0));

    /// <summary>Checks that an ONNX file can hold the graph and what a saved model has beside it.</summary>
    /// <param name="itemsColumnName">The column that has the items.</param>
    /// <param name="tableBytes">The bytes of the items' values.</param>
    /// <exception cref="InvalidOperationException">It cannot.</exception>
    public void Check(string itemsColumnName, long tableBytes)
    {
        double bytes = (sizeof(float) * Values) + tableBytes + NodeBytes;
        if (bytes <= OnnxGraphBuilder.MaximumConstantBytes)
            return;
        throw new InvalidOperationException(FormattableString.Invariant($"The model would take {bytes / (1L << 30):N1} GiB, and an ONNX file holds 2 GiB: ")
            + FormattableString.Invariant($"it has {Network.ItemCount:N0} items of column '{itemsColumnName}', with {Options}. ")
            + "Choose smaller values, or keep fewer items (Data.FilterCore leaves rare ones out) with shorter names.");
    }
}
