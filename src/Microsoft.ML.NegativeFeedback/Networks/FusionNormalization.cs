namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// How SINE turns the fusion layer's output w·[e_i; õ_k] + b into the weights γ_k of the K sub-interests in the score of an item.
/// Either way they are positive and sum to 1.
/// </summary>
public enum FusionNormalization
{
    /// <summary>γ_k = σ(·)_k / Σ_j σ(·)_j, as the text of the paper has it (eq. 12 and 13): the weights differ from item to item.</summary>
    Sum,

    /// <summary>
    /// The softmax over k of the layer's output itself, as the published code has it. What the output owes to the item and the bias is the
    /// same for every k and cancels: the weights differ from history to history, not from item to item.
    /// </summary>
    Softmax,
}
