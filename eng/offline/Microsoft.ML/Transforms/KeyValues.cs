using System.Reflection;

namespace Microsoft.ML.Data;

/// <summary>The annotation that tells what keys stand for.</summary>
internal abstract class KeyValues
{
    public abstract void AddTo(DataViewSchema.Annotations.Builder annotations);

    /// <summary>
    /// What the keys of other keys stand for: that which the other keys stood for. Null where the source holds no keys or nothing is
    /// known of what they stood for.
    /// </summary>
    public static KeyValues OfKeys<TKey>(DataViewSchema.Column source, PrimitiveDataViewType keyType, TKey[] keys)
    {
        if (keyType is not KeyDataViewType { Count: var count }
            || source.Annotations.Schema.GetColumnOrNull(AnnotationKinds.KeyValues)?.Type is not VectorDataViewType values
            || (ulong)values.Size != count)
            return null;
        var places = keys.Select(key => checked((int)(Convert.ToUInt64(key) - 1))).ToArray();
        return (KeyValues)typeof(KeyValues).GetMethod(nameof(At), BindingFlags.Static | BindingFlags.NonPublic)
            .MakeGenericMethod(values.ItemType.RawType)
            .Invoke(null, [source, values.ItemType, places]);
    }

    private static KeyValues<T> At<T>(DataViewSchema.Column source, PrimitiveDataViewType itemType, int[] places)
    {
        return new(itemType, places.Length, () =>
        {
            var values = default(VBuffer<T>);
            source.GetKeyValues(ref values);
            T[] items = [.. values.DenseValues()];
            return Array.ConvertAll(places, place => items[place]);
        });
    }
}

internal sealed class KeyValues<T>(PrimitiveDataViewType itemType, int count, Func<T[]> values) : KeyValues
{
    public override void AddTo(DataViewSchema.Annotations.Builder annotations)
    {
        annotations.Add(AnnotationKinds.KeyValues, new VectorDataViewType(itemType, count), (ref VBuffer<T> destination) =>
        {
            var editor = VBufferEditor.Create(ref destination, count);
            values().CopyTo(editor.Values);
            destination = editor.Commit();
        });
    }
}
