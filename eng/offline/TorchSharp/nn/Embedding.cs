using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>
        /// A table of vectors by index. As in the package, the module holds the native table itself, and <see cref="weight"/> is a new
        /// managed object at each call.
        /// </summary>
        public sealed class Embedding : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            private readonly long paddingIndex;
            private readonly double? maximumNorm;
            private readonly double normType;
            private readonly bool scaleGradient;
            private readonly bool sparse;
            private IntPtr table;

            internal Embedding(
                torch.Tensor values, long? paddingIndex, double? maximumNorm, double normType, bool scaleGradient, bool sparse)
                : base(nameof(Embedding))
            {
                this.paddingIndex = paddingIndex ?? -1;
                this.maximumNorm = maximumNorm;
                this.normType = normType;
                this.scaleGradient = scaleGradient;
                this.sparse = sparse;
                table = Native.ts_alias(values.Handle);
                register_parameter(nameof(weight), new Parameter(Native.ts_alias(table)));
            }

            public Parameter? weight
            {
                get => new(Native.ts_alias(table));
                set
                {
                    ArgumentNullException.ThrowIfNull(value);
                    Native.ts_dispose(table);
                    table = Native.ts_alias(value.Handle);
                    ConditionallyRegisterParameter(nameof(weight), value);
                }
            }

            public override torch.Tensor forward(torch.Tensor input)
            {
                if (maximumNorm is not null)
                {
                    using var _ = torch.no_grad();
                    using var indices = input.contiguous();
                    Aten.Do("embedding_renorm_", Argument.Borrowed(table), indices, maximumNorm, normType);
                }

                return Aten.Call("embedding", Argument.Borrowed(table), input, paddingIndex, scaleGradient, sparse);
            }

            private protected override void ReleaseNative()
            {
                if (table == IntPtr.Zero) return;
                Native.ts_dispose(table);
                table = IntPtr.Zero;
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static Embedding Embedding(long num_embeddings, long embedding_dims, long? padding_idx = null, double? max_norm = null,
                double norm_type = 2, bool scale_grad_by_freq = false, bool sparse = false, Device? device = null, ScalarType? dtype = null)
            {
                if (padding_idx is not null && (padding_idx >= num_embeddings || padding_idx < -num_embeddings))
                    throw new System.Runtime.InteropServices.ExternalException("Padding_idx must be within num_embeddings");
                using var values = empty(num_embeddings, embedding_dims, dtype, device, requires_grad: true);
                init.normal_(values);
                var padding = padding_idx < 0 ? num_embeddings + padding_idx : padding_idx;
                if (padding is not null)
                {
                    using var _ = no_grad();
                    using var row = values[padding.Value];
                    row.fill_(0);
                }

                return new Embedding(values, padding, max_norm, norm_type, scale_grad_by_freq, sparse);
            }
        }
    }
}
