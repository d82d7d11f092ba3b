using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Cuts sequences at their last item that was liked or skipped: that item is the target, everything before it the history, and what comes after it is left out.
/// Each row of the input gives a row of the output.
/// </summary>
/// <remarks>
/// A row without such an item, or with nothing before it, has no target: TargetFeedback is 0, TargetItem missing (key 0, an empty text; of numbers, which have no
/// missing value, 0), and the history is the whole sequence. <c>Recommendation().EvaluateNextItem</c> leaves such rows out and counts them
/// (<see cref="NextItemMetrics.RowsWithoutTarget"/>). Reading a row throws <see cref="InvalidDataException"/> where items and feedback differ in length or a
/// feedback is no number.
/// </remarks>
public sealed class HoldOutLastItemTransformer : RowTransformer
{
    private readonly HeldOutColumns _columns;

    internal HoldOutLastItemTransformer(HeldOutColumns columns) => _columns = columns;

    private protected override void Save(ModelSaveContext context)
        => throw new NotSupportedException("HoldOutLastItem cannot be saved: it prepares evaluation rows and takes no part in serving. "
            + "Save the chain that starts at the histories (MapValueToKey, trainer, MapKeyToValue).");

    private protected override RowMapping CreateMapping(DataViewSchema inputSchema) => new Mapping(_columns, inputSchema);

    private sealed class Mapping : RowMapping
    {
        private readonly DataViewSchema.Column _items;
        private readonly DataViewSchema.Column _feedback;
        private readonly DataViewSchema.Column? _times;
        private readonly bool _likedOnly;

        public Mapping(HeldOutColumns columns, DataViewSchema inputSchema)
            : base(inputSchema, ColumnsToAdd(columns, inputSchema))
        {
            (_items, _feedback, _times) = columns.Require(inputSchema);
            _likedOnly = columns.LikedOnly;
        }

        public override IEnumerable<DataViewSchema.Column> Inputs => _times is { } times ? [_items, _feedback, times] : [_items, _feedback];

        public override Delegate[] CreateGetters(DataViewRow input)
        {
            var findTarget = TargetFinder(input);
            Delegate[] getters =
            [
                Generic(nameof(HistoryGetter), _items, input, findTarget),
                Generic(nameof(HistoryGetter), _feedback, input, findTarget),
                Generic(nameof(TargetGetter), _items, input, findTarget),
                Generic(nameof(TargetGetter), _feedback, input, findTarget),
            ];
            return _times is { } times ? [.. getters, Generic(nameof(HistoryGetter), times, input, findTarget)] : getters;
        }

        private static AddedColumn[] ColumnsToAdd(HeldOutColumns columns, DataViewSchema schema)
        {
            var (items, _, _) = columns.Require(schema);
            var itemType = (PrimitiveDataViewType)ColumnTypes.ItemOf(items.Type);
            var builder = new DataViewSchema.Annotations.Builder();
            builder.Add(items.Annotations, name => name == ColumnTypes.KeyValues);
            var keyValues = builder.ToAnnotations();
            AddedColumn[] added =
            [
                new(columns.Items, new VectorDataViewType(itemType), keyValues),
                new(columns.Feedback, new VectorDataViewType(NumberDataViewType.Single)),
                new(columns.TargetItem, itemType, keyValues),
                new(columns.TargetFeedback, NumberDataViewType.Single),
            ];
            return columns.Times is null ? added : [.. added, new(columns.Times, new VectorDataViewType(NumberDataViewType.Int64))];
        }

        private static Delegate Generic(string method, DataViewSchema.Column column, DataViewRow input, Func<int, int> findTarget)
            => (Delegate)typeof(Mapping).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(ColumnTypes.ItemOf(column.Type).RawType)
                .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [column, input, findTarget], null)!;

        private static ValueGetter<VBuffer<T>> HistoryGetter<T>(DataViewSchema.Column column, DataViewRow input, Func<int, int> findTarget)
        {
            var read = input.GetGetter<VBuffer<T>>(column);
            VBuffer<T> whole = default;
            return (ref VBuffer<T> history) =>
            {
                read(ref whole);
                int target = findTarget(whole.Length);
                whole.CopyTo(ref history, 0, target < 0 ? whole.Length : target);
            };
        }

        private static ValueGetter<T> TargetGetter<T>(DataViewSchema.Column column, DataViewRow input, Func<int, int> findTarget)
        {
            var read = input.GetGetter<VBuffer<T>>(column);
            VBuffer<T> whole = default;
            return (ref T value) =>
            {
                read(ref whole);
                int target = findTarget(whole.Length);
                value = target < 0 ? default! : whole.GetItemOrDefault(target);
            };
        }

        /// <summary>The place of the row's target, or −1; it is given the length of the column that is cut.</summary>
        private Func<int, int> TargetFinder(DataViewRow input)
        {
            var reader = new VectorReader<float>(input, _feedback);
            return length =>
            {
                var feedback = reader.Read();
                if (feedback.Length != length)
                {
                    throw new InvalidDataException($"Row {input.Position + 1} has {feedback.Length} values in column '{_feedback.Name}' and {length} in a column "
                        + $"beside it: '{_items.Name}'{(_times is { } times ? $" and '{times.Name}'" : "")} need a value each.");
                }

                HistoryRowReader.CheckFeedback(feedback, _feedback.Name, input.Position);
                for (int place = feedback.Length - 1; place > 0; place--)
                {
                    if (feedback[place] > 0 || (feedback[place] < 0 && !_likedOnly))
                        return place;
                }

                return -1;
            };
        }
    }
}
