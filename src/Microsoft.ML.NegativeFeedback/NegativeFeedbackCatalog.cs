using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML;

/// <summary>
/// The front door: every entry point of Microsoft.ML.NegativeFeedback, as extension methods of ML.NET's own catalogs.
/// </summary>
public static partial class NegativeFeedbackCatalog
{
    /// <summary>
    /// Saves a model as <c>Model.Save</c> does, so that the file appears whole or not at all: it is written beside, under a temporary name, flushed to the disk
    /// and renamed. <c>Model.Save</c> empties the file first, so that a process that ends meanwhile, or a step that cannot be saved, leaves a broken file in the place
    /// of a good one.
    /// </summary>
    /// <param name="catalog">The model catalog of an <see cref="MLContext"/>.</param>
    /// <param name="model">The model, whoever made it.</param>
    /// <param name="inputSchema">The schema of its input; null to save none.</param>
    /// <param name="filePath">
    /// The file; one that is there is replaced, and stays as it is where saving fails. What a process that was killed while saving to it left beside it goes too.
    /// </param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="NotSupportedException">A step of the model cannot be saved.</exception>
    /// <example>
    /// <code>
    /// ml.Model.SaveAtomically(model, users.Schema, "recommend.zip");
    /// ITransformer served = ml.Model.Load("recommend.zip", out DataViewSchema input);
    /// </code>
    /// </example>
    public static void SaveAtomically(this ModelOperationsCatalog catalog, ITransformer model, DataViewSchema? inputSchema, string filePath)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(filePath);
        WholeFile.Write(filePath, "The model", file => catalog.Save(model, inputSchema, file));
    }
}
