using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sequences;

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
        private readonly DataViewSchema.Column[] _further;
        private readonly bool _likedOnly;

        public Mapping(HeldOutColumns columns, DataViewSchema inputSchema)
            : base(inputSchema, ColumnsToAdd(columns, inputSchema))
        {
            (_items, _feedback, _further) = columns.Require(inputSchema);
            _likedOnly = columns.LikedOnly;
        }

        public override IEnumerable<DataViewSchema.Column> Inputs => [_items, _feedback, .. _further];

        public override Delegate[] CreateGetters(DataViewRow input)
        {
            var findTarget = TargetFinder(input);
            return
            [
                Generic(nameof(HistoryGetter), _items, input, findTarget),
                Generic(nameof(HistoryGetter), _feedback, input, findTarget),
                Generic(nameof(TargetGetter), _items, input, findTarget),
                Generic(nameof(TargetGetter), _feedback, input, findTarget),
                .. _further.Select(column => Generic(nameof(HistoryGetter), column, input, findTarget)),
            ];
        }

        private static AddedColumn[] ColumnsToAdd(HeldOutColumns columns, DataViewSchema schema)
        {
            var (items, _, further) = columns.Require(schema);
            return
            [
                Cut(items),
                new(columns.Feedback, new VectorDataViewType(NumberDataViewType.Single)),
                new(columns.TargetItem, ColumnTypes.ItemOf(items.Type), SequenceColumns.KeyValuesOf(items)),
                new(columns.TargetFeedback, NumberDataViewType.Single),
                .. further.Select(Cut),
            ];

            static AddedColumn Cut(DataViewSchema.Column column)
                => new(column.Name, new VectorDataViewType((PrimitiveDataViewType)ColumnTypes.ItemOf(column.Type)), SequenceColumns.KeyValuesOf(column));
        }

        private static Delegate Generic(string method, DataViewSchema.Column column, DataViewRow input, FindTarget findTarget)
            => (Delegate)typeof(Mapping).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(ColumnTypes.ItemOf(column.Type).RawType)
                .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [column, input, findTarget], null)!;

        private static ValueGetter<VBuffer<T>> HistoryGetter<T>(DataViewSchema.Column column, DataViewRow input, FindTarget findTarget)
        {
            var read = input.GetGetter<VBuffer<T>>(column);
            VBuffer<T> whole = default;
            return (ref VBuffer<T> history) =>
            {
                read(ref whole);
                var (target, width) = findTarget(column, whole.Length);
                whole.CopyTo(ref history, 0, target < 0 ? whole.Length : width * target);
            };
        }

        private static ValueGetter<T> TargetGetter<T>(DataViewSchema.Column column, DataViewRow input, FindTarget findTarget)
        {
            var read = input.GetGetter<VBuffer<T>>(column);
            VBuffer<T> whole = default;
            return (ref T value) =>
            {
                read(ref whole);
                var (target, _) = findTarget(column, whole.Length);
                value = target < 0 ? default! : whole.GetItemOrDefault(target);
            };
        }

        private FindTarget TargetFinder(DataViewRow input)
        {
            var reader = new VectorReader<float>(input, _feedback);
            return (column, length) =>
            {
                var feedback = reader.Read();
                int width = Math.Max(1, length / Math.Max(1, feedback.Length));
                if (length != width * feedback.Length || (width > 1 && column.Index == _items.Index))
                {
                    throw new InvalidDataException($"Row {input.Position + 1} has {feedback.Length} values in column '{_feedback.Name}' and {length} in column '{column.Name}' "
                        + "beside it: every item needs one of each, or of a further column as many as every other item has.");
                }

                HistoryRowReader.CheckFeedback(feedback, _feedback.Name, input.Position);
                for (int place = feedback.Length - 1; place > 0; place--)
                {
                    if (feedback[place] > 0 || (feedback[place] < 0 && !_likedOnly))
                        return (place, width);
                }

                return (-1, width);
            };
        }

        /// <summary>The place of the row's target, or −1, and how many values an item has in a column that is cut, of its length.</summary>
        private delegate (int Target, int Width) FindTarget(DataViewSchema.Column column, int length);
    }
}
