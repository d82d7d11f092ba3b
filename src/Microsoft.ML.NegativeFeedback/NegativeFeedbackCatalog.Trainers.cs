using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Scoring;

namespace Microsoft.ML;

// the trainers of mlContext.Recommendation()
public static partial class NegativeFeedbackCatalog
{
    /// <summary>
    /// Trains PNFRec (RecSys '25): two self-attention encoders over liked and disliked items with one item table, which learn to foresee the next of each
    /// and to tell them apart; recommends by the encoder of the liked ones.
    /// </summary>
    /// <param name="catalog">The trainers of <c>mlContext.Recommendation()</c>.</param>
    /// <param name="itemsColumnName">The items of a history: a vector of keys.</param>
    /// <param name="feedbackColumnName">The feedback beside them: a vector of Single.</param>
    /// <param name="negativeWeight">α: weight of the cross entropy of the next disliked item; at least 0.</param>
    /// <param name="contrastiveWeight">β: weight of the contrast between the next liked and the disliked items; at least 0.</param>
    /// <param name="numberOfRecommendations">k: items recommended to a row.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <remarks>Columns, characteristics and the algorithm: <see cref="PnfRecTrainer"/>.</remarks>
    /// <example>
    /// <code>
    /// var model = ml.Transforms.Conversion.MapValueToKey("Items")
    ///     .Append(ml.Recommendation().Trainers.PnfRec(negativeWeight: 0.45, contrastiveWeight: 0.25, numberOfRecommendations: 20))
    ///     .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
    ///     .Fit(users);
    /// </code>
    /// </example>
    public static PnfRecTrainer PnfRec(
        this RecommendationCatalog.RecommendationTrainers catalog,
        string itemsColumnName = "Items",
        string feedbackColumnName = "Feedback",
        double negativeWeight = 0.45,
        double contrastiveWeight = 0.25,
        int numberOfRecommendations = 10)
        => new(CatalogEnvironment.Of(catalog), new PnfRecTrainer.Options
        {
            ItemsColumnName = itemsColumnName,
            FeedbackColumnName = feedbackColumnName,
            NegativeWeight = negativeWeight,
            ContrastiveWeight = contrastiveWeight,
            NumberOfRecommendations = numberOfRecommendations,
        });

    /// <summary>Trains PNFRec (RecSys '25) with all its options.</summary>
    /// <param name="catalog">The trainers of <c>mlContext.Recommendation()</c>.</param>
    /// <param name="options">Columns, network, losses and training.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <remarks>Columns, characteristics, the algorithm and an example: <see cref="PnfRecTrainer"/>.</remarks>
    public static PnfRecTrainer PnfRec(this RecommendationCatalog.RecommendationTrainers catalog, PnfRecTrainer.Options options)
        => new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Trains SASRec (Kang and McAuley 2018) with cross entropy over the whole catalogue, the baseline of PNFRec.</summary>
    /// <param name="catalog">The trainers of <c>mlContext.Recommendation()</c>.</param>
    /// <param name="itemsColumnName">The items of a history: a vector of keys.</param>
    /// <param name="feedbackColumnName">The feedback beside them: a vector of Single.</param>
    /// <param name="variant">What it reads: the liked items alone, every item, or every item with a contrast to the disliked.</param>
    /// <param name="numberOfRecommendations">k: items recommended to a row.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <remarks>Columns, characteristics and the algorithm: <see cref="SasRecTrainer"/>.</remarks>
    /// <example>
    /// <code>
    /// var model = ml.Transforms.Conversion.MapValueToKey("Items")
    ///     .Append(ml.Recommendation().Trainers.SasRec(variant: SasRecVariant.PositiveItems))
    ///     .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
    ///     .Fit(users);
    /// </code>
    /// </example>
    public static SasRecTrainer SasRec(
        this RecommendationCatalog.RecommendationTrainers catalog,
        string itemsColumnName = "Items",
        string feedbackColumnName = "Feedback",
        SasRecVariant variant = SasRecVariant.PositiveItems,
        int numberOfRecommendations = 10)
        => new(CatalogEnvironment.Of(catalog), new SasRecTrainer.Options
        {
            ItemsColumnName = itemsColumnName,
            FeedbackColumnName = feedbackColumnName,
            Variant = variant,
            NumberOfRecommendations = numberOfRecommendations,
        });

    /// <summary>Trains SASRec with all its options.</summary>
    /// <param name="catalog">The trainers of <c>mlContext.Recommendation()</c>.</param>
    /// <param name="options">Columns, network and training.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <remarks>Columns, characteristics, the algorithm and an example: <see cref="SasRecTrainer"/>.</remarks>
    public static SasRecTrainer SasRec(this RecommendationCatalog.RecommendationTrainers catalog, SasRecTrainer.Options options)
        => new(CatalogEnvironment.Of(catalog), options);

