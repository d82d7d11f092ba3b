using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>Small random histories in which the next item depends on the one before it, so that there is something to learn.</summary>
internal static class RandomSequences
{
    public static SequenceData Create(int rows, int itemCount, int longest, long seed, double negativeShare = 0.4, bool withTargets = false, double neitherShare = 0)
    {
        var builder = new SequenceDataBuilder(itemCount, withTargets);
        for (int row = 0; row < rows; row++)
        {
            var random = CounterRandom.Of(seed, row);
            uint draw = 0;
            int length = 2 + random.Below(longest - 1, draw++);
            var (items, feedback) = (new int[length], new sbyte[length]);
            int next = 1 + random.Below(itemCount, draw++);
            for (int i = 0; i < length; i++)
            {
                items[i] = next;
                double kind = random.Uniform(draw++);
                feedback[i] = kind < negativeShare ? (sbyte)-1 : kind < negativeShare + neitherShare ? (sbyte)0 : (sbyte)1;
                next = Successor(next, itemCount, random.Below(3, draw++));
            }

            builder.AddRow(items, feedback);
            if (withTargets)
                builder.AddTarget(next, 1);
        }

        return builder.Build();
    }

    private static int Successor(int item, int itemCount, int step) => 1 + ((item + step) % itemCount);
}
