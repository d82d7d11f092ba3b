using TorchSharp;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// Scalars for as long as the process lives. TorchSharp's own frees its native memory in a finalizer and is not kept alive by the call that it is made
/// for: where libtorch reads it late, as index_add_ does, the collector may have been there before (seen once in many sweeps, as an error in toFloat).
/// </summary>
internal static class Scalars
{
    public static readonly Scalar One = 1;
}
