namespace Microsoft.ML.Data;

/// <summary>The columns that the members of <typeparamref name="TRow"/> stand for.</summary>
internal sealed class ObjectColumns<TRow>
    where TRow : class
{
    public ObjectColumns()
    {
        Members = Member.All(typeof(TRow), MemberUse.Read);
        var builder = new DataViewSchema.Builder();
        foreach (var member in Members)
            builder.AddColumn(member.Name, member.InferColumnType());
        Schema = builder.ToSchema();
    }

    /// <summary>A member for each column.</summary>
    public IReadOnlyList<Member> Members { get; }

    /// <summary>The schema of a view of such objects.</summary>
    public DataViewSchema Schema { get; }
}
