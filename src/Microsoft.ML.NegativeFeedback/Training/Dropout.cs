using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// The dropout of one pass. On a CPU the masks come from <see cref="CounterRandom"/>: torch draws them one element
/// at a time on one thread, which takes longer than the products around them, and from a generator that all threads share. Here they
/// depend on the pass's key and the order of calls alone. On a GPU torch's own dropout is used.
/// </summary>
internal sealed class Dropout
{
    private readonly double _rate;
    private readonly long _key;
    private long _site;

    /// <summary>Starts the masks of a pass.</summary>
    /// <param name="rate">The share of values that is zeroed; 0 is no dropout.</param>
    /// <param name="pass">What the pass is known by.</param>
    public Dropout(double rate, PassKey pass)
        => (_rate, _key) = (rate, CounterRandom.Of(pass.Seed, pass.Epoch, pass.Step, pass.Part).Bits64());

    private Dropout() => (_rate, _key) = (0, 0);

    /// <summary>No dropout, as for scoring.</summary>
    public static Dropout Off { get; } = new();

    /// <summary>The draws of the next mask on a CPU, and the share that it zeroes.</summary>
    public (CounterRandom Draws, double Rate) NextMask() => (CounterRandom.Of(_key, _rate == 0 ? 0 : _site++), _rate);

    /// <summary>Zeroes a share of the values and scales the others up.</summary>
    public Tensor Apply(Tensor values) => _rate == 0 ? values : values.HasSpan() ? DropoutFunction.Run(values, NextMask()) : OfTorch(values);

    /// <summary>The same, and sets to 0 what is below it.</summary>
    public Tensor ApplyRelu(Tensor values)
        => _rate > 0 && values.HasSpan() ? DropoutFunction.RunRelu(values, NextMask()) : Apply(values).relu();

    /// <summary>The same, and adds it to a sum of the same shape.</summary>
    public Tensor AddTo(Tensor sum, Tensor values)
        => _rate > 0 && values.HasSpan() ? DropoutFunction.RunSum(sum, values, NextMask()) : sum.add(Apply(values), Scalars.One);

    private Tensor OfTorch(Tensor values) => nn.functional.dropout(values, _rate, training: true);
}

/// <summary>What the pass of a part is known by: everything random about it follows from this.</summary>
internal readonly record struct PassKey(long Seed, long Epoch, long Step, long Part);
