using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Sequences on a device, padded on the right. Its tensors belong to the scope that it was made in.</summary>
internal sealed class TorchHistory : History<TorchTensor>
{
    // Places of a sequence whose candidates are worked off together.
    private const long Stretch = 8;

    private readonly Dictionary<string, Tensor> _channels = [];
    private readonly Tensor? _places;
    private readonly Tensor? _newest;
    private readonly Device _device;
    private readonly long _count, _length;

    private TorchHistory(long count, long length, Device device, Tensor? places, Tensor? newest)
        => (_count, _length, _device, _places, _newest) = (count, length, device, places, newest);

    /// <summary>Sequences that are asked at every place that holds an item.</summary>
    public static TorchHistory Of(SequenceSlice slice, Device device)
    {
        var history = new TorchHistory(slice.Count, slice.Length, device, slice.HasPadding ? TorchMemory.Of(slice.Places, device) : null, null);
        foreach (var (name, values) in slice.Channels)
            history.With(name, values);
        return history;
    }

    /// <summary>Sequences that are asked at their newest item alone.</summary>
    /// <param name="items">[count · length] items, padded on the right with 0.</param>
    /// <param name="newest">[count] the place of each sequence's newest item.</param>
    /// <param name="device">Where the sequences are to lie.</param>
    /// <param name="skips">[count · length] what was skipped just before each; null where nobody asks.</param>
    public static TorchHistory AtNewest(long[] items, long[] newest, Device device, long[]? skips = null)
    {
        var history = new TorchHistory(newest.Length, items.Length / newest.Length, device, null, TorchMemory.Of(newest, device)).With(HistoryChannels.Items, items);
        return skips is null ? history : history.With(HistoryChannels.Skips, skips);
    }

    public override TorchTensor? Newest => _newest is null ? null : new TorchTensor(_newest);

    public override TorchTensor this[string channel] => new(_channels[channel]);

    public override TorchTensor Select(TorchTensor values)
    {
        var rows = values.Value.reshape(-1, values.Value.shape[^1]);
        if (_newest is not null)
            return new(rows.index_select(0, Scalars.Range(0, _count, _device).mul_(Scalars.Of(_length)).add_(_newest, Scalars.One)));
        return new(_places is null ? rows : rows.index_select(0, _places));
    }

    public override TorchTensor Read(TorchTensor embedded, TorchTensor candidates, Func<TorchTensor, TorchTensor, TorchTensor, TorchTensor> read)
    {
        if (_newest is not null)
            return read(embedded, new(_newest.view(-1, 1)), candidates);
        long kinds = candidates.Value.shape[1], width = candidates.Value.shape[2];
        if (_places is null)
            return new(ReadAll(embedded.Value, candidates.Value.view(_count, _length, kinds, width), read));
        // candidates at some places stand among zeros at the others, so that all sequences have as many
        var all = zeros(_count * _length, kinds, width, device: _device).index_add_(0, _places, candidates.Value, Scalars.One);
        return new(ReadAll(embedded.Value, all.view(_count, _length, kinds, width), read).index_select(0, _places));
    }

    // A candidate meets no item after its place: a stretch of places needs only the items up to its own end.
    private Tensor ReadAll(Tensor embedded, Tensor candidates, Func<TorchTensor, TorchTensor, TorchTensor, TorchTensor> read)
    {
        long kinds = candidates.shape[2], width = candidates.shape[3];
        var ofPlaces = candidates.split(Stretch, 1);
        var answers = new Tensor[ofPlaces.Length];
        for (int i = answers.Length - 1; i >= 0; i--)
        {
            long places = ofPlaces[i].shape[1], start = embedded.shape[1] - places;
            var newest = Scalars.Range(start, places, _device).view(-1, 1).expand(places, kinds).reshape(1, -1);
            answers[i] = read(new(embedded), new(newest), new(ofPlaces[i].reshape(_count, -1, width))).Value.view(_count, places, kinds, width);
            if (i > 0)
                embedded = embedded.narrow(1, 0, start);
        }

        return cat(answers, 1).view(-1, kinds, width);
    }

    private TorchHistory With(string channel, long[] values)
    {
        _channels[channel] = TorchMemory.Of(values, _device, _count, _length);
        return this;
    }
}
