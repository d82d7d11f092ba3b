using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// Caser ("Personalized Top-N Sequential Recommendation via Convolutional Sequence Embedding", Tang and Wang, WSDM '18): the last L liked items as an
/// image [L, d], read by horizontal filters of every height 1 to L, each of which tells its highest answer, and by vertical filters, each a weighted sum of the
/// items; s = relu(W [o; õ] + b), y = s·e. Without the vector of the user that the paper lays beside s, as users are served that training did not know, and with
/// the items' one table.
/// </summary>
internal sealed class CaserModel : DotProductModel
{
    /// <summary>L, and the filters of each height and those that are vertical, as in the published code.</summary>
    internal const int WindowLength = 5, HorizontalFilters = 16, VerticalFilters = 4;

    private readonly LinearLayer[] _horizontal = new LinearLayer[WindowLength];
    private readonly LinearLayer vertical;
    private readonly LinearLayer output;

    public CaserModel(int itemCount, EncoderSettings settings, PairwiseWeights weights, long seed, Device device)
        : base(nameof(CaserModel), itemCount, settings, weights, seed, device)
    {
        int width = settings.Width;
        vertical = Layer(1, VerticalFilters, WindowLength, hasBias: false);
        output = Layer(2, width, (WindowLength * HorizontalFilters) + (VerticalFilters * width), hasBias: true);
        for (int height = 1; height <= WindowLength; height++)
        {
            _horizontal[height - 1] = Layer(2 + height, HorizontalFilters, height * width, hasBias: true);
            register_module($"horizontal{height}", _horizontal[height - 1]);
        }

        RegisterComponents();

        LinearLayer Layer(int number, int outputs, int inputs, bool hasBias)
            => new(InitialWeights.XavierNormal(CounterRandom.Of(seed, number), device, outputs, inputs), hasBias, device);
    }

    private protected override IReadOnlyList<Parameter> NetworkParameters
        => [.. _horizontal.SelectMany(layer => layer.parameters()), .. vertical.parameters(), .. output.parameters()];

    public CaserWeights ToWeights() => new(
        ItemCount, Settings.Width, Math.Min(WindowLength, Settings.MaximumLength), items.ToArray(), Array.ConvertAll(_horizontal, layer => layer.Weight),
        Array.ConvertAll(_horizontal, layer => layer.Bias), vertical.Weight, output.Weight, output.Bias);

    private protected override Tensor States(Tensor embedded, Dropout dropout)
    {
        long count = embedded.shape[0], length = embedded.shape[1], width = Settings.Width;
        // the window of position p is places p to p + L − 1 of this
        var padded = cat([zeros(count, (WindowLength - 1) * width, device: Device).view(count, -1, width), embedded], 1);
        var features = new Tensor[WindowLength + 1];
        for (int height = 1; height <= WindowLength; height++)
        {
            // windows overlap: a filter's answer at a place is the same for all that hold it
            var answers = _horizontal[height - 1].call(cat(Shifted(padded, height), 2));
            features[height - 1] = stack(Shifted(answers, WindowLength - height + 1)).amax(0).relu();
        }

        var sums = vertical.call(stack(Shifted(padded, WindowLength), 3));
        features[WindowLength] = sums.reshape(count, length, VerticalFilters * width);
        return output.call(dropout.Apply(cat(features, 2))).relu();
    }

    /// <summary>The values [count, places, …] from places 0, 1, … on, so many times, each as far as the last one reaches.</summary>
    private static Tensor[] Shifted(Tensor values, int times)
    {
        var shifted = new Tensor[times];
        for (int i = 0; i < times; i++)
            shifted[i] = values.narrow(1, i, values.shape[1] - times + 1);
        return shifted;
    }
}
