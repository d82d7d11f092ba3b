using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Base of the transformers that compute one output column from one input column, for any number of such pairs.</summary>
public abstract class OneToOneTransformerBase : RowToRowTransformerBase
{
    private protected OneToOneTransformerBase(IHostEnvironment env, string name, (string Output, string Input)[] columns)
        : base(env, name)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var outputs = new HashSet<string>();
        foreach (var (output, input) in columns)
        {
            Check.NonEmpty(output, nameof(columns));
            Check.NonEmpty(input, nameof(columns));
            Check.Parameter(outputs.Add(output), nameof(columns), $"Name of the result column '{output}' specified multiple times");
        }
        ColumnPairs = columns;
    }

    internal (string Output, string Input)[] ColumnPairs { get; }

    private protected sealed override RowMapping MakeMapping(DataViewSchema inputSchema)
    {
        var added = new AddedColumn[ColumnPairs.Length];
        for (var i = 0; i < added.Length; i++)
        {
            var input = inputSchema.GetColumnOrNull(ColumnPairs[i].Input)
                ?? throw Check.MissingColumn(nameof(inputSchema), "input", ColumnPairs[i].Input);
            added[i] = MakeColumn(i, input);
        }
        return new RowMapping(inputSchema, added);
    }

    /// <summary>Binds the pair of the given index to the column that it reads.</summary>
    private protected abstract AddedColumn MakeColumn(int pair, DataViewSchema.Column input);

    private protected void SaveColumns(ModelSaveContext ctx)
    {
        ctx.Writer.Write(ColumnPairs.Length);
        foreach (var (output, input) in ColumnPairs)
        {
            ctx.Writer.Write(output);
            ctx.Writer.Write(input);
        }
    }

    private protected static (string Output, string Input)[] LoadColumns(ModelLoadContext ctx)
    {
        var pairs = new (string, string)[ctx.ReadCount()];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = (ctx.Reader.ReadString(), ctx.Reader.ReadString());
        return pairs;
    }
}
