namespace Microsoft.ML;

/// <summary>Where a model is being saved. What it holds is in Model/.</summary>
public sealed partial class ModelSaveContext
{
}
