namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Aten.Call("abs", this);

        public Tensor sigmoid() => Aten.Call("sigmoid", this);

        public Tensor tanh() => Aten.Call("tanh", this);

        public Tensor log_sigmoid() => Aten.Call("log_sigmoid", this);

        public Tensor exp() => Aten.Call("exp", this);

        public Tensor exp_() => Aten.CallInPlace("exp_", this);

        public Tensor log() => Aten.Call("log", this);

        public Tensor log_() => Aten.CallInPlace("log_", this);

        public Tensor sqrt() => Aten.Call("sqrt", this);

        public Tensor sqrt_() => Aten.CallInPlace("sqrt_", this);

        public Tensor square() => Aten.Call("square", this);

        public Tensor reciprocal_() => Aten.CallInPlace("reciprocal_", this);

        public Tensor relu() => Aten.Call("relu", this);

        public Tensor relu_() => Aten.CallInPlace("relu_", this);
    }
}
