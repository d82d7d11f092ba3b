using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>The columns that sequence rows are made of: each with the type, and the KeyValues, of the log's column behind it.</summary>
internal static class SequenceColumns
{
    /// <summary>The columns of every sequence: the user, the items, what stands beside them, and the pass-through columns.</summary>
    public static IEnumerable<SequenceColumn> Of(InteractionColumns log, string itemsName, string feedbackName, string? timesName)
    {
        yield return new SequenceColumn(log.User.Name, log.User.Type, log.User.Annotations,
            (store, pointer) => store.UserTable.CreateScalarGetter(() => pointer.Row.User));
        yield return new SequenceColumn(itemsName, new VectorDataViewType((PrimitiveDataViewType)log.Item.Type), KeyValuesOf(log.Item),
            (store, pointer) => store.ItemTable.CreateVectorGetter(() => store.Items.AsSpan(pointer.Row.Start, pointer.Row.Length)));
        yield return new SequenceColumn(feedbackName, new VectorDataViewType(NumberDataViewType.Single), null, FeedbackGetter);
        if (timesName is not null)
            yield return new SequenceColumn(timesName, new VectorDataViewType(NumberDataViewType.Int64), null, TimesGetter);
        for (int i = 0; i < log.Sequence.Count; i++)
        {
            int index = i;
            var column = log.Sequence[index];
            yield return OfFurther(column, column.Name,
                (store, pointer) => store.Further[index].CreateStretchGetter(() => (pointer.Row.Start, pointer.Row.Length)));
        }

        for (int i = 0; i < log.PassThrough.Count; i++)
        {
            int index = i;
            var column = log.PassThrough[index];
            yield return new SequenceColumn(column.Name, column.Type, column.Annotations,
                (store, pointer) => store.PassThrough[index].CreateGetter(() => pointer.Row.User));
        }
    }

    /// <summary>The name, in evaluation rows, of what the target has in a further column.</summary>
    public static string NameOfTarget(string name) => $"Target{name}";

    /// <summary>The name of what the candidates have in a further column.</summary>
    public static string NameOfCandidates(string name) => $"Candidate{name}";

    /// <summary>The columns of what came next, in evaluation rows.</summary>
    public static IEnumerable<SequenceColumn> OfTarget(InteractionColumns log, string itemName, string feedbackName, string? timeName)
    {
        yield return OfTargetItem(log, itemName);
        yield return new SequenceColumn(feedbackName, NumberDataViewType.Single, null,
            (store, pointer) => (ValueGetter<float>)((ref float value) => value = store.Feedback[pointer.Row.Target]));
        if (timeName is not null)
        {
            yield return new SequenceColumn(timeName, NumberDataViewType.Int64, null,
                (store, pointer) => (ValueGetter<long>)((ref long value) => value = store.Times[pointer.Row.Target]));
        }

        for (int i = 0; i < log.Sequence.Count; i++)
        {
            int index = i;
            var column = log.Sequence[index];
            yield return new SequenceColumn(NameOfTarget(column.Name), column.Type, column.Annotations,
                (store, pointer) => store.Further[index].CreatePlaceGetter(() => pointer.Row.Target, column.Type is VectorDataViewType));
        }
    }

    /// <summary>The column of the item that came next.</summary>
    public static SequenceColumn OfTargetItem(InteractionColumns log, string name)
        => new(name, log.Item.Type, KeyValuesOf(log.Item),
            (store, pointer) => store.ItemTable.CreateScalarGetter(() => store.Items[pointer.Row.Target]));

    /// <summary>
    /// The columns of the items to rank, of their labels, 1 where they were liked, and of what the log has beside them. They are the target and then the
    /// negatives that follow the sequence, latest first, or all that follows it, as the row says.
    /// </summary>
    public static IEnumerable<SequenceColumn> OfCandidates(InteractionColumns log, string itemsName, string labelsName)
    {
        yield return new SequenceColumn(itemsName, new VectorDataViewType((PrimitiveDataViewType)log.Item.Type), KeyValuesOf(log.Item),
            (store, pointer) =>
            {
                int[] items = [];
                var candidates = PlacesOfCandidates(store, pointer);
                return store.ItemTable.CreateVectorGetter(() =>
                {
                    var places = candidates();
                    if (items.Length < places.Length)
                        items = new int[places.Length];
                    for (int i = 0; i < places.Length; i++)
                        items[i] = store.Items[places[i]];
                    return items.AsSpan(0, places.Length);
                });
            });
        yield return new SequenceColumn(labelsName, new VectorDataViewType(NumberDataViewType.Single), null, CandidateLabelsGetter);
        for (int i = 0; i < log.Sequence.Count; i++)
        {
            int index = i;
            var column = log.Sequence[index];
            yield return OfFurther(column, NameOfCandidates(column.Name),
                (store, pointer) => store.Further[index].CreatePlacesGetter(PlacesOfCandidates(store, pointer)));
        }
    }

