using System.Linq.Expressions;
using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The item type of a member, and whether it holds many: arrays and <see cref="VBuffer{T}"/> do; text is held as memory.</summary>
internal readonly record struct MemberType(bool IsVector, Type ItemType)
{
    public static MemberType Of(Type type, string name)
    {
        var isBuffer = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(VBuffer<>);
        var item = type.IsArray ? type.GetElementType() : isBuffer ? type.GetGenericArguments()[0] : type;
        var primitive = DataViewTypes.FromTypeOrNull(item);
        Check.Parameter(primitive is not null && !(isBuffer && item == typeof(string)), nameof(type),
            $"Could not determine an IDataView type for member {name} of type {type}.");
        return new MemberType(type.IsArray || isBuffer, primitive.RawType);
    }

    /// <summary>Whether values of the column type have this shape and item type.</summary>
    public bool Accepts(DataViewType columnType) =>
        IsVector == columnType is VectorDataViewType && columnType.GetItemType().RawType == ItemType;
}

/// <summary>A public field or property that can stand for a column.</summary>
internal sealed class Member
{
    private readonly MemberInfo _info;

    private Member(MemberInfo info)
    {
        _info = info;
        Type = (info as FieldInfo)?.FieldType ?? ((PropertyInfo)info).PropertyType;
    }

    public string Name => _info.Name;

    public Type Type { get; }

    public string ColumnName => Attribute<ColumnNameAttribute>()?.Name ?? Name;

    public MemberType Kind => MemberType.Of(Type, Name);

    public bool CanRead => _info is FieldInfo || ((PropertyInfo)_info).GetGetMethod() is not null;

    /// <summary>The members to read from or to write to, without those that stand for no column unless asked for.</summary>
    public static IEnumerable<Member> All(Type type, SchemaDefinition.Direction direction, bool withoutColumn = false)
    {
        ArgumentNullException.ThrowIfNull(type);
        const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance;
        var properties = type.GetProperties(Public).Where(p => p.GetIndexParameters().Length == 0
            && ((direction.HasFlag(SchemaDefinition.Direction.Read) && p.GetGetMethod() is not null)
                || (direction.HasFlag(SchemaDefinition.Direction.Write) && p.GetSetMethod() is not null)));
        return type.GetFields(Public).Concat<MemberInfo>(properties).Select(info => new Member(info))
            .Where(member => withoutColumn || (member.Type != typeof(IChannel) && member.Attribute<NoColumnAttribute>() is null));
    }

    public static Member Find(Type type, string name)
    {
        var info = (MemberInfo)type.GetField(name) ?? type.GetProperty(name);
        Check.Parameter(info is not null, nameof(name), $"No field or property with name '{name}' found in type '{type.FullName}'");
        return new Member(info);
    }

    public TAttribute Attribute<TAttribute>()
        where TAttribute : Attribute => _info.GetCustomAttribute<TAttribute>();

    /// <summary>The column type that the member's type and attributes call for.</summary>
    public DataViewType InferColumnType()
    {
        var (isVector, rawType) = Kind;
        var itemType = DataViewTypes.FromType(rawType);
        if (Attribute<KeyTypeAttribute>() is { } key)
        {
            Check.Parameter(KeyDataViewType.IsValidDataType(rawType), "userType",
                $"Member {Name} marked with KeyType attribute, but does not appear to be a valid kind of data for a key type");
            itemType = new KeyDataViewType(rawType, key.Count);
        }
        var vector = Attribute<VectorTypeAttribute>();
        Check.Parameter(isVector || vector is null, "userType",
            $"Member {Name} marked with {nameof(VectorTypeAttribute)}, but does not appear to be a vector type");
        if (!isVector)
            return itemType;
        return vector?.Dimensions is { Length: > 0 } dimensions
            ? new VectorDataViewType(itemType, dimensions)
            : new VectorDataViewType(itemType);
    }

    public Func<TRow, TValue> MakeReader<TRow, TValue>()
    {
        var row = Expression.Parameter(typeof(TRow));
        return Expression.Lambda<Func<TRow, TValue>>(Expression.MakeMemberAccess(row, _info), row).Compile();
    }

    public Action<TRow, TValue> MakeWriter<TRow, TValue>()
    {
        var row = Expression.Parameter(typeof(TRow));
        var value = Expression.Parameter(typeof(TValue));
        var assignment = Expression.Assign(Expression.MakeMemberAccess(row, _info), value);
        return Expression.Lambda<Action<TRow, TValue>>(assignment, row, value).Compile();
    }
}
