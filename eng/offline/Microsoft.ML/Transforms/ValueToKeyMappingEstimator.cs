using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>Learns the values of columns and gives each a key.</summary>
public sealed class ValueToKeyMappingEstimator : IEstimator<ValueToKeyMappingTransformer>
{
    private readonly IHost _host;
    private readonly (string Output, string Input)[] _columns;
    private readonly int _maximumNumberOfKeys;
    private readonly KeyOrdinality _keyOrdinality;
    private readonly IDataView _keyData;

    internal ValueToKeyMappingEstimator(
        IHostEnvironment env,
        (string Output, string Input)[] columns,
        int maximumNumberOfKeys,
        KeyOrdinality keyOrdinality,
        IDataView keyData)
    {
        ArgumentNullException.ThrowIfNull(env);
        _host = env.Register(nameof(ValueToKeyMappingEstimator));
        Check.Parameter(columns is { Length: > 0 }, nameof(columns), "There must be a column.");
        Check.Parameter(
            keyData is null || keyData.Schema.Count == 1,
            nameof(keyData),
            "If specified, this data view should contain only a single column containing the terms to map, "
                + $"but this had {keyData?.Schema.Count} columns.");
        _columns = columns;
        _maximumNumberOfKeys = maximumNumberOfKeys;
        _keyOrdinality = keyOrdinality;
        _keyData = keyData;
    }

    /// <summary>How keys are dealt out.</summary>
    public enum KeyOrdinality : byte
    {
        ByOccurrence = 0,
        ByValue = 1,
    }

    public ValueToKeyMappingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        DataViewSchema.Column[] sources = [.. _columns.Select(pair => input.Schema.GetColumnOrNull(pair.Input)
            ?? throw Check.MissingColumn("inputSchema", "input", pair.Input))];
        var sorted = _keyOrdinality == KeyOrdinality.ByValue;
        var dictionaries = _keyData is null ? Learn(input, sources, sorted) : Read(sources, sorted);
        return new ValueToKeyMappingTransformer(_host, _columns, dictionaries);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var columns = inputSchema.ToDictionary(column => column.Name);
        foreach (var (output, input) in _columns)
        {
            if (!inputSchema.TryFindColumn(input, out var column) || DataViewTypes.FromTypeOrNull(column.ItemType.RawType) is null)
                throw Check.MissingColumn(nameof(inputSchema), "input", input);
            // keys of keys keep what the first ones stood for
            if (!column.IsKey || !column.Annotations.TryFindColumn(AnnotationKinds.KeyValues, out var keyValues)
                || keyValues.Kind != SchemaShape.Column.VectorKind.Vector)
            {
                keyValues = new SchemaShape.Column(
                    AnnotationKinds.KeyValues, SchemaShape.Column.VectorKind.Vector, column.ItemType, column.IsKey);
            }
            SchemaShape.Column[] annotations = column.Annotations.TryFindColumn(AnnotationKinds.SlotNames, out var slotNames)
                ? [slotNames, keyValues]
                : [keyValues];
            columns[output] = new SchemaShape.Column(output, column.Kind, NumberDataViewType.UInt32, true, new SchemaShape(annotations));
        }
        return new SchemaShape(columns.Values);
    }

    private KeyDictionary[] Learn(IDataView input, DataViewSchema.Column[] sources, bool sorted)
    {
        Check.Parameter(_maximumNumberOfKeys > 0, "MaxNumTerms", "Must be positive");
        using var channel = _host.Start("Training");
        KeyDictionaryBuilder[] builders = [.. sources.Select(source => KeyDictionaryBuilder.Create(source.Type, _maximumNumberOfKeys))];
        using (var cursor = input.GetRowCursor(sources.DistinctBy(source => source.Index)))
        {
            Func<bool>[] readers = [.. builders.Zip(sources, (builder, source) => builder.MakeReader(cursor, source))];
            // ends early when all dictionaries are full
            while (readers.Length > 0 && cursor.MoveNext())
                readers = [.. readers.Where(readRow => readRow())];
        }
        for (var i = 0; i < builders.Length; i++)
        {
            if (builders[i].Count == 0)
                channel.Warning(MessageSensitivity.Schema, "Term map for output column '{0}' contains no entries.", _columns[i].Output);
        }
        return [.. builders.Select(builder => builder.Build(sorted))];
    }

    private KeyDictionary[] Read(DataViewSchema.Column[] sources, bool sorted)
    {
        using var channel = _host.Start("Training");
        var keyColumn = _keyData.Schema[0];
        foreach (var source in sources)
        {
            var itemType = source.Type.GetItemType();
            Check.Parameter(
                keyColumn.Type.Equals(itemType), "keyData", $"Input data's column must be of type '{itemType}' but was '{keyColumn.Type}'");
        }

        var builder = KeyDictionaryBuilder.Create(keyColumn.Type, int.MaxValue);
        using (var cursor = _keyData.GetRowCursor([keyColumn]))
        {
            var readRow = builder.MakeReader(cursor, keyColumn);
            while (cursor.MoveNext() && readRow())
            {
            }
        }
        if (builder.Count == 0)
            channel.Warning(MessageSensitivity.None, "Map from the term data resulted in an empty map.");
        // the columns share it
        return [.. Enumerable.Repeat(builder.Build(sorted), sources.Length)];
    }
}
