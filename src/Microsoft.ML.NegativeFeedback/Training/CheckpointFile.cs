using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// The file of a <see cref="Checkpoint"/>: a magic number, the length of a JSON header, the header, the tensors' values end to end as
/// little-endian Single, and the SHA-256 of everything before it. It appears whole or not at all.
/// </summary>
internal static class CheckpointFile
{
    private static readonly byte[] Magic = "NFBCKPT1"u8.ToArray();
    private const int HashLength = SHA256.HashSizeInBytes;

    // A measure can be without a value on the validation rows: GAUC where no row has both liked and skipped candidates.
    private static readonly JsonSerializerOptions HeaderFormat = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Makes sure, before training starts, that a checkpoint can be written there.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static void CheckWritable(string path)
    {
        try
        {
            WholeFile.CheckWritable(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException(
                $"The checkpoint '{path}' cannot be written: {error.Message} Choose a file in a folder that can be written to.", error);
        }
    }

    /// <summary>Writes a checkpoint in the place of the one before.</summary>
    public static void Write(string path, Checkpoint checkpoint)
    {
        var names = checkpoint.Tensors.Keys.Order(StringComparer.Ordinal).ToArray();
        var header = new Header(checkpoint.Fingerprint, checkpoint.BestEpoch, [.. checkpoint.Epochs], new(checkpoint.Steps),
            Array.ConvertAll(names, name => new TensorEntry(name, checkpoint.Tensors[name].Length)));
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header, HeaderFormat);
        WholeFile.Write(path, "The checkpoint", file =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var length = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
            Append(Magic);
            Append(length);
            Append(json);
            foreach (string name in names)
                Append(LittleEndian(checkpoint.Tensors[name]));
            file.Write(hash.GetHashAndReset());

            void Append(ReadOnlySpan<byte> bytes)
            {
                hash.AppendData(bytes);
                file.Write(bytes);
            }
        });
    }

    /// <summary>Reads a checkpoint.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint, or truncated, or damaged.</exception>
    public static Checkpoint Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (!bytes.AsSpan().StartsWith(Magic))
        {
            throw new InvalidDataException(
                $"'{path}' is no checkpoint of this library. Choose another path, or delete the file to start anew.");
        }

        if (!EndsWithItsHash(bytes))
            throw new InvalidDataException($"The checkpoint '{path}' is truncated or damaged. Delete the file to start anew.");

        int headerStart = Magic.Length + sizeof(long);
        int headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(Magic.Length));
        var header = JsonSerializer.Deserialize<Header>(bytes.AsSpan(headerStart, headerLength), HeaderFormat)
            ?? throw new InvalidDataException($"The checkpoint '{path}' has no header. Delete the file to start anew.");
        var tensors = new Dictionary<string, float[]>();
        int start = headerStart + headerLength;
        foreach (var entry in header.Tensors)
        {
            tensors[entry.Name] = FromLittleEndian(bytes.AsSpan(start, entry.Length * sizeof(float)));
            start += entry.Length * sizeof(float);
        }

        return new Checkpoint(header.Fingerprint, header.BestEpoch, header.Epochs, header.Steps, tensors);
    }

    private static bool EndsWithItsHash(byte[] bytes)
        => bytes.Length >= Magic.Length + sizeof(long) + HashLength
            && SHA256.HashData(bytes.AsSpan(..^HashLength)).AsSpan().SequenceEqual(bytes.AsSpan(^HashLength..));

    private static ReadOnlySpan<byte> LittleEndian(float[] values)
    {
        if (BitConverter.IsLittleEndian)
            return MemoryMarshal.AsBytes(values.AsSpan());
        var bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return bytes;
    }

    private static float[] FromLittleEndian(ReadOnlySpan<byte> bytes)
    {
        var values = new float[bytes.Length / sizeof(float)];
        for (int i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
        return values;
    }

    private sealed record Header(
        string Fingerprint, int BestEpoch, TrainingProgress[] Epochs, Dictionary<string, long> Steps, TensorEntry[] Tensors);

    private sealed record TensorEntry(string Name, int Length);
}
