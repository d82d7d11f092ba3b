using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>Computes columns by a function of the user's from objects to objects.</summary>
public sealed class CustomMappingTransformer<TSrc, TDst> : ITransformer
    where TSrc : class, new()
    where TDst : class, new()
{
    private readonly Action<TSrc, TDst> _mapAction;
    private readonly string _contractName;

    internal CustomMappingTransformer(
        IHostEnvironment env,
        Action<TSrc, TDst> mapAction,
        string contractName,
        SchemaDefinition inputSchemaDefinition,
        SchemaDefinition outputSchemaDefinition)
    {
        ArgumentNullException.ThrowIfNull(env);
        ArgumentNullException.ThrowIfNull(mapAction);
        env.Register(nameof(CustomMappingTransformer<TSrc, TDst>));
        _mapAction = mapAction;
        _contractName = contractName;
        InputSchemaDefinition = inputSchemaDefinition;
        AddedColumns = ObjectColumns<TDst>.Create(outputSchemaDefinition, SchemaDefinition.Direction.Write);
    }

    internal SchemaDefinition InputSchemaDefinition { get; }

    internal ObjectColumns<TDst> AddedColumns { get; }

    bool ITransformer.IsRowToRowMapper => true;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).OutputSchema;

    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new MappedDataView(input, Bind(input.Schema));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => Bind(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        Check.State(_contractName is not null, "Empty contract name for a transform: the transform cannot be saved");
        throw new NotSupportedException("This stand-in has no mappings by contract name: it saves no custom mapping.");
    }

    private Mapping Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new Mapping(this, inputSchema, new ObjectFiller<TSrc>(inputSchema, ignoreMissingColumns: false, InputSchemaDefinition));
    }

    private sealed class Mapping(CustomMappingTransformer<TSrc, TDst> parent, DataViewSchema inputSchema, ObjectFiller<TSrc> filler)
        : RowMapping(inputSchema, Added(parent.AddedColumns.Schema, [.. filler.Columns.Select(column => column.Index)]))
    {
        public override Delegate[] CreateGetters(DataViewRow input, bool[] active)
        {
            if (!active.Contains(true))
                return new Delegate[active.Length];
            // objects and row are this cursor's own, and one call gives all columns of a row
            var source = new TSrc();
            var destination = new TDst();
            var fill = filler.Bind(input);
            var result = new ObjectRow<TDst>(parent.AddedColumns, column => active[column.Index]);
            var lastPosition = -1L;
            void Refresh()
            {
                if (input.Position == lastPosition)
                    return;
                fill(source);
                parent._mapAction(source, destination);
                result.MoveTo(destination);
                lastPosition = input.Position;
            }
            return [.. result.Schema.Select(column => active[column.Index] ? Refreshed.Create(result, column, Refresh) : null)];
        }

        private static AddedColumn[] Added(DataViewSchema schema, int[] sources) =>
            [.. schema.Select(column => new AddedColumn(new DataViewSchema.DetachedColumn(column), sources, MakeGetter: null))];
    }
}

/// <summary>Getters that bring their row up to date first.</summary>
internal static class Refreshed
{
    public static Delegate Create(DataViewRow row, DataViewSchema.Column column, Action refresh) => (Delegate)
        new Func<DataViewRow, DataViewSchema.Column, Action, Delegate>(Create<int>).Method.GetGenericMethodDefinition()
        .MakeGenericMethod(column.Type.RawType).Invoke(null, [row, column, refresh]);

    private static ValueGetter<T> Create<T>(DataViewRow row, DataViewSchema.Column column, Action refresh)
    {
        var getter = row.GetGetter<T>(column);
        return (ref T value) =>
        {
            refresh();
            getter(ref value);
        };
    }
}
