using System.IO.Compression;
using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Onnx;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// The way back from the built-in transformers that <see cref="SavedModel"/> wrote, by this version of the library or a former one, to a <see cref="NextItemTransformer"/> that scores in
/// batches: the steps in between of a loaded chain stay as they are.
/// </summary>
internal static class LoadedModel
{
    // of ML.NET's own OnnxTransformer: where in a model file its graph stands
    private const string GraphEntry = "OnnxModel";

    /// <summary>The chain with what was saved of a model of this library replaced by the model.</summary>
    /// <param name="environment">Says where the model runs.</param>
    /// <param name="model">What <c>Model.Load</c> gave.</param>
    /// <exception cref="ArgumentException">There is no such model in it.</exception>
    /// <exception cref="InvalidDataException">There is one, but not as any version of this library has written it.</exception>
    public static TransformerChain<ITransformer> InBatches(IHostEnvironment environment, ITransformer model)
    {
        var steps = Steps(model).ToList();
        for (int i = 0; i < steps.Count; i++)
        {
            if (steps[i] is NextItemTransformer)
                return new TransformerChain<ITransformer>([.. steps]);
            if (steps[i] is not OnnxTransformer || Undo(steps[i]) is not { } graph)
                continue;
            int count = graph.Outputs.Count + 2; // the graph, what names each output, and what drops those that have other names
            if (i + count > steps.Count)
                throw NotAsWritten("steps behind its graph are missing");
            steps[i] = Restore(environment, graph, steps.GetRange(i, count));
            steps.RemoveRange(i + 1, count - 1);
            return new TransformerChain<ITransformer>([.. steps]);
        }

        throw new ArgumentException("There is no model of this library among the steps: give what ml.Model.Load made of a file that a trained model was saved to, "
            + "alone or in a chain.", nameof(model));
    }

    private static IEnumerable<ITransformer> Steps(ITransformer model)
        => model is IEnumerable<ITransformer> chain ? chain.SelectMany(Steps) : [model];

    private static UndoneForm? Undo(ITransformer step)
    {
        try
        {
            return SavedForm.Undo(GraphOf(step));
        }
        catch (InvalidProtocolBufferException error)
        {
            throw GraphHash.Damage("its graph cannot be read", error);
        }
    }

    private static byte[] GraphOf(ITransformer step)
    {
        // on the disk, since a model of a million items would stand in memory once more
        using var file = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        new MLContext().Model.Save(step, null, file);
        file.Position = 0;
        using var archive = new ZipArchive(file, ZipArchiveMode.Read);
        var entry = archive.Entries.FirstOrDefault(entry => entry.Name == GraphEntry) ?? throw NotAsWritten($"its step has no entry '{GraphEntry}'");
        using var stream = entry.Open();
        // the length comes first
        using var reader = new BinaryReader(stream);
        return reader.ReadBytes(reader.ReadInt32());
    }

    private static NextItemTransformer Restore(IHostEnvironment environment, UndoneForm graph, List<ITransformer> steps)
    {
        var names = new Dictionary<string, string>();
        ItemDictionary? items = null;
        for (int i = 0; i < graph.Outputs.Count; i++)
        {
            var (output, type) = graph.Outputs[i];
            var saved = new DataViewSchema.Builder();
            saved.AddColumn(output.ColumnName, type);
            var added = Added(steps[i + 1], saved.ToSchema());
            names[output.GraphName] = added.Name;
            if (!output.HasKeys)
                continue;
            items = ItemDictionary.Read(added);
            if (graph.ItemValues is { } values && !SavedForm.AreSame(values, items.ToTable()))
                throw GraphHash.Damage($"the items of column '{added.Name}' are others than those that were saved");
        }

        string? Name(string output) => names.GetValueOrDefault(output);
        string? Column(string input) => graph.Inputs.FirstOrDefault(column => column.InputName == input)?.ColumnName;
        var columns = new NextItemColumns
        {
            Items = graph.Inputs.Single(input => input.InputName == NextItemGraph.ItemsInput).ColumnName,
            Feedback = graph.Inputs.Single(input => input.InputName == NextItemGraph.FeedbackInput).ColumnName,
            Candidates = Column(NextItemGraph.CandidatesInput),
            SubInterestWeights = Name(NextItemGraph.SubInterestWeightsOutput),
            Probabilities = Name(NextItemGraph.ProbabilitiesOutput),
            BlockedItems = Column(NextItemGraph.BlockedInput),
            AllowedItems = Column(NextItemGraph.AllowedInput),
            FurtherInputs = [.. graph.Inputs.Where(input => !NextItemGraph.Names.Contains(input.InputName))],
        };
        columns = columns with
        {
            RecommendedItems = Name(NextItemGraph.RecommendedItemsOutput) ?? columns.RecommendedItems,
            Scores = Name(NextItemGraph.ScoresOutput) ?? columns.Scores,
            CandidateScores = Name(NextItemGraph.CandidateScoresOutput) ?? columns.CandidateScores,
        };
        return new NextItemTransformer(environment, graph.Graph, columns, items, graph.Inputs.ToDictionary(input => input.ColumnName, TypeOf));

        DataViewType TypeOf(InputColumn input)
        {
            bool isItem = input.InputName is NextItemGraph.ItemsInput or NextItemGraph.CandidatesInput or NextItemGraph.BlockedInput or NextItemGraph.AllowedInput;
            PrimitiveDataViewType value = isItem && items is not null ? items.KeyType
                // of a model without a list of its items the file has no type that tells how many there are
                : input.ValueType == typeof(uint) ? new KeyDataViewType(typeof(uint), input.KeyCount > 0 ? input.KeyCount : int.MaxValue)
                : input.ValueType == typeof(long) ? NumberDataViewType.Int64 : NumberDataViewType.Single;
            return input.IsOfItems ? new VectorDataViewType(value, graph.Lengths.GetValueOrDefault(input.ColumnName)) : input.Width == 1 ? value : new VectorDataViewType(value, input.Width);
        }
    }

    private static DataViewSchema.Column Added(ITransformer step, DataViewSchema schema)
    {
        if (step is not (ColumnCopyingTransformer or ValueToKeyMappingTransformer))
            throw NotAsWritten($"behind its graph stands {step.GetType().Name}");
        try
        {
            var added = step.GetOutputSchema(schema).Where(column => column.Index >= schema.Count).ToArray();
            return added is [var column] ? column : throw NotAsWritten($"a step behind its graph adds {added.Length} columns");
        }
        catch (ArgumentException error)
        {
            throw NotAsWritten($"a step behind its graph does not read column '{schema[0].Name}'", error);
        }
    }

    private static InvalidDataException NotAsWritten(string what, Exception? cause = null)
        => new($"The model is none that a version of this library up to this one has written: {what}. Load it with the version that saved it, or train it again.", cause);
}
