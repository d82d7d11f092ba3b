using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>What the extension methods for transforms extend.</summary>
public sealed class TransformsCatalog : IInternalCatalog
{
    private readonly IHostEnvironment _env;

    internal TransformsCatalog(IHostEnvironment env)
    {
        _env = env;
        Conversion = new ConversionTransforms(this);
    }

    IHostEnvironment IInternalCatalog.Environment => _env;

    public ConversionTransforms Conversion { get; }

    /// <summary>What the extension methods for conversions extend.</summary>
    public sealed class ConversionTransforms : IInternalCatalog
    {
        private readonly IHostEnvironment _env;

        internal ConversionTransforms(TransformsCatalog owner)
        {
            _env = owner._env;
        }

        IHostEnvironment IInternalCatalog.Environment => _env;
    }
}
