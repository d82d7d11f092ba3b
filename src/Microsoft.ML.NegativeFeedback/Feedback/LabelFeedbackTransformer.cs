using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Adds the feedback of every interaction, row by row. Values that are not finite and negative times or shares throw
/// <see cref="InvalidDataException"/> when their row is read.
/// </summary>
public sealed class LabelFeedbackTransformer : ITransformer
{
    private readonly string _outputColumnName;

    internal LabelFeedbackTransformer(FeedbackRule rule, string outputColumnName)
    {
        Rule = rule;
        _outputColumnName = outputColumnName;
    }

    /// <summary>The rule in force; a median is resolved into its threshold. Its text says what it does.</summary>
    public FeedbackRule Rule { get; }

    /// <inheritdoc/>
    public bool IsRowToRowMapper => true;

    /// <summary>The input's columns and the feedback.</summary>
    /// <param name="inputSchema">The schema of the input.</param>
    /// <exception cref="ArgumentException">A column of the rule is missing or is no Single scalar.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Map(inputSchema).OutputSchema;

    /// <summary>The input with the feedback added, computed as rows are read.</summary>
    /// <param name="input">Interactions with the rule's columns.</param>
    /// <exception cref="ArgumentException">A column of the rule is missing or is no Single scalar.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new MappedDataView(input, Map(input.Schema));
    }

    /// <inheritdoc cref="GetOutputSchema"/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new RowToRowMapper(Map(inputSchema));

    void ICanSaveModel.Save(ModelSaveContext ctx)
        => throw new NotSupportedException(
            "LabelFeedback cannot be saved: labelling prepares training data and takes no part in serving. "
            + "Save the chain that starts at the histories (MapValueToKey, trainer, MapKeyToValue) and label in code.");

    private Mapping Map(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new Mapping(Rule, inputSchema, _outputColumnName);
    }

    private sealed class Mapping(FeedbackRule rule, DataViewSchema inputSchema, string outputColumnName)
        : RowMapping(inputSchema, new AddedColumn(outputColumnName, NumberDataViewType.Single))
    {
        private readonly DataViewSchema.Column[] _evidence = rule.RequireColumns(inputSchema);

        public override IEnumerable<DataViewSchema.Column> Inputs => _evidence;

        public override Delegate[] CreateGetters(DataViewRow input)
        {
            var getters = _evidence.Select(column => input.GetGetter<float>(column)).ToArray();
            float[] values = new float[getters.Length];
            return
            [
                (ValueGetter<float>)((ref float feedback) =>
                {
                    for (int i = 0; i < getters.Length; i++)
                    {
                        getters[i](ref values[i]);
                        FeedbackRule.RequireFinite(values[i], rule.ColumnNames[i], input.Position);
                    }

                    feedback = rule.Label(values, input.Position);
                }),
            ];
        }
    }
}
