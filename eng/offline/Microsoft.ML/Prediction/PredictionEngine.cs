using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Base of <see cref="PredictionEngine{TSrc, TDst}"/>.</summary>
public abstract class PredictionEngineBase<TSrc, TDst> : IDisposable
    where TSrc : class
    where TDst : class, new()
{
    private readonly ITransformer _transformer;
    private readonly bool _ownsTransformer;
    private readonly ObjectRow<TSrc> _input = new(new ObjectColumns<TSrc>(), _ => true);
    private readonly Action<TDst> _fill;
    private bool _disposed;

    private protected PredictionEngineBase(ITransformer transformer, bool ignoreMissingColumns, bool ownsTransformer)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        Check.Parameter(transformer.IsRowToRowMapper, nameof(transformer), "Must be a row to row mapper");
        _transformer = transformer;
        _ownsTransformer = ownsTransformer;
        var mapper = transformer.GetRowToRowMapper(_input.Schema);
        // as in the package, every column is active, and the engine never disposes of the output row
        _fill = new ObjectFiller<TDst>(mapper.OutputSchema, ignoreMissingColumns).Bind(mapper.GetRow(_input, mapper.OutputSchema));
    }

    public TDst Predict(TSrc example)
    {
        ArgumentNullException.ThrowIfNull(example);
        var prediction = new TDst();
        _input.MoveTo(example);
        _fill(prediction);
        return prediction;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _input.Dispose();
        if (_ownsTransformer)
            (_transformer as IDisposable)?.Dispose();
        _disposed = true;
    }
}

/// <summary>Maps one object at a time. Not safe for several threads.</summary>
public sealed class PredictionEngine<TSrc, TDst> : PredictionEngineBase<TSrc, TDst>
    where TSrc : class
    where TDst : class, new()
{
    internal PredictionEngine(ITransformer transformer, bool ignoreMissingColumns, bool ownsTransformer)
        : base(transformer, ignoreMissingColumns, ownsTransformer)
    {
    }
}
