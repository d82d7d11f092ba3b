namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Aten.Call("abs", this);

        public Tensor abs_() => Aten.CallInPlace("abs_", this);

        public Tensor neg() => Aten.Call("neg", this);

        public Tensor neg_() => Aten.CallInPlace("neg_", this);

        public Tensor exp() => Aten.Call("exp", this);

        public Tensor exp_() => Aten.CallInPlace("exp_", this);

        public Tensor exp2() => Aten.Call("exp2", this);

        public Tensor expm1() => Aten.Call("expm1", this);

        public Tensor expm1_() => Aten.CallInPlace("expm1_", this);

        public Tensor log() => Aten.Call("log", this);

        public Tensor log_() => Aten.CallInPlace("log_", this);

        public Tensor log2() => Aten.Call("log2", this);

        public Tensor log2_() => Aten.CallInPlace("log2_", this);

        public Tensor log10() => Aten.Call("log10", this);

        public Tensor log10_() => Aten.CallInPlace("log10_", this);

        public Tensor log1p() => Aten.Call("log1p", this);

        public Tensor log1p_() => Aten.CallInPlace("log1p_", this);

        public Tensor sqrt() => Aten.Call("sqrt", this);

        public Tensor sqrt_() => Aten.CallInPlace("sqrt_", this);

        public Tensor rsqrt() => Aten.Call("rsqrt", this);

        public Tensor rsqrt_() => Aten.CallInPlace("rsqrt_", this);

        public Tensor square() => Aten.Call("square", this);

        public Tensor reciprocal() => Aten.Call("reciprocal", this);

        public Tensor reciprocal_() => Aten.CallInPlace("reciprocal_", this);

        public Tensor sign() => Aten.Call("sign", this);

        public Tensor sign_() => Aten.CallInPlace("sign_", this);

        public Tensor floor() => Aten.Call("floor", this);

        public Tensor floor_() => Aten.CallInPlace("floor_", this);

        public Tensor ceil() => Aten.Call("ceil", this);

        public Tensor ceil_() => Aten.CallInPlace("ceil_", this);

        public Tensor trunc() => Aten.Call("trunc", this);

        public Tensor trunc_() => Aten.CallInPlace("trunc_", this);

        public Tensor frac() => Aten.Call("frac", this);

        public Tensor frac_() => Aten.CallInPlace("frac_", this);

        public Tensor sin() => Aten.Call("sin", this);

        public Tensor sin_() => Aten.CallInPlace("sin_", this);

        public Tensor cos() => Aten.Call("cos", this);

        public Tensor cos_() => Aten.CallInPlace("cos_", this);

        public Tensor tan() => Aten.Call("tan", this);

        public Tensor tan_() => Aten.CallInPlace("tan_", this);

        public Tensor tanh() => Aten.Call("tanh", this);

        public Tensor tanh_() => Aten.CallInPlace("tanh_", this);

        public Tensor sigmoid() => Aten.Call("sigmoid", this);

        public Tensor sigmoid_() => Aten.CallInPlace("sigmoid_", this);

        public Tensor relu() => Aten.Call("relu", this);

        public Tensor relu_() => Aten.CallInPlace("relu_", this);

        public Tensor erf() => Aten.Call("erf", this);

        public Tensor erf_() => Aten.CallInPlace("erf_", this);

        public Tensor lgamma() => Aten.Call("lgamma", this);

        public Tensor lgamma_() => Aten.CallInPlace("lgamma_", this);

        public Tensor silu() => Aten.Call("silu", this);

        public Tensor silu_() => Aten.CallInPlace("silu_", this);

        public Tensor absolute() => abs();

        public Tensor negative() => neg();

        public Tensor round(long decimals = 0) => Aten.Call("round.decimals", this, decimals);

        public Tensor gelu() => Aten.Call("gelu", this);

        public Tensor leaky_relu(Scalar negative_slope) => Aten.Call("leaky_relu", this, negative_slope);

        public Tensor log_sigmoid() => Aten.Call("log_sigmoid", this);

        public Tensor softplus(double beta = 1, double threshold = 20) => Aten.Call("softplus", this, beta, threshold);

        public Tensor logit(double? eps = null) => Aten.Call("logit", this, eps);

        public Tensor isnan() => Aten.Call("isnan", this);

        public Tensor isinf() => Aten.Call("isinf", this);

        public Tensor isfinite() => Aten.Call("isfinite", this);
    }
}
