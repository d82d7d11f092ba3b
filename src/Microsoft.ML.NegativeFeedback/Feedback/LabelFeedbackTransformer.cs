using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Feedback;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Adds the feedback of every interaction, row by row. Values that are not finite, and negative times or shares where the rule looks at them, throw
/// <see cref="InvalidDataException"/> when their row is read.
/// </summary>
/// <remarks>
/// It is saved as steps of ML.NET's own, for what it was fitted on. Of vectors, the history that an application sends when a model serves, that is an <c>ApplyOnnxModel</c>; what is
/// an error here is one there too, ONNX Runtime's, whose node is called after what is wrong. Of scalars it is an <c>Expression</c>, which knows no errors: it gives NaN. A rule of
/// one's own, <see cref="FeedbackRule.Custom"/>, cannot be saved.
/// </remarks>
public sealed class LabelFeedbackTransformer : RowTransformer
{
    private readonly string _outputColumnName;
    private readonly FeedbackExpression _expression;
    private readonly DataViewType[] _evidenceTypes;

    internal LabelFeedbackTransformer(FeedbackRule rule, string outputColumnName, IEnumerable<DataViewType> evidenceTypes)
    {
        Rule = rule;
        _outputColumnName = outputColumnName;
        _expression = rule.Expression();
        _evidenceTypes = [.. evidenceTypes];
    }

    /// <summary>The rule in force; a median is resolved into its threshold. Its text says what it does.</summary>
    public FeedbackRule Rule { get; }

    private protected override void Save(ModelSaveContext context)
    {
        string[] columns = [.. Rule.ColumnNames];
        var inputTypes = columns.Zip(_evidenceTypes).DistinctBy(column => column.First).ToDictionary(column => column.First, column => column.Second);
        SavedSteps.Write(context, inputTypes, (ml, folder) => _evidenceTypes[0] is VectorDataViewType ? OfHistories(ml, folder) : OfInteractions(ml));

        ExpressionEstimator OfInteractions(MLContext ml) => ml.Transforms.Expression(_outputColumnName, _expression.TextOfInteraction(columns.Length), columns);

        IEstimator<ITransformer> OfHistories(MLContext ml, string folder)
        {
            string path = Path.Combine(folder, "label.onnx"), feedback = SavedSteps.Unused("__feedback", [.. columns, _outputColumnName]);
            int? length = _evidenceTypes[0] is VectorDataViewType { IsKnownSize: true } first ? first.Size : null;
            File.WriteAllBytes(path, _expression.GraphOfHistory(columns, feedback, length));
            return ml.Transforms.ApplyOnnxModel([feedback], [.. inputTypes.Keys], path)
                .Append(ml.Transforms.CopyColumns(_outputColumnName, feedback))
                .Append(ml.Transforms.DropColumns(feedback));
        }
    }

    private protected override RowMapping CreateMapping(DataViewSchema inputSchema) => new Mapping(_expression, Rule.RequireColumns(inputSchema), inputSchema, _outputColumnName);

    private sealed class Mapping(FeedbackExpression expression, DataViewSchema.Column[] evidence, DataViewSchema inputSchema, string outputColumnName)
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
                    feedback = expression.Evaluate(values, input.Position);
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
                    editor.Values[item] = expression.Evaluate(values, input.Position);
                }

                feedback = editor.Commit();
            };
        }
    }
}
