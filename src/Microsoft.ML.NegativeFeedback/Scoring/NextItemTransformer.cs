using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Recommends the items that come next in a history, or scores given candidates: what every sequential trainer of this library returns.
/// </summary>
/// <remarks>
/// <para>It reads a vector of item keys, oldest first, and a vector of Single with the feedback beside them. Without candidates it
/// adds <c>RecommendedItems</c>, keys [k] with the key values of the items, best first, and <c>Scores</c>, Single [k]; where fewer
/// than k items are left, key 0 and −∞. With candidates it adds <c>CandidateScores</c>, one Single a candidate,
/// −∞ for an unknown one. A model with K sub-interests can also add how much each of them counts in each score: Single [k, K], or with
/// candidates K values a candidate, 0 beside an unknown item and where nothing is known of a history. Key 0 in a history is skipped.</para>
/// <para>A model of <see cref="MultiFeedbackTrainer"/> adds <c>Probabilities</c>, one for each kind of feedback and candidate, 0 for an unknown one; <c>CandidateScores</c>, their weighted sum; and
/// the best k candidates as <c>RecommendedItems</c> and <c>Scores</c>. What else a network reads (flags, times, features) comes from the columns that its trainer names.</para>
/// <para>A history in which the network finds nothing to read (empty, all unknown, or nothing liked where the network reads liked items alone) gets the most popular items. Their
/// scores are <b>counts</b>, 0 or more: how often training met the item. The network's scores are logits of any sign. Both order the items of a row; a threshold, or a comparison
/// between rows, must keep the two kinds of rows apart, which the history itself tells.</para>
/// <para>Scoring runs on ONNX Runtime: on the GPU of <c>MLContext.GpuDeviceId</c> when that is set, on the CPU otherwise. Views are
/// scored in batches, a prediction engine row by row. An instance is immutable and may be shared by threads. Dispose of it to free
/// the session; a data view that it made can be read until then. A prediction engine disposes of the model that it was made from, for
/// everybody who shares it, unless it is made with <c>new PredictionEngineOptions { OwnsTransformer = false }</c>.</para>
/// <para><c>mlContext.Model.SaveAtomically</c>, as <c>Model.Save</c>, writes it as ML.NET's own transformers, so that <c>Model.Load</c> gives the same results in a
/// process without this library; <c>mlContext.Recommendation().ScoreInBatches</c> makes such a transformer of what was loaded.</para>
/// </remarks>
/// <example>
/// <code>
/// using var engine = ml.Model.CreatePredictionEngine&lt;History, Recommendation&gt;(model, new PredictionEngineOptions { OwnsTransformer = false });
/// var next = engine.Predict(new History { Items = ["17", "5"], Feedback = [1, -1] });
/// </code>
/// </example>
public sealed partial class NextItemTransformer : ITransformer, IDisposable
{
    private readonly IHostEnvironment _environment;
    private readonly byte[] _graph;
    private readonly NextItemColumns _columns;
    private readonly ItemDictionary? _items;
    private readonly IReadOnlyDictionary<string, DataViewType> _inputTypes;
    private readonly OnnxScorer _scorer;
    private readonly Lazy<int?> _itemCount;
    private readonly Lock _gate = new();
    private OnnxScorer? _rowScorer;
    private NextItemTransformer? _similar;

    /// <param name="environment">The context that the model was trained in.</param>
    /// <param name="graph">A graph of NextItemGraph; candidates are scored where it has an input for them.</param>
    /// <param name="columns">The columns to read and add.</param>
    /// <param name="schema">The schema of the training data, whose items column gives the keys their values.</param>
    internal NextItemTransformer(IHostEnvironment environment, byte[] graph, NextItemColumns columns, DataViewSchema schema)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(graph);
        columns.CheckNames();
        (_environment, _graph, _columns, _itemCount) = (environment, graph, columns, new(() => ItemVectors.CountOf(graph)));
        _items = ReadItems(columns, schema);
        _inputTypes = InputTypes(columns, _items, schema);
        _scorer = Open(environment);
        if (_scorer.ScoresCandidates != columns.Candidates is not null)
        {
            _scorer.Dispose();
            throw new ArgumentException(_scorer.ScoresCandidates
                ? "The graph scores candidates: name the column that holds them."
                : $"The graph takes no candidates, but column '{columns.Candidates}' is to hold them.", nameof(columns));
        }

