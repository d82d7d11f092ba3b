using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// What every model has: an item table [N + 1, d] whose row 0 is padding and stays zero. A model is only read while gradients are
/// computed, so that several threads can compute those of a batch at once, each with sums of its own.
/// </summary>
internal abstract class SequenceModel : nn.Module<Tensor, Tensor>
{
    private protected SequenceModel(string name, int itemCount, EncoderSettings settings, Device device, Parameter itemTable) : base(name)
    {
        (ItemCount, Settings, Device) = (itemCount, settings, device);
        items = itemTable;
    }

    // lower case: the field names the parameter
    private protected readonly Parameter items;

    public int ItemCount { get; }

    public EncoderSettings Settings { get; }

    /// <summary>
    /// Reproduces the published implementations where they slip, for tests of parity: item 0 counts as one like any other, padding
    /// takes part in attention, and what else a model says.
    /// </summary>
    internal bool PublishedNumerics { get; init; }

    private protected Device Device { get; }

    /// <summary>Ends the accumulation of a step: what is summed up becomes the parameters' gradient, of which padding has none.</summary>
    public void TakeGradients(GradientSums sums)
    {
        using var scope = NewDisposeScope();
        if (!PublishedNumerics)
            sums.Of(items).narrow(0, 0, 1).zero_();
        sums.MoveToParameters();
    }
}
