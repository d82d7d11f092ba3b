namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers.</summary>
    public class Generator
    {
        internal Generator() { }
    }

    /// <summary>Seeds torch's own generator.</summary>
    public static Generator manual_seed(long seed)
    {
        Native.ts_seed(seed);
        return new Generator();
    }
}
