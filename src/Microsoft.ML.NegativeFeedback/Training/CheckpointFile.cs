using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// The file of a <see cref="Checkpoint"/>: a magic number, the length of a JSON header, the header, the SHA-256 of all that, the tensors' values end to end as
/// little-endian Single, and the SHA-256 of everything before it. It is written and read a block at a time, and appears whole or not at all.
/// </summary>
internal static class CheckpointFile
{
    private static readonly byte[] Magic = "NFBCKPT2"u8.ToArray();

    private const int HashLength = SHA256.HashSizeInBytes, BlockLength = 1 << 20, LongestHeader = 1 << 28;

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
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ArgumentException(
                $"The checkpoint '{path}' cannot be written: {error.Message} Choose a file in a folder that can be written to.", error);
        }
    }

    /// <summary>Writes a checkpoint in the place of the one before.</summary>
    /// <param name="path">The file.</param>
    /// <param name="checkpoint">What it says of itself.</param>
    /// <param name="values">The values of its tensors in their order, which are read when they are written.</param>
    /// <exception cref="IOException">It could not be written; the one before is still there.</exception>
    public static void Write(string path, Checkpoint checkpoint, IEnumerable<TensorValues> values)
    {
        try
        {
            WholeFile.Write(path, "The checkpoint", stream => Write(stream, checkpoint, values));
        }
        catch (IOException error)
        {
            long size = checkpoint.Tensors.Sum(tensor => tensor.Length) * sizeof(float);
            throw new IOException(FormattableString.Invariant($"The checkpoint '{path}' of epoch {checkpoint.Epochs.Count} could not be written: ")
                + FormattableString.Invariant($"{(error.InnerException ?? error).Message} It takes {(size >> 20) + 1} MiB beside the one of the epoch before, which is ")
                + "left as it was: free as much on its drive and train again, which goes on from there.", error);
        }
    }

    /// <summary>Writes a checkpoint.</summary>
    internal static void Write(Stream stream, Checkpoint checkpoint, IEnumerable<TensorValues> values)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(checkpoint, HeaderFormat);
        var length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        Append(Magic);
        Append(length);
        Append(json);
        Append(hash.GetCurrentHash());
        var block = new float[BlockLength / sizeof(float)];
        foreach (var tensor in values)
        {
            for (long start = 0; start < tensor.Length; start += block.Length)
            {
                var part = block.AsSpan(0, (int)Math.Min(block.Length, tensor.Length - start));
                tensor.Read(start, part);
                ConvertLittleEndian(part);
                Append(MemoryMarshal.AsBytes(part));
            }
        }

        stream.Write(hash.GetHashAndReset());

        void Append(ReadOnlySpan<byte> bytes)
        {
            hash.AppendData(bytes);
            stream.Write(bytes);
        }
    }

    /// <summary>What the checkpoint says of itself; null where there is no file.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint, or its beginning is truncated or damaged.</exception>
    public static Checkpoint? ReadHeader(string path)
    {
        using var stream = Open(path);
        return stream is null ? null : Read(stream, path, _ => null);
    }

    /// <summary>Opens a checkpoint; null where there is none.</summary>
    public static Stream? Open(string path)
        => File.Exists(path) ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BlockLength) : null;

    /// <summary>Reads a checkpoint.</summary>
    /// <param name="stream">Where it begins.</param>
    /// <param name="path">What it is called in messages.</param>
    /// <param name="choose">Sees what the checkpoint says of itself and gives where the values of a tensor go, by its number; or null to read no further.</param>
    /// <exception cref="InvalidDataException">
    /// It is no checkpoint, or truncated, or damaged, which is known at its end alone: nothing that was taken is to be used then.
    /// </exception>
    internal static Checkpoint Read(Stream stream, string path, Func<Checkpoint, Func<int, TensorValues>?> choose)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            var checkpoint = ReadHeader(stream, hash, path);
            if (choose(checkpoint) is not { } take)
                return checkpoint;
            for (int i = 0; i < checkpoint.Tensors.Count; i++)
                ReadValues(stream, hash, take(i));
            RequireHash(stream, hash.GetCurrentHash());
            return stream.ReadByte() < 0 ? checkpoint : throw new EndOfStreamException();
        }
        catch (Exception error) when (error is EndOfStreamException or JsonException)
        {
            throw new InvalidDataException($"The checkpoint '{path}' is truncated or damaged. Delete the file to start anew.", error);
        }
    }

    private static Checkpoint ReadHeader(Stream stream, IncrementalHash hash, string path)
    {
        var magic = new byte[Magic.Length];
        if (stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !magic.AsSpan().SequenceEqual(Magic))
        {
            throw new InvalidDataException(
                $"'{path}' is no checkpoint of this library, or one of another version. Choose another path, or delete the file to start anew.");
        }

        hash.AppendData(magic);
        long length = BinaryPrimitives.ReadInt64LittleEndian(ReadBytes(stream, hash, sizeof(long)));
        if (length is < 0 or > LongestHeader)
            throw new EndOfStreamException();
        byte[] json = ReadBytes(stream, hash, (int)length);
        byte[] expected = hash.GetCurrentHash();
        RequireHash(stream, expected);
        hash.AppendData(expected);
        return JsonSerializer.Deserialize<Checkpoint>(json, HeaderFormat) ?? throw new JsonException();
    }

    private static void ReadValues(Stream stream, IncrementalHash hash, TensorValues values)
    {
        var block = new float[Math.Min(BlockLength / sizeof(float), values.Length)];
        for (long start = 0; start < values.Length; start += block.Length)
        {
            var part = block.AsSpan(0, (int)Math.Min(block.Length, values.Length - start));
            stream.ReadExactly(MemoryMarshal.AsBytes(part));
            hash.AppendData(MemoryMarshal.AsBytes(part));
            ConvertLittleEndian(part);
            values.Write(start, part);
        }
    }

    private static byte[] ReadBytes(Stream stream, IncrementalHash hash, int length)
    {
        var bytes = new byte[length];
        stream.ReadExactly(bytes);
        hash.AppendData(bytes);
        return bytes;
    }

    private static void RequireHash(Stream stream, byte[] expected)
    {
        var hash = new byte[HashLength];
        stream.ReadExactly(hash);
        if (!hash.AsSpan().SequenceEqual(expected))
            throw new EndOfStreamException();
    }

    // from the machine's order of bytes or to it
    private static void ConvertLittleEndian(Span<float> values)
    {
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, int>(values), MemoryMarshal.Cast<float, int>(values));
    }
}

