using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>Maps values to their keys, those without one to 0. The <c>KeyValues</c> annotation tells what the keys stand for.</summary>
[LoadableModel]
public sealed class ValueToKeyMappingTransformer : OneToOneTransformerBase
{
    // one for each pair of columns; pairs may share one
    private readonly KeyDictionary[] _dictionaries;

    internal ValueToKeyMappingTransformer(
        IHostEnvironment env, (string Output, string Input)[] columns, KeyDictionary[] dictionaries)
        : base(env, "Term", columns)
    {
        _dictionaries = dictionaries;
    }

    internal static ITransformer Load(IHostEnvironment env, ModelLoadContext ctx)
    {
        var columns = LoadColumns(ctx);
        var different = new KeyDictionary[ctx.ReadCount()];
        for (var i = 0; i < different.Length; i++)
            different[i] = KeyDictionary.Load(ctx);
        var dictionaries = new KeyDictionary[columns.Length];
        for (var i = 0; i < dictionaries.Length; i++)
        {
            dictionaries[i] = different.ElementAtOrDefault(ctx.Reader.ReadInt32())
                ?? throw new FormatException("Corrupt model file: missing terms.");
        }
        return new ValueToKeyMappingTransformer(env, columns, dictionaries);
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        SaveColumns(ctx);
        KeyDictionary[] different = [.. _dictionaries.Distinct()];
        ctx.Writer.Write(different.Length);
        foreach (var dictionary in different)
            dictionary.Save(ctx.Writer);
        foreach (var dictionary in _dictionaries)
            ctx.Writer.Write(Array.IndexOf(different, dictionary));
    }

    private protected override AddedColumn MakeColumn(int pair, DataViewSchema.Column input)
    {
        var dictionary = _dictionaries[pair];
        var itemType = input.Type.GetItemType();
        if (itemType is not PrimitiveDataViewType)
            throw Check.ColumnType("inputSchema", "input", input.Name, "standard type or a vector of standard type", input.Type.ToString());
        Check.State(
            dictionary.ItemType.Equals(itemType),
            $"Could not apply a map over type '{dictionary.ItemType}' to column '{ColumnPairs[pair].Output}' "
                + $"since it has type '{itemType}'");

        var annotations = new DataViewSchema.Annotations.Builder();
        dictionary.AddKeyValues(annotations, input);
        annotations.Add(input.Annotations, name => name == AnnotationKinds.SlotNames);
        var output = new DataViewSchema.DetachedColumn(
            ColumnPairs[pair].Output, input.Type.WithItemType(dictionary.KeyType), annotations.ToAnnotations());
        return new AddedColumn(output, [input.Index], row => dictionary.MakeGetter(row, input));
    }
}
