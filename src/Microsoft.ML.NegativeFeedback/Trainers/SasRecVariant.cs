namespace Microsoft.ML.NegativeFeedback;

/// <summary>Which of the SASRec baselines of PNFRec (RecSys '25, section 4.2.1) a <see cref="SasRecTrainer"/> trains.</summary>
public enum SasRecVariant
{
    /// <summary>SASRec_p: reads and foresees the liked items alone.</summary>
    PositiveItems,

    /// <summary>SASRec: reads and foresees every item of the history, whatever its feedback.</summary>
    WholeSequence,

    /// <summary>
    /// SASRec_c: as <see cref="WholeSequence"/>, with an InfoNCE term that draws a position to the next liked item and away from the disliked ones
    /// (Seshadri, Shashaani and Knees, RecSys '24).
    /// </summary>
    Contrastive,
}
