using System.Linq.Expressions;
using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>What members are for: to be read from, which takes a getter, or to be written to, which takes a setter.</summary>
internal enum MemberUse
{
    Read,
    Write,
}

/// <summary>The item type of a member, and whether it is an array; text is held as memory.</summary>
internal readonly record struct MemberType(bool IsVector, Type ItemType)
{
    public static MemberType Of(Member member)
    {
        var type = member.Type;
        var primitive = DataViewTypes.FromTypeOrNull(type.IsArray ? type.GetElementType() : type);
        Check.Parameter(primitive is not null, nameof(type),
            $"Could not determine an IDataView type for member {member.Name} of type {type}.");
        return new MemberType(type.IsArray, primitive.RawType);
    }

    /// <summary>Whether values of the column type have this shape and item type.</summary>
    public bool Accepts(DataViewType columnType) =>
        IsVector == columnType is VectorDataViewType && columnType.GetItemType().RawType == ItemType;
}

/// <summary>A public field or property, which stands for the column of its name.</summary>
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

    public MemberType Kind => MemberType.Of(this);

    public bool CanRead => _info is FieldInfo || ((PropertyInfo)_info).GetGetMethod() is not null;

    /// <summary>The members for a use: fields first.</summary>
    public static IReadOnlyList<Member> All(Type type, MemberUse use)
    {
        const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance;
        var properties = type.GetProperties(Public).Where(p => p.GetIndexParameters().Length == 0
            && (use == MemberUse.Read ? p.GetGetMethod() : p.GetSetMethod()) is not null);
        return [.. type.GetFields(Public).Concat<MemberInfo>(properties).Select(info => new Member(info))];
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
        return isVector ? new VectorDataViewType(itemType, vector?.Size ?? 0) : itemType;
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
