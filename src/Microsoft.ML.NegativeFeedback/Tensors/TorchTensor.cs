using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>The algebra on torch, on any device, with gradients where autograd records.</summary>
/// <param name="Value">The tensor; it belongs to the dispose scope that it was made in.</param>
/// <param name="Width">Of a parameter: how many columns are its own, where it may be kept at a round width with zeros behind them. Null where all are.</param>
internal readonly record struct TorchTensor(Tensor Value, int? Width = null) : ITensor<TorchTensor>
{
    public static TorchTensor operator +(TorchTensor left, TorchTensor right) => new(left.Value.add(right.Value, Scalars.One));

    public static TorchTensor operator -(TorchTensor left, TorchTensor right) => new(left.Value.sub(right.Value));

    public static TorchTensor operator *(TorchTensor left, TorchTensor right) => new(left.Value.mul(right.Value));

    public static TorchTensor operator /(TorchTensor left, TorchTensor right) => new(left.Value.div(right.Value));

    public static TorchTensor operator +(TorchTensor left, double right) => new(left.Value.add(Scalars.Of(right), Scalars.One));

    public static TorchTensor operator *(TorchTensor left, double right) => new(left.Value.mul(Scalars.Of(right)));

    public TorchTensor PlusTimes(TorchTensor other, double factor) => new(Value.add(other.Value, Scalars.Of(factor)));

    public TorchTensor Reciprocal() => new(Value.reciprocal());

    public TorchTensor Exp() => new(Value.exp());

    public TorchTensor Log() => new(Value.log());

    public TorchTensor Tanh() => new(Value.tanh());

    public TorchTensor Sigmoid() => new(Value.sigmoid());

    public TorchTensor LogSigmoid() => new(Value.log_sigmoid());

    public TorchTensor Relu() => new(Value.relu());

    public TorchTensor Softmax(int axis) => new(Value.softmax(axis));

    public TorchTensor Clamp(double lowest, double highest) => new(Value.clamp(Scalars.Of(lowest), Scalars.Of(highest)));

    public TorchTensor EqualTo(TorchTensor other) => new(Value.eq(other.Value));

    public TorchTensor IsAbove(long number) => new(Value.gt(Scalars.Of(number)));

    public TorchTensor IsAtMost(TorchTensor other) => new(Value.le(other.Value));

    public TorchTensor Where(TorchTensor whenTrue, TorchTensor whenFalse) => new(torch.where(Value, whenTrue.Value, whenFalse.Value));

    public TorchTensor ToSingle() => new(Value.to(ScalarType.Float32));

    public TorchTensor Detach() => new(Value.detach());

    public TorchTensor Reshape(params ReadOnlySpan<long> shape)
    {
        long[] sizes = shape.ToArray();
        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] == 0)
                sizes[i] = Value.shape[i];
        }

        return new(Value.reshape(sizes));
    }

    public TorchTensor Permute(params ReadOnlySpan<int> axes) => new(Value.permute(Array.ConvertAll(axes.ToArray(), axis => (long)axis)));

    public TorchTensor Unsqueeze(int axis) => new(Value.unsqueeze(axis));

    public TorchTensor Squeeze(int axis) => new(Value.squeeze(axis));

    public TorchTensor Slice(int axis, long start, long end = long.MaxValue)
    {
        long size = Value.shape[axis < 0 ? axis + Value.dim() : axis];
        long first = Math.Clamp(start < 0 ? start + size : start, 0, size), last = Math.Clamp(end < 0 ? end + size : end, first, size);
        return new(Value.narrow(axis, first, last - first));
    }

    public TorchTensor Pad(int axis, long before, long behind)
    {
        // torch counts axes from the last one
        int fromEnd = axis < 0 ? -1 - axis : (int)Value.dim() - 1 - axis;
        var sizes = new long[2 * (fromEnd + 1)];
        (sizes[^2], sizes[^1]) = (before, behind);
        return new(nn.functional.pad(Value, sizes));
    }

    public static TorchTensor Concat(int axis, params ReadOnlySpan<TorchTensor> values) => new(cat(Values(values), axis));

    public TorchTensor RangeOf(int axis) => new(Scalars.Range(0, Value.shape[axis], Value.device));

    public TorchTensor Sum(int axis, bool keepAxis = false) => new(Value.sum(axis, keepAxis));

    public TorchTensor Maximum(int axis, bool keepAxis = false) => new(Value.amax([axis], keepAxis));

    public TorchTensor ArgMaximum(int axis) => new(Value.argmax(axis));

    public TorchTensor CumulativeSum(int axis) => new(Value.cumsum(axis));

    public TorchTensor MatMul(TorchTensor other) => new(Value.matmul(other.Value));

    public TorchTensor Linear(TorchTensor weight, TorchTensor? bias = null)
        => new(RoundWidths.PayForCopies(Value, weight.Value) ? RoundWidths.Linear(Value, weight.Value, bias?.Value)
            : nn.functional.linear(Value, weight.Value, bias?.Value));

    public TorchTensor DotProducts(TorchTensor candidates)
    {
        const int FewCandidates = 8;
        var vectors = candidates.Value;
        if (vectors.dim() == 2)
            return new(nn.functional.linear(Value, vectors));
        if (vectors.shape[1] > FewCandidates && Value.shape[1] > 1)
            return new(Value.bmm(vectors.transpose(1, 2)));
        return new(DotProductsFunction.CanRun(Value, vectors) ? DotProductsFunction.Run(Value, vectors) : Value.unsqueeze(2).mul(vectors.unsqueeze(1)).sum(3));
    }

    public TorchTensor Gather(TorchTensor indices)
    {
        var rows = Value.index_select(0, indices.Value.reshape(-1));
        return new(indices.Value.dim() == 1 ? rows : rows.view([.. indices.Value.shape, .. Value.shape[1..]]));
    }

    public TorchTensor LayerNorm(TorchTensor scale, TorchTensor shift, double epsilon)
    {
        int width = scale.Width ?? (int)scale.Value.shape[0];
        if (Value.HasSpan())
            return new(LayerNormFunction.Run(Value, scale.Value, shift.Value, epsilon, width));
        if (width == scale.Value.shape[0])
            return new(nn.functional.layer_norm(Value, [width], scale.Value, shift.Value, epsilon));
        var normal = nn.functional.layer_norm(Value.narrow(-1, 0, width), [width], scale.Value.narrow(0, 0, width), shift.Value.narrow(0, 0, width), epsilon);
        return new(nn.functional.pad(normal, [0, scale.Value.shape[0] - width]));
    }

    public static TorchTensor CausalAttention(TorchTensor query, TorchTensor key, TorchTensor value, AttentionSettings<TorchTensor> settings)
    {
        var attention = new Attention(settings, key.Value);
        // one view where keys are the values, so that both gradients meet in it
        var keys = attention.SplitHeads(key.Value);
        var values = ReferenceEquals(key.Value, value.Value) ? keys : attention.SplitHeads(value.Value);
        return new(attention.JoinHeads(attention.Run(attention.SplitHeads(query.Value), keys, values), query.Value.shape));
    }

    public static (TorchTensor Mixed, TorchTensor WeightSums) CausalAttentionWithSums(
        TorchTensor query, TorchTensor key, TorchTensor value, AttentionSettings<TorchTensor> settings)
    {
        var (mixed, sums) = new Attention(settings, key.Value).RunWithSums(query.Value, key.Value, value.Value);
        return (new(mixed), new(sums));
    }

    public static TorchTensor SigmoidShares(TorchTensor stateParts, TorchTensor candidateParts)
    {
        var candidates = candidateParts.Value.dim() == 2 ? candidateParts.Value.unsqueeze(1) : candidateParts.Value;
        return new(stateParts.Value.unsqueeze(2).add(candidates, Scalars.One).log_sigmoid().softmax(1));
    }

    public static TorchTensor? FuseProjections(TorchTensor states, TorchTensor parts, TorchTensor weight)
        => states.Value.HasSpan() ? new(FuseProjectionsFunction.Run(states.Value, parts.Value, weight.Value)) : null;

    public static TorchTensor Scan(TorchTensor initial, TorchTensor[] steps, Func<TorchTensor, TorchTensor[], TorchTensor> cell)
    {
        // unbound, so that a gradient is put together once and not at every step
        var unbound = Array.ConvertAll(steps, step => step.Value.unbind(1));
        var states = new Tensor[unbound[0].Length];
        var state = initial;
        for (int i = 0; i < states.Length; i++)
        {
            state = cell(state, Array.ConvertAll(unbound, step => new TorchTensor(step[i])));
            states[i] = state.Value;
        }

        return new(stack(states, 1));
    }

    private static Tensor[] Values(ReadOnlySpan<TorchTensor> tensors)
    {
        var values = new Tensor[tensors.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = tensors[i].Value;
        return values;
    }

    /// <summary>Attention over [b · heads, w, d / heads].</summary>
    private sealed class Attention(AttentionSettings<TorchTensor> settings, Tensor key)
    {
        private readonly long _heads = settings.HeadCount, _length = key.shape[1];
        private readonly Tensor? _factors = settings.Groups is { } groups ? Factors(groups.Value, settings, key.dtype) : null;

        public (Tensor Mixed, Tensor WeightSums) RunWithSums(Tensor query, Tensor keys, Tensor values)
        {
            if (IsFast(query, keys))
                return AttentionFunction.RunWithSums(query, keys, values, _factors, settings.Dropout as IDropoutMasks);
            // what the weights make of a further value that is 1 everywhere
            long width = values.shape[^1];
            var mixed = Run(query, keys, cat([values, ones_like(values.narrow(-1, 0, 1))], -1));
            return (mixed.narrow(-1, 0, width), mixed.narrow(-1, width, 1));
        }

        public Tensor Run(Tensor query, Tensor keys, Tensor values)
        {
            if (IsFast(query, keys))
                return AttentionFunction.Run(query, keys, values, _factors, settings.Dropout as IDropoutMasks);
            var mask = settings.Newest is { } newest ? NewestMask(newest.Value, key, settings.HeadCount)
                : full(_length, _length, Scalars.Of(double.NegativeInfinity), dtype: key.dtype, device: key.device).triu_(1);
            if (_length <= AttentionFunction.LongestStretch || settings.Newest is not null)
                return Mix(query, keys, values, mask, _factors);

            // Nothing sees what comes after it: stretches of queries need only the keys up to their own end, five eighths of all in four. The last comes
            // first, and each takes its keys out of those of the one after it, so that gradients are added to no more rows than they have.
            var queries = query.split((_length + AttentionFunction.Stretches - 1) / AttentionFunction.Stretches, 1);
            var mixed = new Tensor[queries.Length];
            for (int i = queries.Length - 1; i >= 0; i--)
            {
                long end = keys.shape[1], count = queries[i].shape[1], start = end - count;
                mixed[i] = Mix(queries[i], keys, values, mask.narrow(0, start, count).narrow(1, 0, end),
                    _factors?.narrow(1, start, count).narrow(2, 0, end));
                if (i == 0)
                    break;
                bool isShared = ReferenceEquals(keys, values);
                keys = keys.narrow(1, 0, start);
                values = isShared ? keys : values.narrow(1, 0, start);
            }

            return cat(mixed, 1);
        }

        // [b, w, d] → [b · heads, w, d / heads]
        public Tensor SplitHeads(Tensor values)
        {
            if (_heads == 1)
                return values;
            long batch = values.shape[0], length = values.shape[1], width = values.shape[2] / _heads;
            return values.view(batch, length, _heads, width).transpose(1, 2).reshape(batch * _heads, length, width);
        }

        public Tensor JoinHeads(Tensor values, long[] shape)
            => _heads == 1 ? values : values.view(shape[0], _heads, shape[1], shape[2] / _heads).transpose(1, 2).reshape(shape);

        // whether AttentionFunction does it in one operation
        private bool IsFast(Tensor query, Tensor keys)
            => settings.Newest is null && AttentionFunction.CanRun(query, keys) && settings.Dropout is null or IDropoutMasks;

        // softmax(mask + q·kᵀ)·v
        private Tensor Mix(Tensor query, Tensor keys, Tensor values, Tensor mask, Tensor? factors)
        {
            var weights = query.bmm(keys.transpose(1, 2)).add_(mask, Scalars.One).softmax(-1);
            if (settings.Dropout is { } dropout)
                weights = dropout.Dropout(new(weights)).Value;
            return Scale(weights, factors).bmm(values);
        }

        // the same factors for every head
        private Tensor Scale(Tensor weights, Tensor? factors)
        {
            if (factors is null || _heads == 1)
                return factors is null ? weights : weights.mul(factors);
            var shape = weights.shape;
            return weights.view(-1, _heads, shape[1], shape[2]).mul(factors.unsqueeze(1)).view(shape);
        }

        // [b · heads, 1, w]: −∞ behind the newest place
        private static Tensor NewestMask(Tensor newest, Tensor key, long heads)
        {
            var places = Scalars.Range(0, key.shape[1], key.device).view(1, 1, -1);
            var isBehind = places.gt(newest.view(-1, 1, 1)).repeat_interleave(heads, 0);
            return zeros(isBehind.shape, dtype: key.dtype, device: key.device).masked_fill_(isBehind, Scalars.Of(double.NegativeInfinity));
        }

        // [b, w or 1, w] by query and key
        private static Tensor Factors(Tensor groups, AttentionSettings<TorchTensor> settings, ScalarType type)
        {
            using var noGradient = no_grad();
            var ofQueries = settings.QueryGroups?.Value ?? groups;
            if (settings.Newest is { } newest)
                ofQueries = ofQueries.gather(1, newest.Value.view(-1, 1));
            return ofQueries.unsqueeze(2).eq(groups.unsqueeze(1)).to(type)
                .mul_(Scalars.Of(settings.SameGroup - settings.OtherGroup)).add_(Scalars.Of(settings.OtherGroup), Scalars.One);
        }
    }
}
