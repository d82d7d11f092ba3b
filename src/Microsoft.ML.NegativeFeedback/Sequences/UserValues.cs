using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>A pass-through column: every user's first value of it. Users are numbered in the order of their first rows.</summary>
internal abstract class UserValues
{
    public static UserValues Create(DataViewRow row, DataViewSchema.Column column)
        => (UserValues)Activator.CreateInstance(typeof(UserValues<>).MakeGenericType(column.Type.RawType), row, column)!;

    /// <summary>Keeps the row's value for the next user.</summary>
    public abstract void AddFromRow();

    /// <summary>A getter of the value of the user whose number <paramref name="user"/> gives.</summary>
    public abstract Delegate CreateGetter(Func<int> user);
}

/// <inheritdoc/>
internal sealed class UserValues<T>(DataViewRow row, DataViewSchema.Column column) : UserValues
{
    private readonly List<T> _values = [];
    private ValueGetter<T>? _read = row.GetGetter<T>(column);

    public override void AddFromRow()
    {
        // a value of its own each time, for vectors share no buffer then; the source may reuse the memory behind a text
        T value = default!;
        _read!(ref value);
        _values.Add(value is ReadOnlyMemory<char> text ? (T)(object)text.ToString().AsMemory() : value);
    }

    public override Delegate CreateGetter(Func<int> user)
    {
        _read = null; // lets go of the log's cursor
        return typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(VBuffer<>)
            ? (Delegate)typeof(UserValues<T>).GetMethod(nameof(CopyGetter), BindingFlags.Static | BindingFlags.NonPublic)!
                .MakeGenericMethod(typeof(T).GetGenericArguments()[0]).Invoke(null, [_values, user])!
            : (ValueGetter<T>)((ref T value) => value = _values[user()]);
    }

    private static ValueGetter<VBuffer<TItem>> CopyGetter<TItem>(List<VBuffer<TItem>> values, Func<int> user)
        => (ref VBuffer<TItem> value) => values[user()].CopyTo(ref value);
}
