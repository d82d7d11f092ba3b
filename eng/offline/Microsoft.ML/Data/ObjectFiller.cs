using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Fills objects from rows of a schema: the inverse of <see cref="ObjectRow{TRow}"/>.</summary>
internal sealed class ObjectFiller<TRow>
    where TRow : class
{
    private readonly IReadOnlyList<(Member Member, DataViewSchema.Column Column)> _bound;

    public ObjectFiller(DataViewSchema schema, bool ignoreMissingColumns)
    {
        var bound = new List<(Member, DataViewSchema.Column)>();
        foreach (var member in Member.All(typeof(TRow), MemberUse.Write))
        {
            if (schema.GetColumnOrNull(member.Name) is not { } column)
            {
                if (!ignoreMissingColumns)
                    throw Check.MissingColumn("Schema", "", member.Name);
                continue;
            }
            Check.State(member.Kind.Accepts(column.Type), $"Can't bind the IDataView column '{column.Name}' of type '{column.Type}' "
                + $"to field or property '{member.Name}' of type '{member.Type.FullName}'.");
            bound.Add((member, column));
        }
        _bound = bound;
    }

    /// <summary>The columns that it reads.</summary>
    public IEnumerable<DataViewSchema.Column> Columns => _bound.Select(b => b.Column);

    /// <summary>What fills an object from the current values of a row, reusing arrays of the right length that the object has.</summary>
    public Action<TRow> Bind(DataViewRow row)
    {
        Action<TRow>[] setters = [.. _bound.Select(b => MemberSetter.Create<TRow>(b.Member, row, b.Column))];
        return target =>
        {
            foreach (var set in setters)
                set(target);
        };
    }
}

/// <summary>Writes a column's value into a member.</summary>
internal static class MemberSetter
{
    public static Action<TRow> Create<TRow>(Member member, DataViewRow row, DataViewSchema.Column column)
    {
        var type = member.Type;
        var (maker, item) = type == typeof(string) ? (nameof(SetText), null)
            : type == typeof(string[]) ? (nameof(SetTexts), null)
            : type.IsArray ? (nameof(SetArray), type.GetElementType())
            : (nameof(SetValue), type);
        var method = typeof(MemberSetter).GetMethod(maker, BindingFlags.NonPublic | BindingFlags.Static);
        method = item is null ? method.MakeGenericMethod(typeof(TRow)) : method.MakeGenericMethod(typeof(TRow), item);
        return (Action<TRow>)method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [member, row, column], null);
    }

    private static Action<TRow> SetValue<TRow, T>(Member member, DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(column);
        var write = member.MakeWriter<TRow, T>();
        T value = default;
        return target =>
        {
            getter(ref value);
            write(target, value);
        };
    }

    private static Action<TRow> SetText<TRow>(Member member, DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        var write = member.MakeWriter<TRow, string>();
        ReadOnlyMemory<char> value = default;
        return target =>
        {
            getter(ref value);
            write(target, value.ToString());
        };
    }

    private static Action<TRow> SetTexts<TRow>(Member member, DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
        var (read, write) = Accessors<TRow, string[]>(member);
        VBuffer<ReadOnlyMemory<char>> value = default;
        return target =>
        {
            getter(ref value);
            var texts = ReuseOrCreate(read(target), value.Length);
            var slot = 0;
            foreach (var text in value.DenseValues())
                texts[slot++] = text.ToString();
            write(target, texts);
        };
    }

    private static Action<TRow> SetArray<TRow, T>(Member member, DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<T>>(column);
        var (read, write) = Accessors<TRow, T[]>(member);
        VBuffer<T> value = default;
        return target =>
        {
            getter(ref value);
            var array = ReuseOrCreate(read(target), value.Length);
            value.CopyTo(array);
            write(target, array);
        };
    }

    private static (Func<TRow, T> Read, Action<TRow, T> Write) Accessors<TRow, T>(Member member) =>
        (member.CanRead ? member.MakeReader<TRow, T>() : _ => default, member.MakeWriter<TRow, T>());

    // as in the package, null is an array of the right length for an empty vector
    private static T[] ReuseOrCreate<T>(T[] array, int length) => (array?.Length ?? 0) == length ? array : new T[length];
}
