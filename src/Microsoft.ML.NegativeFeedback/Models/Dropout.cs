using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// Dropout whose masks depend only on (seed, epoch, step) and the order of calls. On a CPU the masks come from
/// <see cref="CounterRandom"/>: torch draws them one element at a time on one thread, which takes longer than the products
/// around them. On a GPU torch's own dropout is used, seeded at <see cref="Start"/>.
/// </summary>
internal sealed class Dropout(double rate)
{
    private long _seed;
    private long _epoch;
    private long _step;
    private long _site;
    private bool _isActive;

    /// <summary>Switches dropout on for one training step.</summary>
    public void Start(Device device, long seed, long epoch, long step)
    {
        (_seed, _epoch, _step, _site, _isActive) = (seed, epoch, step, 0, rate > 0);
        if (_isActive && device.type != DeviceType.CPU)
            manual_seed(CounterRandom.Of(seed, epoch, step).Bits(0));
    }

    /// <summary>Switches dropout off.</summary>
    public void Stop() => _isActive = false;

    /// <summary>Zeroes a share of the values and scales the others up, while dropout is on.</summary>
    public Tensor Apply(Tensor values)
    {
        if (!_isActive)
            return values;
        if (values.device_type != DeviceType.CPU)
            return nn.functional.dropout(values, rate, training: true);
        var mask = empty(values.shape, dtype: ScalarType.Float32);
        CounterRandom.Of(_seed, _epoch, _step, _site++).FillDropoutMask(MemoryMarshal.Cast<byte, float>(mask.bytes), rate);
        return values.mul(mask);
    }
}
