namespace Microsoft.ML;

/// <summary>
/// Marks a type that a model file may name: it has a static <c>ITransformer Load(IHostEnvironment, ModelLoadContext)</c>.
/// The type is internal, so that, as with the package, no other assembly can have its transformers re-created.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class LoadableModelAttribute : Attribute
{
}