        if (columns.Outputs.FirstOrDefault(output => !_scorer.Gives(output.OutputName)) is { } missing)
        {
            _scorer.Dispose();
            throw new ArgumentException($"The graph gives no {missing.OutputName}, but column '{missing.ColumnName}' is to hold it.", nameof(columns));
        }
    }

    /// <param name="environment">The context that the model is to run in.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="columns">The columns to read and add.</param>
    /// <param name="items">The items; null of a model that ranks candidates, which are those of the rows then.</param>
    /// <param name="inputTypes">The types of the columns that are read.</param>
    internal NextItemTransformer(
        IHostEnvironment environment, byte[] graph, NextItemColumns columns, ItemDictionary? items, IReadOnlyDictionary<string, DataViewType> inputTypes)
    {
        (_environment, _graph, _columns, _items, _inputTypes, _itemCount) = (environment, graph, columns, items, inputTypes, new(() => ItemVectors.CountOf(graph)));
        _scorer = Open(environment);
    }

    /// <summary>Finds what would keep a trained model from scoring or from being saved before it is trained.</summary>
    /// <param name="environment">The context that the model is trained in.</param>
    /// <param name="columns">The columns to read and add.</param>
    /// <param name="schema">The schema of the training data.</param>
    /// <param name="size">How large the model's graph will be.</param>
    /// <exception cref="ArgumentException">
    /// A column is missing or of another type, the candidates have keys of another dictionary, or an item has a value that no file can hold.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The GPU cannot be used and the CPU is not allowed to take over, or the model takes more than the 2 GiB that an ONNX file can hold.
    /// </exception>
    internal static void CheckBeforeTraining(IHostEnvironment environment, NextItemColumns columns, DataViewSchema schema, GraphSize size)
    {
        columns.CheckNames();
        var items = ReadItems(columns, schema);
        InputTypes(columns, items, schema);
        // a model that scores candidates and recommends none of them names no items
        size.Check(columns.Items, columns.Outputs.Any(output => output.HasKeys) ? items.TableBytes() : 0);
        OnnxScorer.CheckDevice(OnnxScorerOptions.Of(environment));
    }

    /// <summary>
    /// True: a row of output needs one row of input, so that a prediction engine can be made of a chain with this transformer.
    /// </summary>
    public bool IsRowToRowMapper => true;

    /// <summary>The schema that <see cref="Transform"/> gives.</summary>
    /// <param name="inputSchema">The schema of its input.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type, or has other keys than the training data.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of, by itself or by an engine that owned it.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Mapping(inputSchema).OutputSchema;

    /// <summary>Adds the columns to a view. They are computed as rows are read, many rows at a time.</summary>
    /// <param name="input">Rows with the histories.</param>
    /// <returns>The view with the columns added.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, or has other keys than the training data.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of, by itself or by an engine that owned it.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new ScoredDataView(input, Mapping(input.Schema), _scorer);
    }

    /// <summary>The same for one row at a time.</summary>
    /// <param name="inputSchema">The schema of the rows.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type, or has other keys than the training data.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of, by itself or by an engine that owned it.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new RowToRowMapper(Mapping(inputSchema));

    /// <summary>
    /// Writes the trained network with everything around it as one ONNX graph, which any ONNX Runtime scores from raw histories:
    /// inputs <c>Items</c> uint32 [batch, length] (keys, 0 unknown or padding) and <c>Feedback</c> float [batch, length], outputs
    /// <c>RecommendedItems</c> uint32 [batch, k] and <c>Scores</c> float [batch, k]; with candidates also an input <c>Candidates</c>
    /// uint32 [batch, c], and the output <c>CandidateScores</c> float [batch, c]. A model that adds the weights of its sub-interests has the
    /// further output <c>SubInterestWeights</c> float [batch, k, K], or [batch, c, K]; one of <see cref="MultiFeedbackTrainer"/> has <c>Probabilities</c> float [batch, c, K] beside all the others. What else
    /// the network reads are inputs of their own, <c>Flags</c>, <c>Times</c> and <c>TargetTimes</c> by these names, features by those of their columns: beside the items [batch, length] or [batch, length, width], of the question
    /// or the row [batch, width]. docs/exported-graph.md is the whole contract. The file appears whole or not at all.
    /// </summary>
    /// <param name="path">The file to write; one that is there is replaced.</param>
    /// <param name="weights">How the file keeps the weights.</param>
    /// <exception cref="ArgumentException">The path is empty, or the format is none of its values.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void ExportToOnnx(string path, OnnxWeightFormat weights = OnnxWeightFormat.Single)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!Enum.IsDefined(weights))
            throw new ArgumentOutOfRangeException(nameof(weights), weights, "weights is none of its values.");
        var model = GraphWeights.WithoutOthers(_graph);
        if (weights == OnnxWeightFormat.Half)
            HalfWeights.PutInto(model);
        WholeFile.Write(path, "The ONNX graph", model.WriteTo);
    }

    /// <summary>
    /// Frees the sessions of ONNX Runtime, each when the last batch that another thread is scoring with it is done. The transformer can still be saved
    /// and exported; whoever scores with it later gets an <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Dispose()
    {
        _scorer.Dispose();
        lock (_gate)
        {
            _rowScorer?.Dispose();
            _similar?.Dispose();
        }
    }

    /// <summary>Saves built-in transformers that give the same results.</summary>
    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        SavedModel.Save(ctx, _graph, _columns, _items, _inputTypes);
    }

    private NextItemMapping Mapping(DataViewSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        _scorer.ThrowIfDisposed();
        return new NextItemMapping(schema, _columns, _items ?? ItemsOfRows(schema), _scorer, RowScorer);
    }

    /// <summary>Of a model without a list of its items, those of the rows: as many as its graph has vectors of, which is all that it can tell.</summary>
    private ItemDictionary ItemsOfRows(DataViewSchema schema)
    {
        var items = ReadItems(_columns, schema);
        if (_itemCount.Value is { } count && items.Count != count)
        {
            throw new ArgumentException($"Column '{_columns.Items}' has {items.Count} keys, but the model was trained on {count} items. "
                + "Apply the same fitted MapValueToKey as in training.");
        }

        return items;
    }

    private OnnxScorer RowScorer()
    {
        lock (_gate)
        {
            _scorer.ThrowIfDisposed();
            // One row is too little work to share between threads: waking them takes longer than scoring.
            return _rowScorer ??= _scorer.RunsOnGpu ? _scorer : new OnnxScorer(_graph, OnnxScorerOptions.Of(_environment) with { GpuDeviceId = null, ThreadCount = 1 }, OutputNames);
        }
    }

    private static ItemDictionary ReadItems(NextItemColumns columns, DataViewSchema schema)
        => ItemDictionary.Read(HistoryColumns.RequireKeys(schema, columns.Items));

    private IEnumerable<string> OutputNames => _columns.Outputs.Select(output => output.OutputName);

    private OnnxScorer Open(IHostEnvironment environment)
    {
        var options = OnnxScorerOptions.Of(environment);
        var scorer = new OnnxScorer(_graph, options, OutputNames);
        if (options.GpuDeviceId is { } device && !scorer.RunsOnGpu)
        {
            using var channel = environment.Register(nameof(NextItemTransformer)).Start("Open session");
            channel.Warning(MessageSensitivity.None, "GPU {0} cannot be used for scoring; the CPU takes over.", device);
        }

        return scorer;
    }

    private static Dictionary<string, DataViewType> InputTypes(NextItemColumns columns, ItemDictionary items, DataViewSchema schema)
    {
        var feedback = HistoryColumns.RequireFeedback(schema, columns.Feedback);
        var types = new Dictionary<string, DataViewType>
        {
            [columns.Items] = schema[columns.Items].Type,
            [columns.Feedback] = feedback.Type,
        };
        if (columns.Candidates is { } candidates)
            types[candidates] = CandidatesType(candidates, items, schema);
        foreach (var input in columns.Inputs)
            types[input.ColumnName] = InputType(input, schema);
        return types;
    }

    // training data has what is known of a question beside the items
    private static DataViewType InputType(InputColumn input, DataViewSchema schema)
    {
        if (schema.GetColumnOrNull(input.ColumnName) is not null)
            return input.Require(schema).Type;
        PrimitiveDataViewType value = input.ValueType == typeof(uint) ? new KeyDataViewType(typeof(uint), input.KeyCount)
            : input.ValueType == typeof(long) ? NumberDataViewType.Int64 : NumberDataViewType.Single;
        return input.Width == 1 ? value : new VectorDataViewType(value, input.Width);
    }

    /// <summary>Training data need not have candidates; where it has, they must be keys of the items.</summary>
    private static DataViewType CandidatesType(string name, ItemDictionary items, DataViewSchema schema)
    {
        if (schema.GetColumnOrNull(name) is null)
            return new VectorDataViewType(items.KeyType);
        var column = HistoryColumns.RequireKeys(schema, name);
        items.CheckSame(column, "the training data");
        return column.Type;
    }
}

/// <summary>How an exported graph keeps the weights.</summary>
public enum OnnxWeightFormat
{
    /// <summary>As they were trained, 32 bits a number.</summary>
    Single,

    /// <summary>
    /// Rounded to Float16, which halves the file. ONNX Runtime computes in Single all the same, with the rounded numbers: as fast as before, in as much memory.
    /// </summary>
    Half,
}
