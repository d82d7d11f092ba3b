using System.Reflection;

namespace Microsoft.ML.Data;

/// <summary>Column getters over a member's reader: arrays are copied, text is taken as memory, and null is empty.</summary>
internal static class MemberGetter
{
    /// <summary>A <see cref="ValueGetter{TValue}"/> of the column's raw type over the member, in the object that is current.</summary>
    public static Delegate Create<TRow>(Member member, DataViewType columnType, Func<TRow> current)
    {
        var maker = columnType is KeyDataViewType
            ? typeof(MemberGetter).GetMethod(nameof(CreateKey), BindingFlags.NonPublic | BindingFlags.Static)
            : typeof(MemberGetter).GetMethod(nameof(CreateFromMember), BindingFlags.NonPublic | BindingFlags.Static);
        object[] arguments = columnType is KeyDataViewType key ? [member, key, current] : [member, current];
        return (Delegate)maker.MakeGenericMethod(typeof(TRow), member.Type)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);
    }

    private static Delegate CreateFromMember<TRow, TValue>(Member member, Func<TRow> current)
    {
        var read = member.MakeReader<TRow, TValue>();
        switch (read)
        {
            case Func<TRow, string> text:
                return (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = text(current()).AsMemory());
            case Func<TRow, string[]> texts:
                return (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> value) =>
                {
                    var source = texts(current()) ?? [];
                    var editor = VBufferEditor.Create(ref value, source.Length);
                    for (var i = 0; i < source.Length; i++)
                        editor.Values[i] = source[i].AsMemory();
                    value = editor.Commit();
                });
        }
        if (!typeof(TValue).IsArray)
            return (ValueGetter<TValue>)((ref TValue value) => value = read(current()));
        return (Delegate)typeof(MemberGetter).GetMethod(nameof(CopyArray), BindingFlags.NonPublic | BindingFlags.Static)
            .MakeGenericMethod(typeof(TRow), typeof(TValue).GetElementType()).Invoke(null, [read, current]);
    }

    private static ValueGetter<VBuffer<T>> CopyArray<TRow, T>(Func<TRow, T[]> read, Func<TRow> current) => (ref VBuffer<T> value) =>
    {
        var source = read(current());
        var editor = VBufferEditor.Create(ref value, source?.Length ?? 0);
        source.AsSpan().CopyTo(editor.Values);
        value = editor.Commit();
    };

    /// <summary>
    /// As in the package, a scalar key member counts from 0 although keys count from 1 everywhere else, members read back and vectors
    /// of keys included; what is out of range is missing; and 16-bit keys are refused.
    /// </summary>
    private static ValueGetter<TKey> CreateKey<TRow, TKey>(Member member, KeyDataViewType type, Func<TRow> current)
    {
        if (typeof(TKey) == typeof(ushort))
            throw new InvalidOperationException($"Key member '{member.Name}' must not be of type UInt16.");
        var read = member.MakeReader<TRow, TKey>();
        return (ref TKey value) =>
        {
            var number = Convert.ToUInt64(read(current()));
            value = (TKey)Convert.ChangeType(number < type.Count ? number + 1 : 0, typeof(TKey));
        };
    }
}
