using System.Globalization;
using Microsoft.ML.NegativeFeedback;

namespace MovieLens;

/// <summary>The counts of the split in the words of the paper's protocol.</summary>
internal static class Report
{
    public static string Of(TemporalSplitCounts counts) => string.Create(CultureInfo.InvariantCulture, $"""
        kept:      {counts.Interactions:N0} ratings of {counts.Users:N0} users and {counts.Items:N0} items
        training:  {counts.TrainInteractions:N0} ratings before {counts.Boundary} of {counts.TrainUsers:N0} users and {counts.TrainItems:N0} items, {counts.TrainPositives:N0} positive, {counts.TrainNegatives:N0} negative
        held out:  {counts.HeldOutInteractions:N0} ratings of {counts.HeldOutUsers:N0} known users; test {counts.TestInteractions:N0}, validation {counts.ValidationInteractions:N0}
        evaluated: {counts.TestRowsWithPositiveTarget:N0} test users with a positive and {counts.TestRowsWithNegativeTarget:N0} with a negative ground truth, {counts.ValidationRows:N0} validation users
        """);
}
