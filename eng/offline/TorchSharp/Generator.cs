namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers on the CPU (Mersenne Twister).</summary>
    public class Generator : IDisposable
    {
        public Generator(ulong seed = 0, Device? device = null) : this(Native.ts_new_generator(seed)) => this.device = device ?? CPU;

        internal Generator(IntPtr handle) => Handle = handle;

        ~Generator() => Dispose(false);

        public static Generator Default => new(Native.ts_default_generator());

        public IntPtr Handle { get; private set; }

        public Device device { get; } = CPU;

        public Tensor get_state() => new(Native.Check(Native.ts_generator_state(Handle)));

        public void set_state(Tensor value) => Native.Check(Native.ts_set_generator_state(Handle, value.Handle));

        public Generator manual_seed(long seed)
        {
            Native.ts_seed(Handle, seed);
            return this;
        }

        public long seed()
        {
            var seed = DateTime.UtcNow.Ticks;
            manual_seed(seed);
            return seed;
        }

        public long initial_seed() => Native.ts_initial_seed(Handle);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (Handle == IntPtr.Zero) return;
            Native.ts_dispose_generator(Handle);
            Handle = IntPtr.Zero;
        }
    }

    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    public static long seed() => random.seed();

    public static long initial_seed() => random.initial_seed();

    public static Tensor get_rng_state() => random.get_rng_state();

    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    public static partial class random
    {
        public static Generator manual_seed(long seed) => Generator.Default.manual_seed(seed);

        public static long seed() => Generator.Default.seed();

        public static long initial_seed() => Generator.Default.initial_seed();

        public static Tensor get_rng_state() => Generator.Default.get_state();

        public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);
    }
}
