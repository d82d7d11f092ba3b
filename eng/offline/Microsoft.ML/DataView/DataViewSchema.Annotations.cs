using Microsoft.ML.Data;

namespace Microsoft.ML;

public sealed partial class DataViewSchema
{
    /// <summary>Values that belong to a column as a whole: a schema of their own and a getter for each.</summary>
    public sealed class Annotations
    {
        private readonly Delegate[] _getters;

        private Annotations(DataViewSchema schema, Delegate[] getters)
        {
            Schema = schema;
            _getters = getters;
        }

        public static Annotations Empty { get; } = new Builder().ToAnnotations();

        public DataViewSchema Schema { get; }

        public void GetValue<TValue>(string kind, ref TValue value)
        {
            var column = Schema.GetColumnOrNull(kind)
                ?? throw new InvalidOperationException($"Invalid call to '{nameof(GetValue)}': there is no annotation '{kind}'.");
            var getter = _getters[column.Index] as ValueGetter<TValue>
                ?? throw new InvalidOperationException(
                    $"Invalid call to '{nameof(GetValue)}': annotation '{kind}' is {column.Type}, not {typeof(TValue)}.");
            getter(ref value);
        }

        /// <summary>Gathers annotations.</summary>
        public sealed class Builder
        {
            private readonly List<(DetachedColumn Column, Delegate Getter)> _items;

            public Builder()
            {
                _items = [];
            }

            /// <summary>Adds the annotations that <paramref name="selector"/> picks by name.</summary>
            public void Add(Annotations annotations, Func<string, bool> selector)
            {
                if (annotations is null)
                    return;
                ArgumentNullException.ThrowIfNull(selector);
                foreach (var column in annotations.Schema.Where(column => selector(column.Name)))
                    _items.Add((new DetachedColumn(column), annotations._getters[column.Index]));
            }

            /// <summary>Adds an annotation, whose getter must give the type's raw type.</summary>
            public void Add<TValue>(string name, DataViewType type, ValueGetter<TValue> getter, Annotations annotations = null)
            {
                var column = new DetachedColumn(name, type, annotations);
                ArgumentNullException.ThrowIfNull(getter);
                if (type.RawType != typeof(TValue))
                {
                    throw new ArgumentException(
                        $"The getter of annotation '{name}' must give '{type.RawType}', not '{typeof(TValue)}'.", nameof(getter));
                }
                _items.Add((column, getter));
            }

            public Annotations ToAnnotations()
            {
                var schema = new DataViewSchema.Builder();
                schema.AddColumns(_items.Select(item => item.Column));
                return new Annotations(schema.ToSchema(), [.. _items.Select(item => item.Getter)]);
            }
        }
    }
}
