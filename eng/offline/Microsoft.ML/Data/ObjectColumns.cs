using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The columns that the members of <typeparamref name="TRow"/> stand for, under a definition.</summary>
internal sealed class ObjectColumns<TRow>
    where TRow : class
{
    private ObjectColumns(IReadOnlyList<Column> columns)
    {
        Columns = columns;
        var builder = new DataViewSchema.Builder();
        foreach (var column in columns)
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        Schema = builder.ToSchema();
    }

    public IReadOnlyList<Column> Columns { get; }

    /// <summary>The schema of a view of such objects.</summary>
    public DataViewSchema Schema { get; }

    public static ObjectColumns<TRow> Create(SchemaDefinition definition, SchemaDefinition.Direction direction) =>
        new([.. (definition ?? SchemaDefinition.Create(typeof(TRow), direction)).Select(Resolve)]);

    /// <summary>The columns of all members, with types and annotations taken from a schema that names some of them.</summary>
    public static ObjectColumns<TRow> Create(DataViewSchema schema)
    {
        var definition = SchemaDefinition.Create(typeof(TRow), SchemaDefinition.Direction.Read);
        foreach (var column in schema)
        {
            var target = definition[column.Name];
            Check.State(target is not null, $"Type should contain a member named {column.Name}");
            target.ColumnType = column.Type;
            target.AddAnnotations(column.Annotations);
        }
        return Create(definition, SchemaDefinition.Direction.Read);
    }

    private static Column Resolve(SchemaDefinition.Column column)
    {
        var member = Member.Find(typeof(TRow), column.MemberName);
        var name = string.IsNullOrEmpty(column.ColumnName) ? column.MemberName : column.ColumnName;
        var type = column.ColumnType ?? member.InferColumnType();
        Check.Parameter(member.Kind.Accepts(type), "userSchemaDefinition",
            $"Column '{name}' is supposed to be of type {type}, but associated member '{column.MemberName}' has type {member.Type}");
        return new Column(member, name, type, column.Annotations);
    }

    /// <summary>One of them.</summary>
    internal sealed record Column(Member Member, string Name, DataViewType Type, DataViewSchema.Annotations Annotations);
}
