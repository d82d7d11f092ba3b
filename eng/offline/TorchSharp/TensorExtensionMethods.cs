using System.Globalization;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp;

public static class TensorExtensionMethods
{
    private const string Hint = "Make sure that the model you are loading into is exactly the same as the origin.";

    public static bool ToBoolean(this Tensor value) => value.ToScalar().ToBoolean();

    public static byte ToByte(this Tensor value) => value.ToScalar().ToByte();

    public static sbyte ToSByte(this Tensor value) => value.ToScalar().ToSByte();

    public static short ToInt16(this Tensor value) => value.ToScalar().ToInt16();

    public static int ToInt32(this Tensor value) => value.ToScalar().ToInt32();

    public static long ToInt64(this Tensor value) => value.ToScalar().ToInt64();

    public static float ToSingle(this Tensor value) => value.ToScalar().ToSingle();

    public static double ToDouble(this Tensor value) => value.ToScalar().ToDouble();

    public static Parameter AsParameter(this Tensor tensor) => new(tensor);

    public static long TotalSize(this IEnumerable<long> shape) => shape.Aggregate(1L, (product, size) => product * size);

    public static int ElementSize(this ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        _ => 8,
    };

    /// <summary>The shape, the element type and the device, without the elements.</summary>
    public static string metastr(this Tensor tensor) =>
        string.Create(CultureInfo.InvariantCulture, $"[{string.Join("x", tensor.shape)}], type = {tensor.dtype}, device = {tensor.device}");

    /// <summary>Writes element type, number of dimensions, sizes (all LEB128) and the bytes of the elements.</summary>
    public static void Save(this Tensor tensor, BinaryWriter writer)
    {
        writer.Encode((long)tensor.dtype);
        writer.Encode(tensor.shape.Length);
        foreach (var size in tensor.shape) writer.Encode(size);
        writer.Flush();
        tensor.WriteBytesToStream(writer.BaseStream);
    }

    public static void Save(this Tensor tensor, Stream stream)
    {
        using var writer = new BinaryWriter(stream);
        tensor.Save(writer);
        stream.Flush();
    }

    public static void Save(this Tensor tensor, string location) => tensor.Save(File.Create(location));

    /// <summary>Reads the elements of a tensor of the same type and shape.</summary>
    public static void Load(this Tensor tensor, BinaryReader reader, bool skip = false)
    {
        var (type, sizes) = ReadHeader(reader);
        if (type != tensor.dtype)
            throw new ArgumentException($"Mismatched tensor data types while loading. {Hint}");
        if (!skip && !sizes.SequenceEqual(tensor.shape))
            throw new ArgumentException($"Mismatched tensor shape while loading. {Hint}");
        if (skip) reader.BaseStream.Seek(tensor.NumberOfElements * tensor.ElementSize, SeekOrigin.Current);
        else tensor.ReadBytesFromStream(reader.BaseStream);
    }

    public static Tensor Load(BinaryReader reader, bool skip = false)
    {
        var (type, sizes) = ReadHeader(reader);
        if (skip)
        {
            reader.BaseStream.Seek(sizes.TotalSize() * type.ElementSize(), SeekOrigin.Current);
            return zeros(sizes, type);
        }

        var tensor = empty(sizes, type);
        tensor.ReadBytesFromStream(reader.BaseStream);
        return tensor;
    }

    private static (ScalarType Type, long[] Sizes) ReadHeader(BinaryReader reader)
    {
        var type = (ScalarType)reader.Decode();
        var sizes = new long[reader.Decode()];
        for (var i = 0; i < sizes.Length; i++) sizes[i] = reader.Decode();
        return (type, sizes);
    }
}
