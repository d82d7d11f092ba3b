namespace Microsoft.ML.NegativeFeedback;

/// <summary>f, the similarity that a contrastive loss compares vectors by.</summary>
public enum ContrastSimilarity
{
    /// <summary>The dot product, as the published code of PNFRec has it (RecSys '25).</summary>
    Dot,

    /// <summary>The cosine, as the text of the paper has it (section 3.3).</summary>
    Cosine,
}
