namespace TorchSharp;

public static partial class torch
{
    public enum RoundingMode
    {
        None,
        trunc,
        floor,
    }

    public partial class Tensor
    {
        public Tensor add(Tensor target) => Aten.Call("add.Tensor", this, target);

        public Tensor add(Tensor target, Scalar alpha) => Aten.Call("add.Tensor", this, target, alpha);

        public Tensor add(Scalar scalar) => Aten.Call("add.Scalar", this, scalar);

        public Tensor add(Scalar scalar, Scalar alpha) => Aten.Call("add.Scalar", this, scalar, alpha);

        public Tensor add_(Tensor target) => Aten.CallInPlace("add_.Tensor", this, target);

        public Tensor add_(Tensor target, Scalar alpha) => Aten.CallInPlace("add_.Tensor", this, target, alpha);

        public Tensor add_(Scalar scalar) => Aten.CallInPlace("add_.Scalar", this, scalar);

        public Tensor add_(Scalar scalar, Scalar alpha) => Aten.CallInPlace("add_.Scalar", this, scalar, alpha);

        public Tensor sub(Tensor target) => Aten.Call("sub.Tensor", this, target);

        public Tensor sub(Scalar target) => Aten.Call("sub.Scalar", this, target);

        public Tensor sub_(Tensor target) => Aten.CallInPlace("sub_.Tensor", this, target);

        public Tensor sub_(Scalar target) => Aten.CallInPlace("sub_.Scalar", this, target);

        public Tensor mul(Tensor target) => Aten.Call("mul.Tensor", this, target);

        public Tensor mul(Scalar target) => Aten.Call("mul.Scalar", this, target);

        public Tensor mul_(Tensor target) => Aten.CallInPlace("mul_.Tensor", this, target);

        public Tensor mul_(Scalar target) => Aten.CallInPlace("mul_.Scalar", this, target);

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            Aten.Call("div.Tensor_mode", this, target, Name(rounding_mode));

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            Aten.Call("div.Scalar_mode", this, target, Name(rounding_mode));

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            Aten.CallInPlace("div_.Tensor_mode", this, target, Name(rounding_mode));

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            Aten.CallInPlace("div_.Scalar_mode", this, target, Name(rounding_mode));

        public Tensor floor_divide(Tensor other) => Aten.Call("floor_divide", this, other);

        public Tensor floor_divide(Scalar other) => Aten.Call("floor_divide.Scalar", this, other);

        public Tensor remainder(Tensor target) => Aten.Call("remainder.Tensor", this, target);

        public Tensor remainder(Scalar scalar) => Aten.Call("remainder.Scalar", this, scalar);

        public Tensor pow(Tensor exponent) => Aten.Call("pow.Tensor_Tensor", this, exponent);

        public Tensor pow(Scalar exponent) => Aten.Call("pow.Tensor_Scalar", this, exponent);

        public Tensor pow_(Tensor exponent) => Aten.CallInPlace("pow_.Tensor", this, exponent);

        public Tensor pow_(Scalar exponent) => Aten.CallInPlace("pow_.Scalar", this, exponent);

        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.Call("addcmul", this, tensor1, tensor2, value);

        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.CallInPlace("addcmul_", this, tensor1, tensor2, value);

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => Aten.Call("addcdiv", this, tensor1, tensor2);

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.Call("addcdiv", this, tensor1, tensor2, value);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => Aten.CallInPlace("addcdiv_", this, tensor1, tensor2);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.CallInPlace("addcdiv_", this, tensor1, tensor2, value);

        public Tensor lerp(Tensor end, Tensor weight) => Aten.Call("lerp.Tensor", this, end, weight);

        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Aten.Call("clamp", this, min, max);

        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Aten.Call("clamp.Tensor", this, min, max);

        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Aten.CallInPlace("clamp_", this, min, max);

        public Tensor clamp_(Tensor? min = null, Tensor? max = null) => Aten.CallInPlace("clamp_.Tensor", this, min, max);

        public Tensor clamp_min(Scalar min) => Aten.Call("clamp_min", this, min);

        public Tensor clamp_min_(Scalar min) => Aten.CallInPlace("clamp_min_", this, min);

        public Tensor clamp_max(Scalar max) => Aten.Call("clamp_max", this, max);

        public Tensor clamp_max_(Scalar max) => Aten.CallInPlace("clamp_max_", this, max);

        public Tensor maximum(Tensor other) => Aten.Call("maximum", this, other);

        public Tensor minimum(Tensor other) => Aten.Call("minimum", this, other);

        public Tensor logaddexp(Tensor other) => Aten.Call("logaddexp", this, other);

        // Matrix products.

        public Tensor matmul(Tensor target) => Aten.Call("matmul", this, target);

        public Tensor mm(Tensor target) => Aten.Call("mm", this, target);

        public Tensor mv(Tensor target) => Aten.Call("mv", this, target);

        public Tensor bmm(Tensor batch2) => Aten.Call("bmm", this, batch2);

        public Tensor dot(Tensor target) => Aten.Call("dot", this, target);

        public Tensor outer(Tensor vec2) => Aten.Call("outer", this, vec2);

        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => Aten.Call("addmm", this, mat1, mat2, beta, alpha);

        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            Aten.CallInPlace("addmm_", this, mat1, mat2, beta, alpha);

        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1, float alpha = 1) => Aten.Call("addmv", this, mat, vec, beta, alpha);

        private static string? Name(RoundingMode mode) => mode == RoundingMode.None ? null : mode.ToString();
    }
}
