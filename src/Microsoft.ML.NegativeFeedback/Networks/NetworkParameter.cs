using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>Numbers that a network computes with and does not learn: what is known of the items, a layout.</summary>
internal sealed class NetworkConstant
{
    /// <param name="name">Its name, by which no other of the network goes.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="numbers">Its values, row-major.</param>
    public NetworkConstant(string name, int[] shape, float[] numbers) => (Name, Shape, Numbers) = (name, shape, numbers);

    /// <param name="name">Its name, by which no other of the network goes.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="integers">Its values, row-major.</param>
    public NetworkConstant(string name, int[] shape, long[] integers) => (Name, Shape, Integers) = (name, shape, integers);

    public string Name { get; }

    public int[] Shape { get; }

    /// <summary>Its values, where they are Single.</summary>
    public float[]? Numbers { get; }

    /// <summary>Its values, where they are Int64.</summary>
    public long[]? Integers { get; }
}

/// <summary>An array of numbers that a network learns: named, shaped and drawn in one place. Torch trains it, a graph holds it as a constant, a file keeps it by its name.</summary>
internal sealed class NetworkParameter
{
    /// <summary>The standard deviation of initial embeddings and linear weights, as the published code of PNFRec has it.</summary>
    public const double StandardDeviation = 0.02;

    private readonly Func<float[]> _draw;

    /// <param name="name">Its name, by which no other of the network goes: parts and a dot between.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="draw">Draws the initial values, row-major.</param>
    public NetworkParameter(string name, int[] shape, Func<float[]> draw) => (Name, Shape, _draw) = (name, shape, draw);

    public string Name { get; }

    public int[] Shape { get; }

    /// <summary>How many matrices or vectors of one shape it holds behind each other.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>The number of values.</summary>
    public long Length => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>The initial values, the same at every call.</summary>
    public float[] Draw() => _draw();

    public static NetworkParameter Zeros(string name, int length, int parts = 1) => new(name, [length], () => new float[length]) { Parts = parts };

    public static NetworkParameter Ones(string name, int length) => new(name, [length], () => [.. Enumerable.Repeat(1f, length)]);

    /// <summary>A matrix drawn from N(0, 0.02).</summary>
    public static NetworkParameter Normal(string name, CounterRandom random, int rows, int columns)
        => new(name, [rows, columns], () => random.Normal(rows * columns, StandardDeviation));

    /// <summary>A matrix drawn from N(0, √(2 / (rows + columns))) (Glorot and Bengio 2010), as the published code of SINE has every matrix.</summary>
    public static NetworkParameter XavierNormal(string name, CounterRandom random, int rows, int columns)
        => new(name, [rows, columns], () => random.Normal(rows * columns, XavierDeviation(rows, columns)));

    /// <summary>A matrix drawn from U(−a, a), a = √(6 / (rows + columns)) (Glorot and Bengio 2010).</summary>
    public static NetworkParameter Xavier(string name, CounterRandom random, int rows, int columns, int parts = 1)
        => new(name, [rows, columns], () => random.Symmetric(rows * columns, Math.Sqrt(6.0 / (rows + columns)))) { Parts = parts };

    /// <summary>A table [items + 1, width] whose row 0, padding, is zero; the rest is drawn from N(0, 0.02), as Xavier normal, or with vectors of length 1 as a rule.</summary>
    public static NetworkParameter Embeddings(string name, CounterRandom random, int itemCount, int width, EncoderForm form)
        => new(name, [itemCount + 1, width], () =>
        {
            float[] values = random.Normal((itemCount + 1) * width, form switch
            {
                EncoderForm.Sine => XavierDeviation(itemCount + 1, width),
                EncoderForm.MultiFeedback => 1 / Math.Sqrt(width),
                _ => StandardDeviation,
            });
            values.AsSpan(0, width).Clear();
            return values;
        });

    private static double XavierDeviation(int rows, int columns) => Math.Sqrt(2.0 / ((double)rows + columns));
}
