using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Trainers;

/// <summary>Finds the features of users, items and context that a ranker is to read, and what numbers among them are standardised by.</summary>
/// <param name="options">The columns.</param>
/// <param name="schema">The schema of the training data.</param>
/// <param name="itemCount">N.</param>
internal sealed class FeatureReader(MultiFeedbackTrainer.Options options, DataViewSchema schema, int itemCount)
{
    // names of a graph's own inputs and outputs, whatever the columns behind them are called
    private static readonly HashSet<string> GraphNames = [.. NextItemGraph.Names, MultiFeedbackNetwork.FlagsName];

    /// <summary>What is read of the rows.</summary>
    /// <exception cref="ArgumentException">A column is missing, or no feature.</exception>
    public static IReadOnlyList<BoundInput> RowInputs(MultiFeedbackTrainer.Options options, DataViewSchema schema)
    {
        BoundInput[] inputs = [.. options.UserColumnNames.Select(name => Bind(name, InputScope.Row)), .. options.ContextColumnNames.Select(name => Bind(name, InputScope.Question))];
        RequireOnce(inputs.Select(bound => bound.Input.Name));
        if (inputs.FirstOrDefault(bound => GraphNames.Contains(bound.Input.Name) || GraphNames.Contains(bound.Input.QuestionName)) is { } taken)
        {
            throw new ArgumentException($"Column '{taken.Input.Name}' is called as what a trained model reads or gives itself, and cannot be a feature: give it another name "
                + "(Transforms.CopyColumns).");
        }

        return inputs;

        BoundInput Bind(string name, InputScope scope)
        {
            var column = RequireFeature(schema, name, isOfItems: scope == InputScope.Question);
            bool isKey = ColumnTypes.ItemOf(column.Type) is KeyDataViewType;
            return new BoundInput(new NetworkInput(name, scope, WidthOf(column, scope == InputScope.Question), isKey), name, isKey ? typeof(uint) : typeof(float),
                KeyCount: KeyCountOf(column), KeysHash: InputColumn.HashOfKeys(column));
        }
    }

    /// <summary>The features, with numbers of any mean: what a network's size follows from.</summary>
    /// <exception cref="ArgumentException">A column is missing, or no feature.</exception>
    public RankerFeatures Describe() => Create(input => new float[input.Width], input => Ones(input.Width), ItemColumns().Select(Of));

    /// <summary>The features, standardised over the training rows and the items.</summary>
    /// <exception cref="ArgumentException">A column is missing, or no feature.</exception>
    /// <exception cref="InvalidDataException">An item has features twice, or a number that is not finite.</exception>
    public RankerFeatures Read(SequenceData rows)
    {
        return Create(input => Moments(input).Means, input => Moments(input).Deviations, ReadItems());

        (float[] Means, float[] Deviations) Moments(NetworkInput input)
            => MomentsOf(((ColumnValues<float>)(input.Scope == InputScope.Row ? rows.RowColumns : rows.ItemColumns)[input.Name]).Values, input.Width);
    }

    private RankerFeatures Create(
        Func<NetworkInput, float[]> means, Func<NetworkInput, float[]> deviations, IEnumerable<(Feature, NetworkConstant)> items)
        => new([.. RowInputs(options, schema).Select(bound => (bound.Input.IsInteger ? OfKeys(bound.Input.Name, schema[bound.ColumnName])
            : new Feature(bound.Input.Name, 0, means(bound.Input), deviations(bound.Input)), bound.Input))], [.. items]);

    private DataViewSchema.Column[] ItemColumns()
    {
        if (options.ItemFeatures is not { } view)
            return options.ItemColumnNames is null ? [] : throw new ArgumentException($"{nameof(options.ItemColumnNames)} are given, but {nameof(options.ItemFeatures)} is null.");
        if (view.Schema.GetColumnOrNull(options.ItemFeaturesItemColumnName) is null)
        {
            throw new ArgumentException($"Column '{options.ItemFeaturesItemColumnName}' is missing in {nameof(options.ItemFeatures)}: it has "
                + $"{string.Join(", ", view.Schema.Where(column => !column.IsHidden).Select(column => column.Name))}. Name the item's in {nameof(options.ItemFeaturesItemColumnName)}.");
        }

        var names = options.ItemColumnNames ?? [.. view.Schema.Where(column => !column.IsHidden && column.Name != options.ItemFeaturesItemColumnName).Select(column => column.Name)];
        // a column of the rows that is called as one of the items would share its embeddings
        RequireOnce([.. names.Select(Named), .. options.UserColumnNames, .. options.ContextColumnNames]);
        if (names.Contains(options.ItemFeaturesItemColumnName))
            throw new ArgumentException($"Column '{options.ItemFeaturesItemColumnName}' of {nameof(options.ItemFeatures)} is the item itself, and no feature of it.");
        Columns.Require(view.Schema, options.ItemFeaturesItemColumnName, type => type is not VectorDataViewType, "one item a row");
        return [.. names.Select(name => RequireFeature(view.Schema, name, isOfItems: false))];
    }

