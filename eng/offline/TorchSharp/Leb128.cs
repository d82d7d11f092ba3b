namespace TorchSharp.Utils;

/// <summary>Unsigned integers, seven bits a byte, the lowest first.</summary>
internal static class Leb128
{
    public static void Encode(this BinaryWriter writer, long value) => writer.Write7BitEncodedInt64(value);

    public static long Decode(this BinaryReader reader) => reader.Read7BitEncodedInt64();
}
