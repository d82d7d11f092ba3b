using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>How the members of a class stand for columns. Made from the class, it may be changed before it is used.</summary>
public sealed class SchemaDefinition : List<SchemaDefinition.Column>
{
    private SchemaDefinition()
    {
    }

    /// <summary>What the class is for: members to be read from need a getter, members to be written to a setter.</summary>
    [Flags]
    public enum Direction
    {
        Read = 1,
        Write = 2,
        Both = Read | Write,
    }

    public Column this[string columnName]
    {
        get => Find(column => column.ColumnName == columnName);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Check.Parameter(value.ColumnName == columnName, nameof(columnName),
                $"The column name is specified as '{value.ColumnName}' but must match the selector '{columnName}'.");
            var index = FindIndex(column => column.ColumnName == columnName);
            if (index >= 0)
                this[index] = value;
            else
                Add(value);
        }
    }

    /// <summary>A column for every public field and property: fields first.</summary>
    public static SchemaDefinition Create(Type userType, Direction direction = Direction.Both)
    {
        var definition = new SchemaDefinition();
        foreach (var member in Member.All(userType, direction))
        {
            // member order is not defined across runtimes, so hiding by order would not be either
            Check.Parameter(definition[member.ColumnName] is null, nameof(userType),
                $"Duplicate column name '{member.ColumnName}' detected, this is disallowed");
            definition.Add(new Column(member.Name, member.InferColumnType(), member.ColumnName));
        }
        return definition;
    }

    /// <summary>One member and its column.</summary>
    public sealed class Column
    {
        private readonly List<(string Kind, DataViewType Type, Delegate Getter)> _annotations = [];

        internal Column(string memberName, DataViewType columnType, string columnName)
        {
            MemberName = memberName;
            ColumnType = columnType;
            ColumnName = columnName;
        }

        public string MemberName { get; }

        public string ColumnName { get; set; }

        public DataViewType ColumnType { get; set; }

        public DataViewSchema.Annotations Annotations
        {
            get
            {
                var builder = new DataViewSchema.Annotations.Builder();
                foreach (var (kind, type, getter) in _annotations)
                    builder.Add(kind, type, getter);
                return builder.ToAnnotations();
            }
        }

        /// <summary>Adds an annotation; its value may be an array or text, as a member's.</summary>
        public void AddAnnotation<T>(string kind, T value, DataViewType annotationType)
        {
            ArgumentNullException.ThrowIfNull(kind);
            ArgumentNullException.ThrowIfNull(annotationType);
            Check.State(_annotations.All(a => a.Kind != kind), "Column already contains an annotation of this kind.");
            var actual = MemberType.Of(typeof(T), "annotation value");
            Check.State(actual.Accepts(annotationType),
                $"A value of type {typeof(T)} is no value of an annotation of type {annotationType}.");
            _annotations.Add((kind, annotationType, MemberGetter.Create<object, T>(_ => value, () => null)));
        }

        internal void AddAnnotations(DataViewSchema.Annotations annotations)
        {
            foreach (var column in annotations.Schema)
                _annotations.Add((column.Name, column.Type, annotations.GetGetter(column)));
        }
    }
}
