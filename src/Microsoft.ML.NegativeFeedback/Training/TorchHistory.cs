using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Sequences on a device, padded on the right. Its tensors belong to the scope that it was made in.</summary>
internal sealed class TorchHistory : History<TorchTensor>
{
    // Places of a sequence whose candidates are worked off together.
    private const long Stretch = 8;

    private readonly Dictionary<NetworkInput, Tensor> _channels = [], _asked = [];
    private readonly Tensor? _places;
    private readonly Tensor? _newest;
    private readonly Device _device;
    private readonly long _count, _length;

    /// <param name="slice">The sequences.</param>
    /// <param name="device">Where they are to lie.</param>
    public TorchHistory(SequenceSlice slice, Device device)
    {
        (_count, _length, _device) = (slice.Count, slice.Length, device);
        if (slice.AsksAtNewest)
            _newest = TorchMemory.Of(Array.ConvertAll(slice.Places, place => place % slice.Length), device);
        else if (slice.HasPadding)
            _places = TorchMemory.Of(slice.Places, device);
        foreach (var (input, values) in slice.Channels)
            _channels[input] = values.ToTensor(device, values.Width == 1 ? [_count, _length] : [_count, _length, values.Width]);
        foreach (var (input, values) in slice.Asked)
            _asked[input] = values.ToTensor(device, values.Count, values.Width);
    }

    public override TorchTensor? Newest => _newest is null ? null : new TorchTensor(_newest);

    public override TorchTensor this[NetworkInput input] => new(_channels[input]);

    public override TorchTensor Asked(NetworkInput input) => new(_asked[input]);

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
}
