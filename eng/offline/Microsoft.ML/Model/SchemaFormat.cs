using System.Text;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>How a schema is written into a model file: its columns with their annotations, hidden ones too.</summary>
internal static class SchemaFormat
{
    public static byte[] Write(DataViewSchema schema)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        WriteColumns(writer, schema, column =>
            WriteColumns(writer, column.Annotations.Schema, annotation =>
                AnnotationValue.Of(annotation.Type).Write(writer, column.Annotations, annotation)));
        writer.Flush();
        return stream.ToArray();
    }

    public static DataViewSchema Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        try
        {
            var columns = new DataViewSchema.Builder();
            for (var count = reader.ReadCount(); count > 0; count--)
            {
                var name = reader.ReadString();
                var type = ValueFormat.ReadType(reader);
                columns.AddColumn(name, type, ReadAnnotations(reader));
            }
            return columns.ToSchema();
        }
        catch (EndOfStreamException exception)
        {
            throw new FormatException("Corrupt model file: the schema ends too early.", exception);
        }
    }

    private static DataViewSchema.Annotations ReadAnnotations(BinaryReader reader)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        for (var count = reader.ReadCount(); count > 0; count--)
        {
            var name = reader.ReadString();
            var type = ValueFormat.ReadType(reader);
            AnnotationValue.Of(type).Read(reader, annotations, name, type);
        }
        return annotations.ToAnnotations();
    }

    // columns of other types are left out, as the package does
    private static void WriteColumns(BinaryWriter writer, DataViewSchema schema, Action<DataViewSchema.Column> writeRest)
    {
        DataViewSchema.Column[] columns = [.. schema.Where(column => ValueFormat.CanWrite(column.Type))];
        writer.Write(columns.Length);
        foreach (var column in columns)
        {
            writer.Write(column.Name);
            ValueFormat.WriteType(writer, column.Type);
            writeRest(column);
        }
    }

    private abstract class AnnotationValue
    {
        public static AnnotationValue Of(DataViewType type) => (AnnotationValue)Activator.CreateInstance(
            (type is VectorDataViewType ? typeof(Vector<>) : typeof(Scalar<>)).MakeGenericType(type.GetItemType().RawType));

        public abstract void Write(BinaryWriter writer, DataViewSchema.Annotations annotations, DataViewSchema.Column annotation);

        public abstract void Read(BinaryReader reader, DataViewSchema.Annotations.Builder annotations, string name, DataViewType type);
    }

    private sealed class Scalar<T> : AnnotationValue
    {
        public override void Write(BinaryWriter writer, DataViewSchema.Annotations annotations, DataViewSchema.Column annotation)
        {
            T value = default;
            annotations.GetValue(annotation.Name, ref value);
            ValueFormat.WriteValue(writer, value);
        }

        public override void Read(BinaryReader reader, DataViewSchema.Annotations.Builder annotations, string name, DataViewType type)
        {
            var stored = ValueFormat.ReadValue<T>(reader);
            annotations.Add(name, type, (ref T value) => value = stored);
        }
    }

    private sealed class Vector<T> : AnnotationValue
    {
        public override void Write(BinaryWriter writer, DataViewSchema.Annotations annotations, DataViewSchema.Column annotation)
        {
            var value = default(VBuffer<T>);
            annotations.GetValue(annotation.Name, ref value);
            writer.Write(value.Length);
            foreach (var item in value.DenseValues())
                ValueFormat.WriteValue(writer, item);
        }

        public override void Read(BinaryReader reader, DataViewSchema.Annotations.Builder annotations, string name, DataViewType type)
        {
            var items = new T[reader.ReadCount()];
            for (var i = 0; i < items.Length; i++)
                items[i] = ValueFormat.ReadValue<T>(reader);
            var stored = new VBuffer<T>(items.Length, items);
            annotations.Add(name, type, (ref VBuffer<T> value) => stored.CopyTo(ref value));
        }
    }
}
