using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>Normalises over the last dimensions. Its parameters belong to no dispose scope.</summary>
        public sealed class LayerNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            [ComponentName(Name = nameof(weight))] private Parameter? ownWeight;
            [ComponentName(Name = nameof(bias))] private Parameter? ownBias;

            internal LayerNorm(long[] shape, double eps, bool affine, bool hasBias, torch.Device? device, torch.ScalarType? dtype)
                : base(nameof(LayerNorm))
            {
                normalized_shape = shape;
                this.eps = eps;
                elementwise_affine = affine;
                if (affine) weight = torch.empty(shape, dtype, device).AsParameter();
                if (affine && hasBias) bias = torch.empty(shape, dtype, device).AsParameter();
                reset_parameters();
            }

            public long[] normalized_shape { get; set; }

            public double eps { get; set; }

            public bool elementwise_affine { get; set; }

            public Parameter weight
            {
                get => ownWeight!;
                set
                {
                    ArgumentNullException.ThrowIfNull(value);
                    if (ownWeight is { IsInvalid: false } && value.Handle == ownWeight.Handle) return;
                    ownWeight?.Dispose();
                    ownWeight = (Parameter)value.DetachFromDisposeScope();
                    ConditionallyRegisterParameter(nameof(weight), ownWeight);
                }
            }

            public Parameter? bias
            {
                get => ownBias;
                set
                {
                    ownBias?.Dispose();
                    ownBias = (Parameter?)value?.DetachFromDisposeScope();
                    ConditionallyRegisterParameter(nameof(bias), ownBias);
                }
            }

            public void reset_parameters()
            {
                if (ownWeight is not null) torch.nn.init.ones_(ownWeight);
                if (ownBias is not null) torch.nn.init.zeros_(ownBias);
            }

            public override torch.Tensor forward(torch.Tensor tensor) =>
                torch.nn.functional.layer_norm(tensor, normalized_shape, ownWeight, ownBias, eps);

            protected override void Dispose(bool disposing)
            {
                if (disposing)
                {
                    ownWeight?.Dispose();
                    ownBias?.Dispose();
                }

                base.Dispose(disposing);
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static LayerNorm LayerNorm(long normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true,
                Device? device = null, ScalarType? dtype = null) =>
                new([normalized_shape], eps, elementwise_affine, bias, device, dtype);

            public static LayerNorm LayerNorm(long[] normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true,
                Device? device = null, ScalarType? dtype = null) =>
                new(normalized_shape, eps, elementwise_affine, bias, device, dtype);
        }
    }
}
