using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>The columns that sequence rows are made of: each with the type, and the KeyValues, of the log's column behind it.</summary>
internal static class SequenceColumns
{
    /// <summary>The columns of every sequence: the user, the items, their feedback, and the pass-through columns.</summary>
    public static IEnumerable<SequenceColumn> Of(InteractionColumns log, string itemsName, string feedbackName, string? timesName)
    {
        yield return new SequenceColumn(log.User.Name, log.User.Type, log.User.Annotations,
            (store, pointer) => store.UserTable.CreateScalarGetter(() => pointer.Row.User));
        yield return new SequenceColumn(itemsName, new VectorDataViewType((PrimitiveDataViewType)log.Item.Type), KeyValuesOf(log.Item),
            (store, pointer) => store.ItemTable.CreateVectorGetter(() => store.Items.AsSpan(pointer.Row.Start, pointer.Row.Length)));
        yield return new SequenceColumn(feedbackName, new VectorDataViewType(NumberDataViewType.Single), null, FeedbackGetter);
        if (timesName is not null)
            yield return new SequenceColumn(timesName, new VectorDataViewType(NumberDataViewType.Int64), null, TimesGetter);
        for (int i = 0; i < log.PassThrough.Count; i++)
        {
            int index = i;
            var column = log.PassThrough[index];
            yield return new SequenceColumn(column.Name, column.Type, column.Annotations,
                (store, pointer) => store.PassThrough[index].CreateGetter(() => pointer.Row.User));
        }
    }

    /// <summary>The columns of what came next, in evaluation rows.</summary>
    public static IEnumerable<SequenceColumn> OfTarget(InteractionColumns log, string itemName, string feedbackName)
    {
        yield return OfTargetItem(log, itemName);
        yield return new SequenceColumn(feedbackName, NumberDataViewType.Single, null,
            (store, pointer) => (ValueGetter<float>)((ref float value) => value = store.Feedback[pointer.Row.Target]));
    }

    /// <summary>The column of the item that came next.</summary>
    public static SequenceColumn OfTargetItem(InteractionColumns log, string name)
        => new(name, log.Item.Type, KeyValuesOf(log.Item),
            (store, pointer) => store.ItemTable.CreateScalarGetter(() => store.Items[pointer.Row.Target]));

    /// <summary>The columns of the items to rank, the target and then the negatives that follow the sequence, latest first, and of their labels.</summary>
    public static IEnumerable<SequenceColumn> OfCandidates(InteractionColumns log, string itemsName, string labelsName)
    {
        yield return new SequenceColumn(itemsName, new VectorDataViewType((PrimitiveDataViewType)log.Item.Type), KeyValuesOf(log.Item),
            CandidatesGetter);
        yield return new SequenceColumn(labelsName, new VectorDataViewType(NumberDataViewType.Single), null, CandidateLabelsGetter);
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

    private static DataViewSchema.Annotations KeyValuesOf(DataViewSchema.Column column)
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

    private static Delegate CandidatesGetter(SequenceStore store, SequencePointer pointer)
    {
        int[] buffer = [];
        return store.ItemTable.CreateVectorGetter(() =>
        {
            var row = pointer.Row;
            if (row.Target < 0)
                return [];
            if (buffer.Length < row.Following + 1)
                buffer = new int[row.Following + 1];
            int count = 0;
            buffer[count++] = store.Items[row.Target];
            for (int place = row.End + row.Following - 1; place >= row.End; place--)
            {
                if (store.Feedback[place] < 0)
                    buffer[count++] = store.Items[place];
            }

            return buffer.AsSpan(0, count);
        });
    }

    private static Delegate CandidateLabelsGetter(SequenceStore store, SequencePointer pointer)
        => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> vector) =>
        {
            int count = pointer.Row.Target < 0 ? 0 : 1 + store.CountNegatives(pointer.Row);
            var editor = VBufferEditor.Create(ref vector, count);
            editor.Values.Clear();
            if (count > 0)
                editor.Values[0] = 1;
            vector = editor.Commit();
        });

    private static Delegate TimesGetter(SequenceStore store, SequencePointer pointer)
        => (ValueGetter<VBuffer<long>>)((ref VBuffer<long> vector) =>
        {
            var editor = VBufferEditor.Create(ref vector, pointer.Row.Length);
            store.Times.AsSpan(pointer.Row.Start, pointer.Row.Length).CopyTo(editor.Values);
            vector = editor.Commit();
        });
}
