using System.IO.Compression;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Saves and loads models: zip archives of the transformers' content and of the schema of their input.</summary>
public sealed partial class ModelOperationsCatalog
{
    private const string ModelDirectory = "TransformerChain";
    private const string SchemaEntry = "Schema";

    public void Save(ITransformer model, DataViewSchema inputSchema, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(stream);
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        ModelSaveContext.SaveModel(archive, model, ModelDirectory);
        if (inputSchema is not null)
            ModelSaveContext.WriteEntry(archive, SchemaEntry, SchemaFormat.Write(inputSchema));
    }

    public void Save(ITransformer model, DataViewSchema inputSchema, string filePath)
    {
        Check.NonEmpty(filePath, nameof(filePath));
        using var stream = File.Create(filePath);
        Save(model, inputSchema, stream);
    }

    public ITransformer Load(Stream stream, out DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var archive = Open(stream);
        var schema = ModelLoadContext.ReadEntryOrNull(archive, SchemaEntry);
        inputSchema = schema is null ? null : SchemaFormat.Read(schema);
        if (ModelLoadContext.TryLoadModel(_env, archive, ModelDirectory, out var model))
            return model;
        // the package looks for a model of older versions before it gives up
        throw schema is null
            ? new InvalidOperationException("Could not load legacy format model")
            : new FormatException("Corrupt model file");
    }

    public ITransformer Load(string filePath, out DataViewSchema inputSchema)
    {
        Check.NonEmpty(filePath, nameof(filePath));
        using var stream = File.OpenRead(filePath);
        return Load(stream, out inputSchema);
    }

    private static ZipArchive Open(Stream stream)
    {
        try
        {
            return new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        }
        catch (Exception exception)
        {
            throw new FormatException("Failed to open a zip archive", exception);
        }
    }
}
