using System.Collections;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>What a transformer of a chain is needed for.</summary>
[Flags]
public enum TransformerScope
{
    None = 0,
    Training = 1,
    Testing = 2,
    TrainTest = Training | Testing,
    Scoring = 4,
    Everything = Training | Testing | Scoring,
}

/// <summary>Transformers that run one after another.</summary>
public sealed class TransformerChain<TLastTransformer> : ITransformer, IEnumerable<ITransformer>, IDisposable
    where TLastTransformer : class, ITransformer
{
    private readonly ITransformer[] _transformers;
    private readonly TransformerScope[] _scopes;
    private bool _disposed;

    public TransformerChain(IEnumerable<ITransformer> transformers, IEnumerable<TransformerScope> scopes)
    {
        _transformers = [.. transformers ?? []];
        _scopes = [.. scopes ?? []];
        Check.State(_transformers is [] or [.., TLastTransformer], $"The last transformer is no {typeof(TLastTransformer)}.");
        Check.State(_transformers.Length == _scopes.Length, "A chain needs a scope for each transformer.");
    }

    public TransformerChain(params ITransformer[] transformers)
        : this(transformers, transformers?.Select(_ => TransformerScope.Everything))
    {
    }

    private IEnumerable<ITransformer> Scoring => _transformers.Where((_, i) => _scopes[i].HasFlag(TransformerScope.Scoring));

    bool ITransformer.IsRowToRowMapper => _transformers.All(transformer => transformer.IsRowToRowMapper);

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return Scoring.Aggregate(inputSchema, (schema, transformer) => transformer.GetOutputSchema(schema));
    }

    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        // a schema that does not fit is found before anything is transformed
        GetOutputSchema(input.Schema);
        return Scoring.Aggregate(input, (view, transformer) => transformer.Transform(view));
    }

    public IEnumerator<ITransformer> GetEnumerator() => ((IEnumerable<ITransformer>)_transformers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
        if (_disposed)
            return;
        foreach (var transformer in _transformers)
            (transformer as IDisposable)?.Dispose();
        _disposed = true;
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Check.State(
            ((ITransformer)this).IsRowToRowMapper,
            $"{nameof(ITransformer.GetRowToRowMapper)} method called despite {nameof(ITransformer.IsRowToRowMapper)} being false.");
        var mappers = new List<IRowToRowMapper>();
        foreach (var transformer in _transformers)
            mappers.Add(transformer.GetRowToRowMapper(mappers.LastOrDefault()?.OutputSchema ?? inputSchema));
        return new ChainMapper(inputSchema, mappers);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        // the last transformer's type is not kept: Load gives TransformerChain<ITransformer>
        ctx.Begin(typeof(TransformerChainLoader));
        ctx.Writer.Write(_transformers.Length);
        for (var i = 0; i < _transformers.Length; i++)
        {
            ctx.Writer.Write((int)_scopes[i]);
            ctx.SaveModel(_transformers[i], TransformerChainLoader.DirectoryOf(i));
        }
    }
}

[LoadableModel]
internal static class TransformerChainLoader
{
    public static string DirectoryOf(int index) => $"Transform_{index:000}";

    internal static ITransformer Load(IHostEnvironment env, ModelLoadContext ctx)
    {
        var scopes = new TransformerScope[ctx.ReadCount()];
        var transformers = new ITransformer[scopes.Length];
        for (var i = 0; i < scopes.Length; i++)
        {
            scopes[i] = (TransformerScope)ctx.Reader.ReadInt32();
            transformers[i] = ctx.LoadModel(env, DirectoryOf(i));
        }
        return new TransformerChain<ITransformer>(transformers, scopes);
    }
}
