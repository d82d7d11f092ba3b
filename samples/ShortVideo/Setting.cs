namespace ShortVideo;

/// <summary>
/// What is tuned for every model, the same grid for all; everything else is equal for all of them (<see cref="Models"/>). The first learning rate is the one that
/// the paper found best (section 5.4.2); a slower one with more dropout than need be is left out, for its time.
/// </summary>
internal readonly record struct Setting(double LearningRate, double DropoutRate)
{
    public static readonly Setting Default = new(0.003, 0.2);

    public static readonly IReadOnlyList<Setting> Grid = [new(0.003, 0.2), new(0.003, 0.5), new(0.001, 0.2)];

    public override string ToString() => string.Create(ResultFile.Culture, $"learning rate {LearningRate}, dropout {DropoutRate}");
}
