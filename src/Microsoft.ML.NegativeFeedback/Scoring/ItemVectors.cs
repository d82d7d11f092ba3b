using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>The vectors that a model has learned of its items, out of its graph.</summary>
internal static class ItemVectors
{
    /// <summary>Metadata of a model: the constant with the vectors, and their width, behind which popularity may stand.</summary>
    public const string TableMetadata = "item_vectors", WidthMetadata = "item_width";

    /// <summary>N; null of a graph of a former version that does not say where its items' vectors are.</summary>
    public static int? CountOf(byte[] graph)
    {
        var model = ModelProto.Parser.ParseFrom(graph);
        return OnnxGraphBuilder.Metadata(model, TableMetadata) is { } name ? (int)model.Graph.Initializer.Single(initializer => initializer.Name == name).Dims[0] - 1 : null;
    }

    /// <summary>d, and the vectors [N + 1, d], of which the first is padding's, zero.</summary>
    /// <exception cref="InvalidOperationException">The graph was written by a version that did not say where they are.</exception>
    public static (int Width, float[] Values) Read(byte[] graph)
    {
        var model = ModelProto.Parser.ParseFrom(graph);
        if (OnnxGraphBuilder.Metadata(model, TableMetadata) is not { } name || OnnxGraphBuilder.Metadata(model, WidthMetadata) is not { } text)
            throw new InvalidOperationException("The model was saved by a version of this library that did not note where its items' vectors are: train it again.");
        var table = model.Graph.Initializer.Single(initializer => initializer.Name == name);
        var values = MemoryMarshal.Cast<byte, float>(table.RawData.Span);
        int width = int.Parse(text, CultureInfo.InvariantCulture), stride = (int)table.Dims[1];
        var vectors = new float[table.Dims[0] * width];
        for (int item = 0; item < table.Dims[0]; item++)
            values.Slice(item * stride, width).CopyTo(vectors.AsSpan(item * width));
        return (width, vectors);
    }

    /// <summary>A graph that recommends what is most like the items of a history: by the cosine between their vectors' mean direction and each item's.</summary>
    public static byte[] SimilarityGraph(byte[] graph, int topK)
    {
        var (width, vectors) = Read(graph);
        for (int start = 0; start < vectors.Length; start += width)
        {
            var vector = vectors.AsSpan(start, width);
            double squares = 0;
            foreach (float value in vector)
                squares += (double)value * value;
            foreach (ref float value in vector)
                value = squares == 0 ? 0 : (float)(value / Math.Sqrt(squares));
        }

        int itemCount = (vectors.Length / width) - 1;
        var network = new SimilarityNetwork(itemCount, width);
        return NextItemGraph.Build(new NetworkWeights(network, new Dictionary<string, float[]> { [network.Items.Name] = vectors }), new NextItemGraphOptions
        {
            TopK = topK,
            Popularity = [.. Enumerable.Repeat(-1f, itemCount + 1)],
        });
    }

    /// <summary>An item and its vector.</summary>
    internal sealed class Row
    {
        public uint Item { get; set; }

        public float[] Vector { get; set; } = [];
    }

    /// <summary>The direction of the sum of directions, of all items whatever their feedback.</summary>
    private sealed class SimilarityNetwork(int itemCount, int width) : Network(itemCount, new EncoderSettings(width, LongestHistory, 0, 1, 0), seed: 0)
    {
        private const int LongestHistory = 1000;

        public override bool ReadsWholeHistory => true;

        protected override IEnumerable<NetworkParameter> OwnParameters => [];

        public override T States<T>(Pass<T> pass, History<T> history)
        {
            const double NearZero = 1e-20; // of items that cancel each other out
            var sum = pass.Lookup(Items, history.Items).Sum(1);                                 // [b, d]
            return sum * (((sum * sum).Sum(1, keepAxis: true) + NearZero).Log() * -0.5).Exp();
        }
    }
}
