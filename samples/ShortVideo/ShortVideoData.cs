using Microsoft.ML;
using Microsoft.ML.NegativeFeedback;

namespace ShortVideo;

/// <summary>A labelled log of short-video views and its split.</summary>
internal sealed record ShortVideoData(string Name, IDataView Log, LeaveLastOutData Split)
{
    /// <summary>N of N-core filtering (section 5.1.1 of the paper).</summary>
    private const int Core = 10;

    public static ShortVideoData Load(Arguments arguments)
    {
        var ml = new MLContext(seed: 1);
        var (name, views) = arguments.DataFolder is { } folder
            // without its duration nothing tells whether a video was watched over half
            ? ("KuaiRand", ml.Data.FilterRowsByColumn(ml.Data.LoadKuaiRand(LogIn(folder)), "DurationSeconds", lowerBound: float.Epsilon))
            : ($"feed of {arguments.Users} users", ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = arguments.Users }));
        var log = ml.Data.FilterCore(ml.Transforms.LabelFeedback(FeedbackRule.WatchTime()).Fit(views).Transform(views), Core, Core);
        return new ShortVideoData(name, log, ml.Data.LeaveLastOut(log));
    }

    // the folder of the subset holds features of users as well
    private static string LogIn(string folder) => Directory.Exists(folder) && Directory.GetFiles(folder, "*.tsv") is [var log] ? log : folder;

    public override string ToString() => string.Create(Lines.Culture, $"""
        {Name}: {Split.Counts.Users:N0} users, {Split.Counts.Items:N0} videos, {Split.Counts.Rows:N0} users with three liked videos
        training: {Split.Counts.TrainInteractions:N0} views, {Split.Counts.TrainPositives:N0} liked, {Split.Counts.TrainNegatives:N0} skipped
        skips to rank: validation {Split.Counts.ValidationNegatives:N0} of {Split.Counts.ValidationRowsWithNegatives:N0} users, test {Split.Counts.TestNegatives:N0} of {Split.Counts.TestRowsWithNegatives:N0} users
        """);
}