    private static void RequireOnce(IEnumerable<string> names)
    {
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"Column '{twice.Key}' is named twice among the features.");
    }

    // of a size alone: no values yet
    private (Feature, NetworkConstant) Of(DataViewSchema.Column column)
    {
        int width = WidthOf(column, isOfItems: false);
        if (((long)itemCount + 1) * width > int.MaxValue / sizeof(float))
        {
            throw new InvalidOperationException(FormattableString.Invariant($"Column '{column.Name}' of {nameof(options.ItemFeatures)} has {width:N0} numbers for each of {itemCount:N0} items, ")
                + "more than the 2 GiB that an ONNX file holds: leave it out, or give fewer numbers (Transforms.ProjectToPrincipalComponents).");
        }

        return KeyCountOf(column) > 0 ? (OfKeys(Named(column.Name), column), new NetworkConstant(Named(column.Name), [itemCount + 1, 1], new long[itemCount + 1]))
            : (new Feature(Named(column.Name), 0, new float[width], Ones(width)), new NetworkConstant(Named(column.Name), [itemCount + 1, width], new float[(itemCount + 1) * width]));
    }

    private IEnumerable<(Feature, NetworkConstant)> ReadItems()
    {
        var columns = ItemColumns();
        if (columns.Length == 0)
            return [];
        var view = KeyMapping.Apply(options.ItemFeatures!, nameof(options.ItemFeatures), schema[options.ItemsColumnName], options.ItemFeaturesItemColumnName);
        // the columns again, as mapping made another schema
        columns = [.. columns.Select(column => view.Schema[column.Name])];
        var inputs = columns.Select(column => new InputColumn(column.Name, column.Name, KeyCountOf(column) > 0 ? typeof(uint) : typeof(float), WidthOf(column, false), IsOfItems: false));
        var itemColumn = view.Schema[options.ItemFeaturesItemColumnName];
        using var cursor = view.GetRowCursor([.. columns, itemColumn]);
        var getItem = cursor.GetGetter<uint>(itemColumn);
        InputReader[] readers = [.. inputs.Zip(columns, (input, column) => InputReader.Of(input, cursor, column))];
        var values = readers.Select(reader => ColumnValues.For(reader.Input)).ToArray();
        int[] rowOf = [.. Enumerable.Repeat(-1, itemCount + 1)];
        uint item = 0;
        for (int row = 0; cursor.MoveNext(); row++)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            getItem(ref item);
            for (int i = 0; i < readers.Length; i++)
            {
                readers[i].Read(itemCount: 0);
                values[i].Append(readers[i], []);
            }

            if (item > 0 && rowOf[item] >= 0)
                throw new InvalidDataException($"Row {row + 1} of {nameof(options.ItemFeatures)} has an item that row {rowOf[item] + 1} has, too: keep one row an item.");
            rowOf[item] = row;
        }

        rowOf[0] = -1;
        return [.. columns.Zip(values, (column, read) => OfItems(column, read, rowOf))];
    }

    private (Feature, NetworkConstant) OfItems(DataViewSchema.Column column, ColumnValues read, int[] rowOf)
    {
        var ofItems = read.Select(rowOf);
        if (ofItems is ColumnValues<long> keys)
            return (OfKeys(Named(column.Name), column), new NetworkConstant(Named(column.Name), [itemCount + 1, 1], keys.Values.ToArray()));
        int width = read.Width;
        var (means, deviations) = MomentsOf(((ColumnValues<float>)read.Select([.. rowOf.Where(row => row >= 0)])).Values, width);
        float[] numbers = ((ColumnValues<float>)ofItems).Values.ToArray();
        for (int i = 0; i < numbers.Length; i++)
        {
            if (rowOf[i / width] < 0)
                numbers[i] = means[i % width];
        }

        return (new Feature(Named(column.Name), 0, means, deviations), new NetworkConstant(Named(column.Name), [itemCount + 1, width], numbers));
    }

    private static Feature OfKeys(string name, DataViewSchema.Column column) => new(name, (int)KeyCountOf(column), [], [], InputColumn.HashOfKeys(column));

    // a column of the items may be called as one of the rows
    private static string Named(string column) => $"item.{column}";

    private static DataViewSchema.Column RequireFeature(DataViewSchema schema, string name, bool isOfItems)
        => Columns.Require(schema, name,
            type => ColumnTypes.ItemOf(type) is var item && (item == NumberDataViewType.Single || (item is KeyDataViewType { Count: < int.MaxValue } && item.RawType == typeof(uint)))
                && (isOfItems ? type is VectorDataViewType : type is not VectorDataViewType vector || (vector.IsKnownSize && item is not KeyDataViewType)),
            isOfItems ? "a feature beside the items: a vector of keys (Conversion.MapValueToKey) or of Single (Conversion.ConvertType)"
                : "a feature: a key stored as UInt32 (Conversion.MapValueToKey), a Single (Conversion.ConvertType) or a vector of Single of fixed size");

    private static int WidthOf(DataViewSchema.Column column, bool isOfItems) => !isOfItems && column.Type is VectorDataViewType vector ? vector.Size : 1;

    private static ulong KeyCountOf(DataViewSchema.Column column) => (ColumnTypes.ItemOf(column.Type) as KeyDataViewType)?.Count ?? 0;

    private static float[] Ones(int width) => [.. Enumerable.Repeat(1f, width)];

    // mean and standard deviation of each of a row's numbers; a constant one is left as it is but for its mean
    private static (float[] Means, float[] Deviations) MomentsOf(ReadOnlySpan<float> values, int width)
    {
        var (sums, squares) = (new double[width], new double[width]);
        int rows = Math.Max(values.Length / width, 1);
        for (int i = 0; i < values.Length; i++)
            sums[i % width] += values[i];
        for (int i = 0; i < values.Length; i++)
            squares[i % width] += Math.Pow(values[i] - (sums[i % width] / rows), 2);
        return ([.. sums.Select(sum => (float)(sum / rows))], [.. squares.Select(square => Math.Sqrt(square / rows) is > 1e-12 and var deviation ? (float)deviation : 1f)]);
    }
}
