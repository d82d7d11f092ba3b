namespace TorchSharp;

public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
}

public static partial class torch
{
    /// <summary>Where a tensor lies: here, always on the CPU.</summary>
    public class Device
    {
        internal Device(DeviceType type) => this.type = type;

        public DeviceType type { get; }
    }

    public static readonly Device CPU = new(DeviceType.CPU);

    public static Device device(DeviceType deviceType, int index = -1) => deviceType == DeviceType.CPU
        ? new Device(deviceType)
        : throw new InvalidOperationException($"Torch device type {deviceType} did not initialise on the current machine.");

    public static partial class cuda
    {
        public static bool is_available() => false;
    }

    public static int get_num_threads() => Native.ts_num_threads();

    public static void set_num_threads(int num) => Native.ts_set_num_threads(num);
}
