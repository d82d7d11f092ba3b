using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Tests.AutoML;

/// <summary>What the tests of sweeps share: a feed with liked and disliked targets, and a trainer that takes a fraction of a second.</summary>
internal static class SweepFeed
{
    /// <summary>Options of a trainer that makes two epochs.</summary>
    public static PnfRecTrainer.Options Short
    {
        get
        {
            var options = TrainerTests.Small(new PnfRecTrainer.Options());
            options.MaximumNumberOfEpochs = 2;
            return options;
        }
    }

    /// <summary>Histories of which every third was followed by a disliked item.</summary>
    public static ToyHistory[] Evaluation(int count, int seed)
    {
        var histories = ToyFeed.Histories(count, seed);
        for (int i = 0; i < count; i += 3)
        {
            histories[i].TargetItem = $"disliked{i % ToyFeed.RingSize}";
            histories[i].TargetFeedback = -1;
        }

        return histories;
    }

    /// <summary>Items to keys, and PNFRec with these choices.</summary>
    public static SweepablePipeline Pipeline(MLContext ml, PnfRecTrainer.Options trainer, params (string Name, object[] Choices)[] space)
    {
        var searchSpace = new SearchSpace.SearchSpace();
        foreach (var (name, choices) in space)
            searchSpace.Add(name, new ChoiceOption(choices));
        return ml.Transforms.Conversion.MapValueToKey("Items").Append(ml.Auto().PnfRec(trainer, searchSpace));
    }
}
