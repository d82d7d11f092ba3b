using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

public sealed class SequenceReaderTests
{
    private const int ItemCount = 10;

    private readonly MLContext _ml = new(seed: 1);

    private sealed class Row
    {
        [KeyType(ItemCount)]
        public uint[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];

        // of a scalar key ML.NET takes the position in the dictionary, one less than the raw key, and anything outside as missing
        [KeyType(ItemCount)]
        public uint TargetItem { get; set; }

        public float TargetFeedback { get; set; }

        public string User { get; set; } = "";
    }

    [Fact]
    public void Rows_are_read_without_their_unknown_items()
    {
        var data = Read(
            new Row { Items = [3, 0, 5, 7], Feedback = [1, 1, -1, 0] },
            new Row(),
            new Row { Items = [10], Feedback = [2.5f] });
        Assert.Equal((3, ItemCount), (data.RowCount, data.ItemCount));
        Assert.Equal([3, 5, 7], data.Items(0).ToArray());
        Assert.Equal([1, -1, 0], data.Feedback(0).ToArray());
        Assert.Empty(data.Items(1).ToArray());
        Assert.Equal((10, 1), (data.Items(2)[0], data.Feedback(2)[0]));
        Assert.False(data.HasTargets);
    }

    [Fact]
    public void Evaluation_rows_have_their_targets()
    {
        var data = ReadEvaluationRows(new Row { Items = [1], Feedback = [1], TargetItem = 3, TargetFeedback = 1 },
            new Row { Items = [2], Feedback = [-1], TargetItem = 4, TargetFeedback = -1 });
        Assert.Equal([(4, 1), (5, -1)], Enumerable.Range(0, 2).Select(row => (data.TargetItem(row), (int)data.TargetFeedback(row))));
        var selected = data.Select([1]);
        Assert.Equal((1, 2, 5), (selected.RowCount, selected.Items(0)[0], selected.TargetItem(0)));
        Assert.NotEqual(data.Fingerprint(), selected.Fingerprint());
        Assert.Equal(data.Fingerprint(), data.Select([0, 1]).Fingerprint());
    }

    [Fact]
    public void Values_that_cannot_be_used_are_named_with_their_column_and_row()
    {
        var right = new Row { Items = [1], Feedback = [1] };
        AssertRefused(["'Items'", "'Feedback'", "Row 2 has 2", "1"], () => Read(right, new Row { Items = [1, 2], Feedback = [1] }));
        AssertRefused(["'Feedback'", "row 2", "NaN"], () => Read(right, new Row { Items = [1], Feedback = [float.NaN] }));
        AssertRefused(["'TargetFeedback'", "row 1"],
            () => ReadEvaluationRows(new Row { Items = [1], Feedback = [1], TargetItem = 1, TargetFeedback = float.PositiveInfinity }));
        AssertRefused(["'Items' of row 1", "key 9", "ends at 8"],
            () => SequenceData.Read(View(new Row { Items = [9], Feedback = [1] }), 8, "Items", "Feedback"));
    }

    [Fact]
    public void Columns_that_are_missing_or_of_another_type_are_named()
    {
        var view = View(new Row());
        AssertNamed("'Videos'", () => SequenceData.Read(view, ItemCount, "Videos", "Feedback"));
        AssertNamed("'User'", () => SequenceData.Read(view, ItemCount, "User", "Feedback"));
        AssertNamed("'Items'", () => SequenceData.Read(view, ItemCount, "Items", "Items"));
        AssertNamed("'Items'", () => SequenceData.ReadEvaluationRows(view, ItemCount, "Items", "Feedback", "Items", "TargetFeedback"));
        AssertNamed("'User'", () => SequenceData.ReadEvaluationRows(view, ItemCount, "Items", "Feedback", "TargetItem", "User"));

        static void AssertNamed(string column, Action read)
            => Assert.Contains(column, Assert.Throws<ArgumentException>(read).Message, StringComparison.Ordinal);
    }

    private IDataView View(params Row[] rows) => _ml.Data.LoadFromEnumerable(rows);

    private SequenceData Read(params Row[] rows) => SequenceData.Read(View(rows), ItemCount, "Items", "Feedback");

    private SequenceData ReadEvaluationRows(params Row[] rows)
        => SequenceData.ReadEvaluationRows(View(rows), ItemCount, "Items", "Feedback", "TargetItem", "TargetFeedback");

    private static void AssertRefused(string[] expected, Action read)
    {
        string message = Assert.Throws<InvalidDataException>(read).Message;
        Assert.All(expected, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }
}
