using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            /// <summary>Scales all gradients alike, so that their joint norm is at most max_norm; returns the norm before.</summary>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2)
            {
                using var scope = NewDisposeScope();
                var grads = tensors.Select(tensor => tensor.grad).Where(grad => grad is not null).ToList();
                if (grads.Count == 0) return 0;
                using var _ = no_grad();
                var infinite = double.IsPositiveInfinity(norm_type);
                var norms = stack(grads.Select(grad => infinite ? grad!.abs().max() : grad!.norm((float)norm_type)));
                var norm = infinite ? norms.max() : norms.norm((float)norm_type);
                var scale = max_norm / (norm + 1e-6);
                foreach (var grad in grads) grad!.mul_(scale.clamp(max: (Scalar)1.0));
                return norm.ToDouble();
            }

            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                foreach (var tensor in tensors)
                {
                    using var grad = tensor.grad;
                    grad?.clamp_((Scalar)(-clip_value), (Scalar)clip_value);
                }
            }
        }
    }
}
