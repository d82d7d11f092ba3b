using System.IO.Compression;
using System.Reflection;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>One transformer's place in a model file, while it is being read.</summary>
internal sealed class ModelLoadContext
{
    private readonly ZipArchive _archive;
    private readonly string _directory;

    private ModelLoadContext(ZipArchive archive, string directory, byte[] content)
    {
        _archive = archive;
        _directory = directory;
        Reader = new BinaryReader(new MemoryStream(content), Encoding.UTF8);
    }

    public BinaryReader Reader { get; }

    /// <summary>Reads the transformer in a directory of the archive; false where there is none.</summary>
    public static bool TryLoadModel(IHostEnvironment env, ZipArchive archive, string directory, out ITransformer model)
    {
        model = null;
        if (ReadEntryOrNull(archive, ModelSaveContext.Combine(directory, ModelSaveContext.EntryName)) is not { } content)
            return false;
        var context = new ModelLoadContext(archive, directory, content);
        try
        {
            model = context.FindLoader()(env, context);
        }
        catch (EndOfStreamException exception)
        {
            throw new FormatException($"Corrupt model file: '{directory}' ends too early.", exception);
        }
        return true;
    }

    /// <summary>Reads a transformer that is part of this one.</summary>
    public ITransformer LoadModel(IHostEnvironment env, string name) =>
        TryLoadModel(env, _archive, ModelSaveContext.Combine(_directory, name), out var model)
            ? model
            : throw new FormatException($"Corrupt model file: '{_directory}' lacks '{name}'.");

    public byte[] LoadBytes(string name) =>
        ReadEntryOrNull(_archive, ModelSaveContext.Combine(_directory, name))
            ?? throw new FormatException($"Corrupt model file: '{_directory}' lacks '{name}'.");

    /// <summary>Reads a number of things that follow.</summary>
    public int ReadCount() => Reader.ReadCount();

    public string[] ReadNames()
    {
        var names = new string[ReadCount()];
        for (var i = 0; i < names.Length; i++)
            names[i] = Reader.ReadString();
        return names;
    }

    public static byte[] ReadEntryOrNull(ZipArchive archive, string path)
    {
        if (archive.GetEntry(path) is not { } entry)
            return null;
        try
        {
            var bytes = new byte[entry.Length];
            using var stream = entry.Open();
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw new FormatException($"Corrupt model file: '{path}' cannot be read.", exception);
        }
    }

    private Func<IHostEnvironment, ModelLoadContext, ITransformer> FindLoader()
    {
        if (Reader.ReadUInt32() != ModelSaveContext.Signature || Reader.ReadInt32() != ModelSaveContext.FormatVersion)
            throw new FormatException($"'{_directory}' was not written by this build of Microsoft.ML, or by another version of it.");
        var assembly = Assembly.Load(Reader.ReadString());
        var type = assembly.GetType(Reader.ReadString());
        if (type?.IsDefined(typeof(LoadableModelAttribute)) != true)
            throw new FormatException($"Couldn't load model: '{_directory}'");
        return type.GetMethod("Load", BindingFlags.Static | BindingFlags.NonPublic)
            .CreateDelegate<Func<IHostEnvironment, ModelLoadContext, ITransformer>>();
    }
}

internal static class BinaryReaderExtensions
{
    /// <summary>Reads a number of things that follow, each of which takes a byte at least.</summary>
    public static int ReadCount(this BinaryReader reader)
    {
        var count = reader.ReadInt32();
        return 0 <= count && count <= reader.BaseStream.Length - reader.BaseStream.Position
            ? count
            : throw new FormatException($"Corrupt model file: there cannot be {count} items.");
    }
}
