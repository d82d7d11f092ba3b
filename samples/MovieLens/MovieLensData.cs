using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;

namespace MovieLens;

/// <summary>The log of a folder, labelled and split as published.</summary>
internal sealed class MovieLensData
{
    private readonly string _folder;

    public MovieLensData(MLContext ml, string folder)
    {
        _folder = folder;
        IDataView log = ml.Data.LoadMovieLens(folder);
        Split = ml.Data.TemporalSplit(ml.Transforms.LabelFeedback(FeedbackRule.RatingMedian()).Fit(log).Transform(log), new TemporalSplitOptions
        {
            // the published users where their lists lie beside the ratings; drawn by the context's seed where they do not
            TestUsers = ReadUsers("pnfrec_test_users.txt"),
            ValidationUsers = ReadUsers("pnfrec_validation_users.txt"),
        });
        Users = ml.Transforms.WindowSequences().Fit(Split.TrainSet).Transform(Split.TrainSet);
    }

    public TemporalSplitData Split { get; }

    /// <summary>A row a user, to train on.</summary>
    public IDataView Users { get; }

    /// <summary>Films that a model knows.</summary>
    public int ItemCount => (int)Split.Catalogue.GetRowCount()!;

    /// <summary>Trains a model; it takes and gives ids of films.</summary>
    public TransformerChain<ITransformer> Train(MLContext ml, TrainingChoice choice, IProgress<TrainingProgress> progress, CancellationToken cancellation)
        // every film of the log is a class of the cross entropy, as in the published code, also the 294 that training has no rating of
        => ml.Transforms.Conversion.MapValueToKey("Items", keyData: Split.Catalogue)
            .Append(PublishedModel.Create(ml, choice, Split.ValidationSet, progress, cancellation))
            .Append<ITransformer>(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
            .Fit(Users);

    /// <summary>The counts of the split in the words of the paper's protocol.</summary>
    public string Describe()
    {
        var counts = Split.Counts;
        return FormattableString.Invariant($"""
            kept:      {counts.Interactions:N0} ratings of {counts.Users:N0} users and {counts.Items:N0} items
            training:  {counts.TrainInteractions:N0} ratings before {counts.Boundary} of {counts.TrainUsers:N0} users and {counts.TrainItems:N0} items, {counts.TrainPositives:N0} positive, {counts.TrainNegatives:N0} negative
            held out:  {counts.HeldOutInteractions:N0} ratings of {counts.HeldOutUsers:N0} known users; test {counts.TestInteractions:N0}, validation {counts.ValidationInteractions:N0}
            evaluated: {counts.TestRowsWithPositiveTarget:N0} test users with a positive and {counts.TestRowsWithNegativeTarget:N0} with a negative ground truth, {counts.ValidationRows:N0} validation users
            """);
    }

    private string[]? ReadUsers(string file)
    {
        string path = Path.Combine(_folder, file);
        return File.Exists(path) ? File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : null;
    }
}
