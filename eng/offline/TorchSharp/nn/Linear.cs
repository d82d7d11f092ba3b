using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>y = x·Wᵀ + b. Its parameters belong to no dispose scope.</summary>
        public sealed class Linear : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            [ComponentName(Name = nameof(weight))] private Parameter? ownWeight;
            [ComponentName(Name = nameof(bias))] private Parameter? ownBias;

            internal Linear(Parameter weight, Parameter? bias = null) : base(nameof(Linear))
            {
                in_features = weight.shape[1];
                out_features = weight.shape[0];
                this.weight = weight;
                if (bias is not null) this.bias = bias;
            }

            internal Linear(long inputs, long outputs, bool hasBias, torch.Device? device, torch.ScalarType? dtype) : base(nameof(Linear))
            {
                in_features = inputs;
                out_features = outputs;
                weight = torch.empty(outputs, inputs, dtype, device).AsParameter();
                torch.nn.init.kaiming_uniform_(weight, a: Math.Sqrt(5));
                if (!hasBias) return;
                bias = torch.empty(outputs, dtype, device).AsParameter();
                var bound = inputs > 0 ? 1 / Math.Sqrt(inputs) : 0;
                torch.nn.init.uniform_(bias, -bound, bound);
            }

            public long in_features { get; set; }

            public long out_features { get; set; }

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

            public override torch.Tensor forward(torch.Tensor tensor) => torch.nn.functional.linear(tensor, weight, bias);

            protected override void Dispose(bool disposing)
            {
                if (!disposing) return;
                ownWeight?.Dispose();
                ownBias?.Dispose();
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static Linear Linear(
                long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, outputSize, hasBias, device, dtype);

            public static Linear Linear(Parameter weight, Parameter? bias = null) => new(weight, bias);
        }
    }
}