    /// <summary>
    /// Trains SINE (RecSys '23): sub-interest prototypes that skips tell apart, attention that heeds them, and their fusion by the candidate. (RecBole's SINE is another
    /// model, Sparse-Interest Network, WSDM '21.)
    /// </summary>
    /// <param name="catalog">The trainers of <c>mlContext.Recommendation()</c>.</param>
    /// <param name="itemsColumnName">The items of a history: a vector of keys.</param>
    /// <param name="feedbackColumnName">The feedback beside them: a vector of Single.</param>
    /// <param name="candidatesColumnName">Candidates to score instead of recommending from the whole catalogue: a vector of keys; null for none.</param>
    /// <param name="numberOfSubInterests">K: sub-interests; at least 2.</param>
    /// <param name="numberOfRecommendations">k: items recommended to a row.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <remarks>Columns, characteristics and the algorithm: <see cref="SineTrainer"/>.</remarks>
    /// <example>
    /// <code>
    /// var model = ml.Transforms.Conversion.MapValueToKey("Items")
    ///     .Append(ml.Recommendation().Trainers.Sine(numberOfSubInterests: 3))
    ///     .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
    ///     .Fit(users);
    /// </code>
    /// </example>
    public static SineTrainer Sine(
        this RecommendationCatalog.RecommendationTrainers catalog,
        string itemsColumnName = "Items",
        string feedbackColumnName = "Feedback",
        string? candidatesColumnName = null,
        int numberOfSubInterests = 2,
        int numberOfRecommendations = 10)
        => new(CatalogEnvironment.Of(catalog), new SineTrainer.Options
        {
            ItemsColumnName = itemsColumnName,
            FeedbackColumnName = feedbackColumnName,
            CandidatesColumnName = candidatesColumnName,
            NumberOfSubInterests = numberOfSubInterests,
            NumberOfRecommendations = numberOfRecommendations,
        });

    /// <summary>Trains SINE (RecSys '23) with all its options.</summary>
    /// <param name="catalog">The trainers of <c>mlContext.Recommendation()</c>.</param>
    /// <param name="options">Columns, network, losses, sampling and training.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <remarks>Columns, characteristics, the algorithm and an example: <see cref="SineTrainer"/>.</remarks>
    public static SineTrainer Sine(this RecommendationCatalog.RecommendationTrainers catalog, SineTrainer.Options options)
        => new(CatalogEnvironment.Of(catalog), options);

    /// <summary>Trains one of the networks that SINE is compared with (RecSys '23, section 5.1.3), pairwise as SINE is.</summary>
    /// <param name="catalog">The trainers of <c>mlContext.Recommendation()</c>.</param>
    /// <param name="network">Which of them.</param>
    /// <param name="itemsColumnName">The items of a history: a vector of keys.</param>
    /// <param name="feedbackColumnName">The feedback beside them: a vector of Single.</param>
    /// <param name="candidatesColumnName">
    /// Candidates to score instead of recommending from the whole catalogue: a vector of keys; null for none. <see cref="BaselineNetwork.Din"/>, <see cref="BaselineNetwork.Dien"/> and
    /// <see cref="BaselineNetwork.SliRec"/> need it.
    /// </param>
    /// <param name="numberOfRecommendations">k: items recommended to a row.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <remarks>Columns, characteristics and the algorithm: <see cref="BaselineTrainer"/>.</remarks>
    /// <example>
    /// <code>
    /// var model = ml.Transforms.Conversion.MapValueToKey("Items")
    ///     .Append(ml.Recommendation().Trainers.Baseline(BaselineNetwork.Gru4Rec))
    ///     .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
    ///     .Fit(users);
    /// </code>
    /// </example>
    public static BaselineTrainer Baseline(
        this RecommendationCatalog.RecommendationTrainers catalog,
        BaselineNetwork network,
        string itemsColumnName = "Items",
        string feedbackColumnName = "Feedback",
        string? candidatesColumnName = null,
        int numberOfRecommendations = 10)
        => new(CatalogEnvironment.Of(catalog), new BaselineTrainer.Options
        {
            Network = network,
            ItemsColumnName = itemsColumnName,
            FeedbackColumnName = feedbackColumnName,
            CandidatesColumnName = candidatesColumnName,
            NumberOfRecommendations = numberOfRecommendations,
        });

