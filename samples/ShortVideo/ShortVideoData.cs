using Microsoft.ML;
using Microsoft.ML.NegativeFeedback;

namespace ShortVideo;

/// <summary>Labelled views of short videos, and their split.</summary>
internal sealed class ShortVideoData
{
    /// <summary>N of N-core filtering (section 5.1.1 of the paper).</summary>
    private const int Core = 10;

    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _views;
    private readonly FeedbackAnalysisOptions _analysis;

    private ShortVideoData(string name, Func<MLContext, IDataView> load, FeedbackAnalysisOptions analysis)
    {
        var log = load(_ml);
        _views = _ml.Transforms.LabelFeedback(FeedbackRule.WatchTime()).Fit(log).Transform(log);
        (Name, _analysis) = (name, analysis);
    }

    public string Name { get; }

    /// <summary>Of a simulated feed, the share of its sessions whose skips have passing reasons.</summary>
    public double? PassingSkipShare { get; private init; }

    /// <summary>The simulated feed. Its parameters were fixed before any model saw it.</summary>
    public static ShortVideoData OfFeed(int users, double passingSkipShare) => new(NameOfFeed(users, passingSkipShare),
        ml => ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = users, PassingSkipShare = passingSkipShare }),
        new FeedbackAnalysisOptions { CategoryColumnNames = ["Category"] })
    {
        PassingSkipShare = passingSkipShare,
    };

    /// <summary>KuaiRand, less the views of videos whose duration is unknown: nothing tells whether they were watched over half.</summary>
    public static ShortVideoData OfKuaiRand(string folder) => new("KuaiRand",
        ml => ml.Data.FilterRowsByColumn(ml.Data.LoadKuaiRand(LogIn(folder)), "DurationSeconds", lowerBound: float.Epsilon),
        new FeedbackAnalysisOptions { ActiveNegativeColumnName = "Hate" });

    /// <summary>The analysis of section 2, of all views.</summary>
    public FeedbackAnalysis Analyze() => _ml.Data.AnalyzeFeedback(_views, _analysis);

    /// <summary>The split of section 5.1, of the N-core.</summary>
    public LeaveLastOutData Split() => _ml.Data.LeaveLastOut(_ml.Data.FilterCore(_views, Core, Core));

    // without moods the feed keeps the name that results have had before there were any
    private static string NameOfFeed(int users, double passingSkipShare)
        => $"feed of {users} users" + (passingSkipShare == 0 ? "" : string.Create(ResultFile.Culture, $" with moods in {passingSkipShare} of the sessions"));

    // the folder of the subset holds features of users as well
    private static string LogIn(string folder) => Directory.Exists(folder) && Directory.GetFiles(folder, "*.tsv") is [var log] ? log : folder;
}
