namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        // the package shows a module's name where it prints the module; here nothing does

        public abstract class Module<T, TResult> : Module
        {
            protected Module(string name) { }

            public abstract TResult forward(T input);

            public TResult call(T input) => forward(input);
        }

        public abstract class Module<T1, T2, TResult> : Module
        {
            protected Module(string name) { }

            public abstract TResult forward(T1 input1, T2 input2);

            public TResult call(T1 input1, T2 input2) => forward(input1, input2);
        }
    }
}