    /// <summary>Trains one of the networks that SINE is compared with (RecSys '23, section 5.1.3), with all its options.</summary>
    /// <param name="catalog">The trainers of <c>mlContext.Recommendation()</c>.</param>
    /// <param name="options">Network, columns, sampling and training.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <remarks>Columns, characteristics, the algorithm and an example: <see cref="BaselineTrainer"/>.</remarks>
    public static BaselineTrainer Baseline(this RecommendationCatalog.RecommendationTrainers catalog, BaselineTrainer.Options options)
        => new(CatalogEnvironment.Of(catalog), options);

    /// <summary>
    /// Trains the multi-feedback ranker (CIKM '23): it foretells how likely each candidate is watched longer than by most others (EVV, FVV) or skipped (GVV), and ranks by a weighted sum.
    /// </summary>
    /// <param name="catalog">The trainers of <c>mlContext.Recommendation()</c>.</param>
    /// <param name="itemsColumnName">The items of a history: a vector of keys.</param>
    /// <param name="feedbackColumnName">The feedback beside them: a vector of Single.</param>
    /// <param name="flagsColumnName">The kinds of feedback beside them: a vector of Single with three values an item.</param>
    /// <param name="candidatesColumnName">The candidates to rank: a vector of keys.</param>
    /// <param name="numberOfRecommendations">L: how many of the candidates are ranked on top.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <remarks>Columns, characteristics and the algorithm: <see cref="MultiFeedbackTrainer"/>.</remarks>
    /// <example>
    /// <code>
    /// IDataView flagged = ml.Transforms.LabelWatchFeedback("Flags").Fit(labelled).Transform(labelled);
    /// var views = ml.Data.LeaveLastOut(flagged, new LeaveLastOutOptions { NumberOfLastViews = 5, SequenceColumnNames = ["Flags"] });
    /// var model = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: views.Catalogue)
    ///     .Append(ml.Recommendation().Trainers.MultiFeedback())
    ///     .Fit(views.TrainSet);
    /// </code>
    /// </example>
    public static MultiFeedbackTrainer MultiFeedback(
        this RecommendationCatalog.RecommendationTrainers catalog,
        string itemsColumnName = "Items",
        string feedbackColumnName = "Feedback",
        string flagsColumnName = "Flags",
        string candidatesColumnName = "Candidates",
        int numberOfRecommendations = 10)
        => new(CatalogEnvironment.Of(catalog), new MultiFeedbackTrainer.Options
        {
            ItemsColumnName = itemsColumnName,
            FeedbackColumnName = feedbackColumnName,
            FlagsColumnName = flagsColumnName,
            CandidatesColumnName = candidatesColumnName,
            NumberOfRecommendations = numberOfRecommendations,
        });

    /// <summary>Trains the multi-feedback ranker (CIKM '23) with all its options.</summary>
    /// <param name="catalog">The trainers of <c>mlContext.Recommendation()</c>.</param>
    /// <param name="options">Columns, features, network, losses, fusion and training.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <remarks>Columns, characteristics, the algorithm and an example: <see cref="MultiFeedbackTrainer"/>.</remarks>
    public static MultiFeedbackTrainer MultiFeedback(this RecommendationCatalog.RecommendationTrainers catalog, MultiFeedbackTrainer.Options options)
        => new(CatalogEnvironment.Of(catalog), options);

    /// <summary>
    /// Scores a loaded model in batches. <c>ml.Model.Load</c> gives a trained model back as ML.NET's own transformers, which score one row a run; here the steps that were saved of it become a
    /// <see cref="NextItemTransformer"/> again, with the same columns and the same results, wherever it stands in the chain.
    /// </summary>
    /// <param name="catalog">The recommendation catalog of an <see cref="MLContext"/>, whose <c>GpuDeviceId</c> and <c>FallbackToCpu</c> say where it runs.</param>
    /// <param name="model">What <c>ml.Model.Load</c> gave: a trained model alone or a chain with one, saved by this version of the library or a former one.</param>
    /// <returns>
    /// The chain. Its other steps are those of <paramref name="model"/>; that may be disposed of, which frees its own session, and the chain by itself. Of a model that ranks given candidates the items are those of the rows'
    /// columns, which must be mapped as in training: the file has no list of them.
    /// </returns>
    /// <exception cref="ArgumentException">There is no trained model of this library in it.</exception>
    /// <exception cref="InvalidDataException">There is one that no version up to this one has written so, or its file was damaged.</exception>
    /// <exception cref="InvalidOperationException">The GPU cannot be used and the CPU is not allowed to take over.</exception>
    /// <example>
    /// <code>
    /// var model = ml.Recommendation().ScoreInBatches(ml.Model.Load("recommend.zip", out _));
    /// IDataView recommended = model.Transform(histories);
    /// </code>
    /// </example>
    public static TransformerChain<ITransformer> ScoreInBatches(this RecommendationCatalog catalog, ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return LoadedModel.InBatches(CatalogEnvironment.Of(catalog), model);
    }
}
