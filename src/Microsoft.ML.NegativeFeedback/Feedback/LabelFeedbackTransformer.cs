using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Adds the feedback of every interaction, row by row. Values that are not finite and negative times or shares throw
/// <see cref="InvalidDataException"/> when their row is read.
/// </summary>
public sealed class LabelFeedbackTransformer : RowTransformer
{
    private readonly string _outputColumnName;

    internal LabelFeedbackTransformer(FeedbackRule rule, string outputColumnName)
    {
        Rule = rule;
        _outputColumnName = outputColumnName;
    }

    /// <summary>The rule in force; a median is resolved into its threshold. Its text says what it does.</summary>
    public FeedbackRule Rule { get; }

    private protected override string WhyItCannotBeSaved
        => "LabelFeedback cannot be saved: labelling prepares training data and takes no part in serving. "
            + "Save the chain that starts at the histories (MapValueToKey, trainer, MapKeyToValue) and label in code.";

    private protected override RowMapping CreateMapping(DataViewSchema inputSchema) => new Mapping(Rule, inputSchema, _outputColumnName);

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
