namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// The algebra that networks are written in, once: <see cref="TorchTensor"/> computes and differentiates, <see cref="GraphTensor"/> writes the same operations as
/// nodes of an ONNX graph. Values are Single, Int64 or Boolean; binary operations broadcast as NumPy's do; axes count from the front, or from the back below 0.
/// </summary>
/// <remarks>
/// Batch and length are not known while a graph is written, so that nothing in here tells or takes them: where a size is given, it is one that the network knows,
/// and 0 and −1 in <see cref="Reshape"/> stand for the rest.
/// </remarks>
/// <typeparam name="TSelf">The backend, a struct, so that calls cost what direct ones do.</typeparam>
internal interface ITensor<TSelf>
    where TSelf : struct, ITensor<TSelf>
{
    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator /(TSelf left, TSelf right);

    static abstract TSelf operator +(TSelf left, double right);

    static abstract TSelf operator *(TSelf left, double right);

    /// <summary>x + factor · other.</summary>
    TSelf PlusTimes(TSelf other, double factor);

    /// <summary>1 / x.</summary>
    TSelf Reciprocal();

    TSelf Exp();

    /// <summary>The natural logarithm.</summary>
    TSelf Log();

    TSelf Tanh();

    /// <summary>σ(x) = 1 / (1 + e⁻ˣ), to 1e-7 of 1 (not of its value, where that is small).</summary>
    TSelf Sigmoid();

    /// <summary>ln σ(x), without overflow.</summary>
    TSelf LogSigmoid();

    /// <summary>max(x, 0).</summary>
    TSelf Relu();

    /// <summary>e^x / Σ e^x along an axis.</summary>
    TSelf Softmax(int axis);

    /// <summary>x between bounds.</summary>
    TSelf Clamp(double lowest, double highest);

    /// <summary>Boolean: where both are the same.</summary>
    TSelf EqualTo(TSelf other);

    /// <summary>Boolean, of Int64: x &gt; a number.</summary>
    TSelf IsAbove(long number);

    /// <summary>Boolean: x ≤ other.</summary>
    TSelf IsAtMost(TSelf other);

    /// <summary>Of Boolean: one value where it holds, another elsewhere.</summary>
    TSelf Where(TSelf whenTrue, TSelf whenFalse);

    /// <summary>Of Boolean or Int64: as Single, true as 1.</summary>
    TSelf ToSingle();

    /// <summary>The same values without a gradient.</summary>
    TSelf Detach();

    /// <summary>Another shape; a size of 0 keeps that of the value there, one size of −1 is what is left.</summary>
    TSelf Reshape(params ReadOnlySpan<long> shape);

    /// <summary>The axes in another order.</summary>
    TSelf Permute(params ReadOnlySpan<int> axes);

    /// <summary>A new axis of size 1.</summary>
    TSelf Unsqueeze(int axis);

    /// <summary>Without an axis of size 1.</summary>
    TSelf Squeeze(int axis);

    /// <summary>The stretch [start, end) of an axis; below 0 both count from its end.</summary>
    TSelf Slice(int axis, long start, long end = long.MaxValue);

    /// <summary>Zeros before and behind what an axis holds.</summary>
    TSelf Pad(int axis, long before, long behind);

    /// <summary>Values beside each other along an axis that they have.</summary>
    static abstract TSelf Concat(int axis, params ReadOnlySpan<TSelf> values);

    /// <summary>0, 1, … Int64 [n], n the size of an axis.</summary>
    TSelf RangeOf(int axis);

    TSelf Sum(int axis, bool keepAxis = false);

    TSelf Maximum(int axis, bool keepAxis = false);

    /// <summary>Int64: where along an axis, which goes, the largest value is; the first among equals.</summary>
    TSelf ArgMaximum(int axis);

    /// <summary>The sums of what an axis holds up to each place.</summary>
    TSelf CumulativeSum(int axis);

    /// <summary>The product of matrices [.., n, m]·[.., m, p], or of many with one.</summary>
    TSelf MatMul(TSelf other);

    /// <summary>x·Wᵀ + b: [.., in], W [out, in], b [out] → [.., out].</summary>
    TSelf Linear(TSelf weight, TSelf? bias = null);

    /// <summary>What each of K vectors of a row makes of each candidate: [n, K, d] with candidates [n, c, d] of the row or [c, d] of all → [n, K, c].</summary>
    TSelf DotProducts(TSelf candidates);

    /// <summary>Rows of a table by number: [rows, d] with Int64 […] → […, d].</summary>
    TSelf Gather(TSelf indices);

    /// <summary>(x − mean) / √(variance + ε)·scale + shift along the last axis.</summary>
    TSelf LayerNorm(TSelf scale, TSelf shift, double epsilon);

    /// <summary>Causal attention, softmax(q·kᵀ)·v in every head: no query attends to what comes after it.</summary>
    /// <param name="query">[b, w, d], scaled; or [b, 1, d] with <see cref="AttentionSettings{T}.Newest"/>.</param>
    /// <param name="key">[b, w, d].</param>
    /// <param name="value">[b, w, d].</param>
    /// <param name="settings">Heads, and what else there is.</param>
    /// <returns>[b, w or 1, d].</returns>
    static abstract TSelf CausalAttention(TSelf query, TSelf key, TSelf value, AttentionSettings<TSelf> settings);

    /// <summary>The same in one head, and beside it what a query's weights add up to: 1 before <see cref="AttentionSettings{T}.Groups"/> and dropout.</summary>
    /// <param name="query">[b, w, d] or [b, 1, d], as in <see cref="CausalAttention"/>.</param>
    /// <param name="key">[b, w, d].</param>
    /// <param name="value">[b, w, d].</param>
    /// <param name="settings">One head, and what else there is.</param>
    /// <returns>[b, w or 1, d] and [b, w or 1, 1].</returns>
    static abstract (TSelf Mixed, TSelf WeightSums) CausalAttentionWithSums(TSelf query, TSelf key, TSelf value, AttentionSettings<TSelf> settings);

    /// <summary>
    /// r / Σ r over the K parts of a row, r = σ(a + c): σ to the bit where it is small, as small values count in a ratio.
    /// </summary>
    /// <param name="stateParts">a [n, K].</param>
    /// <param name="candidateParts">c [n, candidates] of the row, or [candidates] of all.</param>
    /// <returns>[n, K, candidates].</returns>
    static abstract TSelf SigmoidShares(TSelf stateParts, TSelf candidateParts);

    /// <summary>
    /// A fast way, where the backend has one, to fuse projections of a vector, p_k = o + σ(o ∗ z_k) ∗ o, by how far w finds them: Σ γ_k p_k with γ = softmax_k(w·p_k).
    /// </summary>
    /// <param name="states">o [n, d].</param>
    /// <param name="parts">z [K, d].</param>
    /// <param name="weight">w [d, 1].</param>
    /// <returns>[n, d], or null.</returns>
    static virtual TSelf? FuseProjections(TSelf states, TSelf parts, TSelf weight) => null;

    /// <summary>A recurrence along axis 1.</summary>
    /// <param name="initial">The state before the first step, [b, …, d].</param>
    /// <param name="steps">What the steps read, [b, w, …] each.</param>
    /// <param name="cell">State [b, …, d] and a step's values [b, …] → the next state [b, …, d].</param>
    /// <returns>The states after every step, [b, w, …, d].</returns>
    static abstract TSelf Scan(TSelf initial, TSelf[] steps, Func<TSelf, TSelf[], TSelf> cell);
}

/// <summary>How <see cref="ITensor{TSelf}.CausalAttention"/> attends.</summary>
/// <param name="HeadCount">Heads; they divide the width.</param>
/// <param name="Newest">Int64 [b]: the one place of each sequence that a query stands for; null for a query at every place.</param>
/// <param name="Groups">Int64 [b, w]: the group of every place, or null. Weights are multiplied, after the softmax, by what follows.</param>
/// <param name="SameGroup">The factor where query and key are of one group.</param>
/// <param name="OtherGroup">The factor where they are not.</param>
/// <param name="Dropout">What training does to the weights; null for nothing.</param>
/// <param name="QueryGroups">Int64 [b, w]: the groups of the queries where they are not those of the keys; null where they are.</param>
internal sealed record AttentionSettings<T>(
    int HeadCount, T? Newest = null, T? Groups = null, double SameGroup = 1, double OtherGroup = 1, IDropout<T>? Dropout = null, T? QueryGroups = null)
    where T : struct, ITensor<T>;

/// <summary>What training does to values on the way.</summary>
internal interface IDropout<T>
    where T : struct, ITensor<T>
{
    /// <summary>Zeroes a share of the values and scales the others up, in training; does nothing elsewhere.</summary>
    T Dropout(T values);
}