/// <summary>
/// What a checkpoint says of itself before the tensors that it holds. Random numbers need no state, since they follow from seed, epoch and step.
/// </summary>
/// <param name="Origin">The options and data it belongs to, by name.</param>
/// <param name="Seed">The seed of everything random.</param>
/// <param name="Threads">Threads of training; null on a GPU.</param>
/// <param name="BestEpoch">The epoch of the best weights, from 1; 0 before the first.</param>
/// <param name="Epochs">Every epoch so far.</param>
/// <param name="Steps">Steps of Adam a parameter.</param>
/// <param name="Tensors">The tensors in their order: those of weights, Adam's moments and best weights.</param>
/// <param name="MaximumEpochs">How many epochs the training was to have at most; null in files of before it was noted.</param>
/// <param name="Patience">After how many epochs without a better one it was to end; null likewise.</param>
internal sealed record Checkpoint(
    IReadOnlyDictionary<string, string> Origin, long Seed, int? Threads, int BestEpoch, IReadOnlyList<TrainingProgress> Epochs,
    IReadOnlyDictionary<string, long> Steps, IReadOnlyList<CheckpointTensor> Tensors, int? MaximumEpochs = null, int? Patience = null)
{
    /// <summary>Whether a training with these options would have no epoch left.</summary>
    public bool HasEnded(int maximumEpochs, int patience)
        => Epochs.Count >= maximumEpochs || (Epochs[^1].ValidationScore is not null && Epochs.Count - BestEpoch >= patience);

    /// <summary>Whether it had ended, by its own limits; by those of another training where the file does not know its own.</summary>
    public bool HadEnded(int maximumEpochs, int patience) => HasEnded(MaximumEpochs ?? maximumEpochs, Patience ?? patience);

    /// <summary>What differs from another training, in words; null where nothing does.</summary>
    public string? DifferenceFrom(IReadOnlyDictionary<string, string> origin)
    {
        var differences = Origin.Keys.Union(origin.Keys)
            .Where(name => Origin.GetValueOrDefault(name) != origin.GetValueOrDefault(name))
            .Select(name => $"{name}: {Origin.GetValueOrDefault(name, "none")} there, {origin.GetValueOrDefault(name, "none")} here").ToArray();
        return differences.Length == 0 ? null : string.Join("; ", differences);
    }
}

/// <summary>A tensor of a checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">The number of its values.</param>
internal sealed record CheckpointTensor(string Name, long Length);
