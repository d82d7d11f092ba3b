using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Tests.Tensors;

/// <summary>Something written in the algebra, once, as networks are.</summary>
internal interface IExpression
{
    T Apply<T>(T[] x)
        where T : struct, ITensor<T>;
}

/// <summary>An input of an expression: its shape, and for Int64 the number that its values stay below.</summary>
internal sealed record CaseInput(long[] Shape, long? Limit = null)
{
    public static CaseInput Single(params long[] shape) => new(shape);

    public static CaseInput Int64(long limit, params long[] shape) => new(shape, limit);
}

/// <summary>An expression with inputs to try it on. Positive inputs are above ½, for operators that divide.</summary>
internal sealed record OperatorCase(IExpression Expression, CaseInput[] Inputs, bool HasGradient = true, bool IsPositive = false)
{
    public override string ToString() => $"{Expression.GetType().Name} {string.Join(" ", Inputs.Select(input => $"[{string.Join(",", input.Shape)}]"))}";
}

/// <summary>Every operator of <see cref="ITensor{TSelf}"/> on shapes that broadcast, of one row and of several.</summary>
internal static class OperatorCases
{
    public static IReadOnlyList<OperatorCase> All { get; } =
    [
        Of(new Plus(), S(3, 4), S(4)), Of(new Plus(), S(2, 1, 4), S(3, 1)), Of(new Minus(), S(3, 4), S(3, 1)), Of(new Times(), S(2, 3), S(2, 3)),
        Of(new Over(), S(2, 3), S(3)) with { IsPositive = true }, Of(new PlusNumber(), S(2, 3)), Of(new TimesNumber(), S(2, 3)), Of(new PlusTimes(), S(3, 4), S(2, 3, 4)),
        Of(new Reciprocal(), S(2, 3)) with { IsPositive = true }, Of(new Exp(), S(2, 3)), Of(new LogSigmoid(), S(2, 3)), Of(new Log(), S(2, 3)) with { IsPositive = true }, Of(new Tanh(), S(2, 3)), Of(new Sigmoid(), S(2, 3)),
        Of(new Relu(), S(5, 3)), Of(new Softmax(1), S(2, 3, 4)), Of(new Softmax(-1), S(1, 5)), Of(new Clamp(), S(5, 5)),
        Of(new EqualTo(), I(3, 4, 1), I(3, 1, 5)) with { HasGradient = false }, Of(new IsAbove(), I(4, 3, 3)) with { HasGradient = false },
        Of(new IsAtMost(), I(4, 3), I(4, 2, 1)) with { HasGradient = false }, Of(new Where(), I(2, 3, 1), S(3, 4), S(4)), Of(new Detach(), S(2, 2), S(2, 2)),
        Of(new Reshape(), S(2, 3, 4)), Of(new Permute(), S(2, 3, 4)), Of(new Squeezed(), S(2, 3)),
        Of(new Slice(1, 1, 3), S(2, 4)), Of(new Slice(1, -2), S(2, 4, 2)), Of(new Slice(-1, 0, -1), S(2, 4)), Of(new Slice(1, 2), S(1, 3)),
        Of(new Pad(1, 2, 1), S(2, 3, 2)), Of(new Pad(-1, 0, 2), S(2, 3)), Of(new Concat(), S(2, 3), S(2, 1)), Of(new RangeOf(), S(2, 5)) with { HasGradient = false },
        Of(new Sum(1, false), S(2, 3, 4)), Of(new Sum(-1, true), S(2, 3)), Of(new Maximum(1, false), S(2, 3, 2)), Of(new Maximum(0, true), S(3, 2)),
        Of(new ArgMaximum(), S(2, 4, 3)) with { HasGradient = false }, Of(new CumulativeSum(), S(2, 4, 3)),
        Of(new MatMul(), S(2, 3, 4), S(4, 5)), Of(new MatMul(), S(2, 3, 4), S(2, 4, 2)), Of(new MatMul(), S(3, 4), S(4, 2)),
        Of(new Linear(), S(3, 4), S(5, 4)), Of(new Linear(), S(2, 3, 4), S(5, 4), S(5)), Of(new Linear(), S(3, 4), S(5, 4), S(5)),
        Of(new DotProducts(), S(3, 2, 4), S(3, 3, 4)), Of(new DotProducts(), S(3, 2, 4), S(3, 9, 4)), Of(new DotProducts(), S(3, 2, 4), S(5, 4)), Of(new DotProducts(), S(3, 1, 4), S(3, 2, 4)),
        Of(new Gather(), S(6, 4), I(6, 3)), Of(new Gather(), S(6, 2), I(6, 2, 3)), Of(new LayerNorm(), S(2, 3, 6), S(6), S(6)),
        Of(new Attention(1, false, false), S(2, 5, 4), S(2, 5, 4), S(2, 5, 4), I(3, 2, 5)), Of(new Attention(2, false, false), S(2, 5, 4), S(2, 5, 4), S(2, 5, 4), I(3, 2, 5)),
        Of(new Attention(1, false, true), S(2, 5, 4), S(2, 5, 4), S(2, 5, 4), I(3, 2, 5)), Of(new Attention(2, false, true), S(2, 3, 6), S(2, 3, 6), S(2, 3, 6), I(2, 2, 3)),
        Of(new Attention(1, true, true), S(3, 1, 4), S(3, 5, 4), S(3, 5, 4), I(2, 3, 5), I(5, 3)),
        Of(new Attention(2, true, true), S(3, 1, 4), S(3, 5, 4), S(3, 5, 4), I(2, 3, 5), I(5, 3)),
        Of(new Attention(1, true, false), S(1, 1, 4), S(1, 1, 4), S(1, 1, 4), I(2, 1, 1), I(1, 1)),
        Of(new Attention(1, false, true), S(1, 70, 2), S(1, 70, 2), S(1, 70, 2), I(3, 1, 70)),
        Of(new Attention(1, false, false), S(1, 70, 11), S(1, 70, 11), S(1, 70, 11), I(3, 1, 70)), Of(new DotProducts(), S(3, 2, 19), S(3, 4, 19)),
        Of(new AttentionWithSums(false), S(2, 5, 4), S(2, 5, 4), S(2, 5, 3), I(3, 2, 5)), Of(new AttentionWithSums(false), S(1, 70, 2), S(1, 70, 2), S(1, 70, 2), I(3, 1, 70)),
        Of(new AttentionWithSums(true), S(3, 1, 4), S(3, 5, 4), S(3, 5, 4), I(2, 3, 5), I(5, 3)),
        Of(new SigmoidShares(1), S(3, 2), S(5)), Of(new SigmoidShares(1), S(3, 4), S(3, 5)), Of(new SigmoidShares(8), S(3, 3), S(3, 4)),
        Of(new Recurrence(), S(2, 3), S(2, 4, 3), S(2, 4, 3), S(3, 3)), Of(new Recurrence(), S(1, 2), S(1, 1, 2), S(1, 1, 2), S(2, 2)),
        Of(new Recurrence(), S(2, 5, 3), S(2, 4, 1, 3), S(2, 4, 5, 1), S(3, 3)),
    ];

