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
        => "LabelFeedback cannot be saved: a saved model starts at labelled histories. "
            + "Save the chain that starts at the histories (MapValueToKey, trainer, MapKeyToValue) and label in code.";

    private protected override RowMapping CreateMapping(DataViewSchema inputSchema) => new Mapping(Rule, Rule.RequireColumns(inputSchema), inputSchema, _outputColumnName);

    private sealed class Mapping(FeedbackRule rule, DataViewSchema.Column[] evidence, DataViewSchema inputSchema, string outputColumnName)
        : RowMapping(inputSchema, new AddedColumn(outputColumnName, evidence[0].Type is VectorDataViewType vector ? new VectorDataViewType(NumberDataViewType.Single, vector.Size) : NumberDataViewType.Single))
    {
        public override IEnumerable<DataViewSchema.Column> Inputs => evidence;

        public override Delegate[] CreateGetters(DataViewRow input)
        {
            float[] values = new float[evidence.Length];
            if (evidence[0].Type is VectorDataViewType)
                return [OfHistory(input, values)];
            var getters = evidence.Select(column => input.GetGetter<float>(column)).ToArray();
            return
            [
                (ValueGetter<float>)((ref float feedback) =>
                {
                    for (int i = 0; i < getters.Length; i++)
                        getters[i](ref values[i]);
                    feedback = Label(values, input.Position);
                }),
            ];
        }

        private ValueGetter<VBuffer<float>> OfHistory(DataViewRow input, float[] values)
        {
            VectorReader<float>[] readers = [.. evidence.Select(column => new VectorReader<float>(input, column))];
            return (ref VBuffer<float> feedback) =>
            {
                foreach (var reader in readers)
                    reader.Read();
                int length = readers[0].Values.Length;
                if (Array.FindIndex(readers, reader => reader.Values.Length != length) is >= 0 and int other)
                {
                    throw new InvalidDataException($"Row {input.Position + 1} has {readers[other].Values.Length} values in column '{evidence[other].Name}' and {length} in column "
                        + $"'{evidence[0].Name}': every item of the history needs one of each.");
                }

                var editor = VBufferEditor.Create(ref feedback, length);
                for (int item = 0; item < length; item++)
                {
                    for (int i = 0; i < readers.Length; i++)
                        values[i] = readers[i].Values[item];
                    editor.Values[item] = Label(values, input.Position);
                }

                feedback = editor.Commit();
            };
        }

        private float Label(float[] values, long row)
        {
            for (int i = 0; i < values.Length; i++)
                FeedbackRule.RequireFinite(values[i], rule.ColumnNames[i], row);
            return rule.Label(values, row);
        }
    }
}