    /// <exception cref="ArgumentException">Two columns would have the same name.</exception>
    public static void RequireDistinctNames(IEnumerable<string?> names)
    {
        var seen = new HashSet<string>();
        foreach (string? name in names)
        {
            if (name is not null && !seen.Add(name))
                throw new ArgumentException($"Two output columns would be named '{name}': give one of them another name.");
        }
    }

    /// <summary>A column of as many values as there are interactions, or that many times w.</summary>
    private static SequenceColumn OfFurther(DataViewSchema.Column column, string name, Func<SequenceStore, SequencePointer, Delegate> createGetter)
        => new(name, new VectorDataViewType((PrimitiveDataViewType)ColumnTypes.ItemOf(column.Type)), KeyValuesOf(column), createGetter);

    /// <summary>What a column of a sequence keeps of the annotations of the column behind it: the values behind keys.</summary>
    public static DataViewSchema.Annotations KeyValuesOf(DataViewSchema.Column column)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(column.Annotations, name => name == ColumnTypes.KeyValues);
        return builder.ToAnnotations();
    }

    private static Delegate FeedbackGetter(SequenceStore store, SequencePointer pointer)
        => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> vector) =>
        {
            var part = store.Feedback.AsSpan(pointer.Row.Start, pointer.Row.Length);
            var editor = VBufferEditor.Create(ref vector, part.Length);
            for (int i = 0; i < part.Length; i++)
                editor.Values[i] = part[i];
            vector = editor.Commit();
        });

    /// <summary>Where the row's candidates stand in the store, in their order.</summary>
    private static Func<ReadOnlySpan<int>> PlacesOfCandidates(SequenceStore store, SequencePointer pointer)
    {
        int[] buffer = [];
        return () =>
        {
            var row = pointer.Row;
            if (row.Target < 0)
                return [];
            if (buffer.Length < row.Following + 1)
                buffer = new int[row.Following + 1];
            return buffer.AsSpan(0, row.RanksAllFollowing ? FillWithAll(row, buffer) : FillWithTargetAndNegatives(row, store.Feedback, buffer));
        };
    }

    private static int FillWithAll(in SequencePart row, int[] places)
    {
        for (int i = 0; i < row.Following; i++)
            places[i] = row.End + i;
        return row.Following;
    }

    private static int FillWithTargetAndNegatives(in SequencePart row, sbyte[] feedback, int[] places)
    {
        int count = 0;
        places[count++] = row.Target;
        for (int place = row.End + row.Following - 1; place >= row.End; place--)
        {
            if (feedback[place] < 0)
                places[count++] = place;
        }

        return count;
    }

    private static Delegate CandidateLabelsGetter(SequenceStore store, SequencePointer pointer)
    {
        var candidates = PlacesOfCandidates(store, pointer);
        return (ValueGetter<VBuffer<float>>)((ref VBuffer<float> vector) =>
        {
            var places = candidates();
            var editor = VBufferEditor.Create(ref vector, places.Length);
            for (int i = 0; i < places.Length; i++)
                editor.Values[i] = store.Feedback[places[i]] > 0 ? 1 : 0;
            vector = editor.Commit();
        });
    }

    private static Delegate TimesGetter(SequenceStore store, SequencePointer pointer)
        => (ValueGetter<VBuffer<long>>)((ref VBuffer<long> vector) =>
        {
            var editor = VBufferEditor.Create(ref vector, pointer.Row.Length);
            store.Times.AsSpan(pointer.Row.Start, pointer.Row.Length).CopyTo(editor.Values);
            vector = editor.Commit();
        });
}