    private static OperatorCase Of(IExpression expression, params CaseInput[] inputs) => new(expression, inputs);

    private static CaseInput S(params long[] shape) => CaseInput.Single(shape);

    private static CaseInput I(long limit, params long[] shape) => CaseInput.Int64(limit, shape);

    private sealed class Plus : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0] + x[1]; }

    private sealed class Minus : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0] - x[1]; }

    private sealed class Times : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0] * x[1]; }

    private sealed class Over : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0] / x[1]; }

    private sealed class PlusNumber : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0] + 0.25; }

    private sealed class TimesNumber : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0] * -1.5; }

    private sealed class PlusTimes : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].PlusTimes(x[1], 1.75); }

    private sealed class Reciprocal : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Reciprocal(); }

    private sealed class Log : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Log(); }

    private sealed class LogSigmoid : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].LogSigmoid(); }

    private sealed class Exp : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Exp(); }

    private sealed class Tanh : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Tanh(); }

    private sealed class Sigmoid : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Sigmoid(); }

    private sealed class Relu : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Relu(); }

    private sealed class Softmax(int axis) : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Softmax(axis); }

    private sealed class Clamp : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Clamp(-0.5, 0.75); }

    private sealed class EqualTo : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].EqualTo(x[1]).ToSingle(); }

    private sealed class IsAbove : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].IsAbove(1).ToSingle(); }

    private sealed class IsAtMost : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].IsAtMost(x[1]).ToSingle(); }

    private sealed class Where : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].IsAbove(0).Where(x[1], x[2]); }

    private sealed class Detach : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Detach() * 0 + x[0] * x[1]; }

    private sealed class Reshape : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Reshape(0, -1, 2); }

    private sealed class Permute : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Permute(2, 0, 1); }

    private sealed class Squeezed : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Unsqueeze(1).Unsqueeze(-1).Squeeze(1); }

    private sealed class Slice(int axis, long start, long end = long.MaxValue) : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Slice(axis, start, end); }

    private sealed class Pad(int axis, long before, long behind) : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Pad(axis, before, behind); }

    private sealed class Concat : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => T.Concat(1, x[0], x[1], x[0]); }

    private sealed class RangeOf : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].RangeOf(1).ToSingle(); }

    private sealed class Sum(int axis, bool keepAxis) : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Sum(axis, keepAxis); }

    private sealed class Maximum(int axis, bool keepAxis) : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Maximum(axis, keepAxis); }

    private sealed class ArgMaximum : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].ArgMaximum(1).ToSingle(); }

    private sealed class CumulativeSum : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].CumulativeSum(1); }

    private sealed class MatMul : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].MatMul(x[1]); }

    private sealed class Linear : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Linear(x[1], x.Length > 2 ? x[2] : null); }

    private sealed class DotProducts : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].DotProducts(x[1]); }

    private sealed class Gather : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].Gather(x[1]); }

    private sealed class LayerNorm : IExpression { public T Apply<T>(T[] x) where T : struct, ITensor<T> => x[0].LayerNorm(x[1], x[2], 1e-8); }

    private sealed class Attention(int heads, bool isNewest, bool hasGroups) : IExpression
    {
        public T Apply<T>(T[] x)
            where T : struct, ITensor<T>
            => T.CausalAttention(x[0], x[1], x[2], new(heads, isNewest ? x[4] : null, hasGroups ? x[3] : null, SameGroup: 1.4, OtherGroup: 0.6));
    }

    private sealed class AttentionWithSums(bool isNewest) : IExpression
    {
        public T Apply<T>(T[] x)
            where T : struct, ITensor<T>
        {
            var (mixed, sums) = T.CausalAttentionWithSums(x[0], x[1], x[2], new(1, isNewest ? x[4] : null, x[3], SameGroup: 1.4, OtherGroup: 0.6));
            return T.Concat(-1, mixed, sums);
        }
    }

    private sealed class SigmoidShares(double scale) : IExpression
    {
        public T Apply<T>(T[] x) where T : struct, ITensor<T> => T.SigmoidShares(x[0] * scale, x[1] * scale);
    }

    private sealed class Recurrence : IExpression
    {
        public T Apply<T>(T[] x)
            where T : struct, ITensor<T>
            => T.Scan(x[0], [x[1], x[2]], (state, step) => (step[0] + state.Linear(x[3])).Tanh() * step[1].Sigmoid());
    }
}
