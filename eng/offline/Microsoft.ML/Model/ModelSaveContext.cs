using System.IO.Compression;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>One transformer's place in a model file, while it is being written.</summary>
public sealed partial class ModelSaveContext : IDisposable
{
    internal const string EntryName = "Model.key";

    // "MLOF", then the version of the format
    internal const uint Signature = 0x464F4C4D;
    internal const int FormatVersion = 1;

    private readonly ZipArchive _archive;
    private readonly string _directory;
    private readonly MemoryStream _content = new();
    private bool _begun;

    private ModelSaveContext(ZipArchive archive, string directory)
    {
        _archive = archive;
        _directory = directory;
        Writer = new BinaryWriter(_content, Encoding.UTF8, leaveOpen: true);
    }

    internal BinaryWriter Writer { get; }

    public void Dispose() => Writer.Dispose();

    internal static void SaveModel(ZipArchive archive, ICanSaveModel model, string directory)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var context = new ModelSaveContext(archive, directory);
        model.Save(context);
        context.Finish(model);
    }

    /// <summary>
    /// Begins the content of this place, which <paramref name="loader"/> will read. A transformer of another assembly cannot call this,
    /// but can hand its context to a transformer that does. The place has room for one.
    /// </summary>
    internal void Begin(Type loader)
    {
        Check.State(!_begun, "Another transformer has been saved here already: to save several, save a chain of them.");
        _begun = true;
        Writer.Write(Signature);
        Writer.Write(FormatVersion);
        Writer.Write(loader.Assembly.GetName().Name);
        Writer.Write(loader.FullName);
    }

    /// <summary>Writes a transformer that is part of this one.</summary>
    internal void SaveModel(ICanSaveModel model, string name) => SaveModel(_archive, model, Combine(_directory, name));

    /// <summary>Writes what <see cref="ModelLoadContext.ReadNames"/> reads.</summary>
    internal void WriteNames(string[] names)
    {
        Writer.Write(names.Length);
        foreach (var name in names)
            Writer.Write(name);
    }

    /// <summary>Writes an entry of bytes beside the content.</summary>
    internal void SaveBytes(string name, ReadOnlySpan<byte> bytes) => WriteEntry(_archive, Combine(_directory, name), bytes);

    internal static string Combine(string directory, string name) => directory.Length == 0 ? name : $"{directory}/{name}";

    internal static void WriteEntry(ZipArchive archive, string path, ReadOnlySpan<byte> bytes)
    {
        using var stream = archive.CreateEntry(path).Open();
        stream.Write(bytes);
    }

    private void Finish(ICanSaveModel model)
    {
        Check.State(
            _begun,
            $"{model.GetType()} has saved nothing: its Save must hand the context to the Save of one of the package's transformers.");
        Writer.Flush();
        WriteEntry(_archive, Combine(_directory, EntryName), _content.GetBuffer().AsSpan(0, (int)_content.Length));
    }
}
