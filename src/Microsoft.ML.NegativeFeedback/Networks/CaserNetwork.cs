using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>
/// Caser ("Personalized Top-N Sequential Recommendation via Convolutional Sequence Embedding", Tang and Wang, WSDM '18): the last L liked items as an
/// image [L, d], read by horizontal filters of every height 1 to L, each of which tells its highest answer, and by vertical filters, each a weighted sum of the
/// items; s = relu(W [o; õ] + b), y = s·e. Without the vector of the user that the paper lays beside s, as users are served that training did not know, and with
/// the items' one table.
/// </summary>
internal sealed class CaserNetwork : Network
{
    /// <summary>L, and the filters of each height and those that are vertical, as in the published code.</summary>
    internal const int WindowLength = 5, HorizontalFilters = 16, VerticalFilters = 4;

    private readonly (NetworkParameter Weight, NetworkParameter Bias)[] _horizontal = new (NetworkParameter, NetworkParameter)[WindowLength];
    private readonly NetworkParameter _vertical, _output, _outputBias;

    public CaserNetwork(int itemCount, EncoderSettings settings, long seed)
        : base(itemCount, settings, seed)
    {
        int width = settings.Width;
        _vertical = Matrix("vertical", 1, VerticalFilters, WindowLength);
        _output = Matrix("output", 2, width, (WindowLength * HorizontalFilters) + (VerticalFilters * width));
        _outputBias = NetworkParameter.Zeros("output.bias", width);
        for (int height = 1; height <= WindowLength; height++)
        {
            _horizontal[height - 1] = (Matrix($"horizontal{height}", 2 + height, HorizontalFilters, height * width),
                NetworkParameter.Zeros($"horizontal{height}.bias", HorizontalFilters));
        }

        NetworkParameter Matrix(string name, int number, int rows, int columns)
            => NetworkParameter.XavierNormal($"{name}.weight", CounterRandom.Of(seed, number), rows, columns);
    }

    protected override IEnumerable<NetworkParameter> OwnParameters
        => _horizontal.SelectMany(filter => new[] { filter.Weight, filter.Bias }).Concat([_vertical, _output, _outputBias]);

    // training may read longer sequences: a place's window is L items all the same
    public override int MaximumLength => Math.Min(WindowLength, Settings.MaximumLength);

    // of the windows that overlap and of the filters' answers, above both
    public override long ValuesPerPlace => WindowLength * (HorizontalFilters + (2L * Settings.Width));

    public override T States<T>(Pass<T> pass, History<T> history)
    {
        // the window of place p is places p to p + L − 1 of this
        var padded = pass.Lookup(Items, history.Items).Pad(1, WindowLength - 1, 0);                 // [b, L − 1 + w, d]
        // asked at the newest place alone: its window is all there is to read
        bool isNewest = history.Newest is not null;
        if (isNewest)
            padded = T.Concat(1, Array.ConvertAll(Shifted(padded, WindowLength), item => history.Select(item).Unsqueeze(1)));   // [n, L, d]
        var features = new T[WindowLength + 1];
        for (int height = 1; height <= WindowLength; height++)
        {
            // windows overlap: a filter's answer at a place is the same for all that hold it
            var answers = T.Concat(2, Shifted(padded, height)).Linear(pass.Of(_horizontal[height - 1].Weight), pass.Of(_horizontal[height - 1].Bias));
            features[height - 1] = Stack(Shifted(answers, WindowLength - height + 1)).Maximum(3).Relu();   // [b, w, filters]
        }

        features[WindowLength] = Stack(Shifted(padded, WindowLength)).Linear(pass.Of(_vertical)).Reshape(0, 0, -1);
        var state = pass.Dropout(T.Concat(2, features)).Linear(pass.Of(_output), pass.Of(_outputBias)).Relu();
        return isNewest ? state.Squeeze(1) : history.Select(state);
    }

    // values [b, places, …] from places 0, 1, … on, so many times, each as far as the last one reaches
    private static T[] Shifted<T>(T values, int times)
        where T : struct, ITensor<T>
        => [.. Enumerable.Range(0, times).Select(i => values.Slice(1, i, i == times - 1 ? long.MaxValue : i - times + 1))];

    // […, d] each → […, d, times]
    private static T Stack<T>(T[] values)
        where T : struct, ITensor<T>
        => T.Concat(3, Array.ConvertAll(values, value => value.Unsqueeze(3)));
}
