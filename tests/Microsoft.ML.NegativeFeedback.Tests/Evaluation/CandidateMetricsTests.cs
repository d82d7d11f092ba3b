using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Tests.Evaluation;

public class CandidateMetricsTests
{
    private readonly MLContext _ml = new(seed: 1);

    private sealed class ScoredRow
    {
        public float[] CandidateScores { get; set; } = [];

        public float[] CandidateLabels { get; set; } = [];
    }

    public static TheoryData<string> PublishedMetrics()
        => [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "M*_sine*.json").Select(path => Path.GetFileName(path))];

    /// <summary>
    /// The published code scores its rows by count: all for AUC and log loss, more than one candidate for NDCG, more than two for GAUC.
    /// </summary>
    [Theory]
    [MemberData(nameof(PublishedMetrics))]
    public void Metrics_are_the_published_ones(string file)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file)));
        var rows = RowsOf(golden.RootElement);
        var result = golden.RootElement.GetProperty("result");

        var overall = Evaluate(rows, int.MaxValue);
        Assert.Equal(result.GetProperty("AUC").GetDouble(), overall.Auc, 6);
        Assert.Equal(result.GetProperty("LogLoss").GetDouble(), overall.LogLoss, 6);
        Assert.Equal(result.GetProperty("NDCG_2").GetDouble(), Evaluate(RowsAbove(1), int.MaxValue).Ndcg, 6);
        Assert.Equal(result.GetProperty("GAUC").GetDouble(), Evaluate(RowsAbove(2), int.MaxValue).Gauc, 6);

        ScoredRow[] RowsAbove(int count) => [.. rows.Where(row => row.CandidateScores.Length > count)];
    }

    [Theory]
    [MemberData(nameof(PublishedMetrics))]
    public void Metrics_of_a_row_are_the_published_ones(string file)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file)));
        var users = golden.RootElement.GetProperty("per_user").EnumerateArray().ToArray();
        var rows = RowsOf(golden.RootElement);
        Assert.Equal(users.Length, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            var user = users[i];
            if (user.GetProperty("auc").ValueKind == JsonValueKind.Null)
                continue;
            double ndcg = user.GetProperty("ndcg").GetDouble();
            Assert.Equal(user.GetProperty("auc").GetDouble(), Evaluate([rows[i]], 2).Gauc, 8);
            Assert.Equal(ndcg, Evaluate([rows[i]], int.MaxValue).Ndcg, 8);
            int rank = user.GetProperty("rank_of_target_0based").GetInt32();
            Assert.Equal(ndcg, Evaluate([rows[i]], rank + 1).Ndcg, 8);
            if (rank > 0)
                Assert.Equal(0, Evaluate([rows[i]], rank).Ndcg);
        }
    }

    [Fact]
    public void Ndcg_of_several_liked_candidates_is_over_the_best_order()
    {
        // by score: liked, skipped, liked (tied with the next, put first), skipped, liked
        var row = new ScoredRow { CandidateScores = [1, 5, 3, 3, 9], CandidateLabels = [1, 0, 0, 1, 1] };
        double second = 1 / Math.Log2(3), third = 1 / Math.Log2(4), fifth = 1 / Math.Log2(6);

        Assert.Equal(1 / (1 + second), Evaluate([row], 2).Ndcg, 12);
        Assert.Equal((1 + third) / (1 + second + third), Evaluate([row], 3).Ndcg, 12);
        Assert.Equal((1 + third + fifth) / (1 + second + third), Evaluate([row], 5).Ndcg, 12);
        Assert.Equal((2 + 0.5 + 0) / 6, Evaluate([row], 5).Gauc, 12);
    }

    [Fact]
    public void Rows_of_one_class_count_for_the_overall_metrics_alone()
    {
        var metrics = Evaluate(
            [
                new ScoredRow { CandidateScores = [0, 1], CandidateLabels = [0, 1] },
                new ScoredRow { CandidateScores = [-1], CandidateLabels = [1] },
                new ScoredRow { CandidateScores = [2, -2], CandidateLabels = [0, 0] },
                new ScoredRow(),
            ],
            2);

        Assert.Equal((4, 1), (metrics.RowCount, metrics.RowsWithBothClasses));
        Assert.Equal((2, 3, 0), (metrics.LikedCount, metrics.SkippedCount, metrics.UnknownCount));
        Assert.Equal(1, metrics.Gauc);
        Assert.Equal(1, metrics.Ndcg);
        // 1 is above 0 and −2, −1 above −2
        Assert.Equal(3.0 / 6, metrics.Auc, 12);
    }

    [Fact]
    public void Without_one_class_there_is_a_log_loss_and_nothing_else()
    {
        var metrics = Evaluate([new ScoredRow { CandidateScores = [0, 0], CandidateLabels = [1, 1] }], 2);

        Assert.Equal(Math.Log(2), metrics.LogLoss, 12);
        Assert.True(double.IsNaN(metrics.Auc) && double.IsNaN(metrics.Gauc) && double.IsNaN(metrics.Ndcg));
    }

    [Fact]
    public void An_unknown_candidate_ranks_last_and_gains_nothing()
    {
        const float unknown = float.NegativeInfinity;
        var likedUnknown = Evaluate([new ScoredRow { CandidateScores = [unknown, unknown, -99], CandidateLabels = [1, 0, 0] }], int.MaxValue);
        var skippedUnknown = Evaluate([new ScoredRow { CandidateScores = [0, unknown], CandidateLabels = [1, 0] }], 2);

        Assert.Equal(2, likedUnknown.UnknownCount);
        Assert.Equal(0.25, likedUnknown.Auc, 12);
        Assert.Equal(0, likedUnknown.Ndcg);
        Assert.Equal(-Math.Log(1e-15) / 3, likedUnknown.LogLoss, 9);
        Assert.Equal(1, skippedUnknown.Auc);
        Assert.Equal(1, skippedUnknown.Ndcg);
        Assert.Equal(Math.Log(2) / 2, skippedUnknown.LogLoss, 9);
    }

    [Fact]
    public void Confident_scores_give_a_finite_loss()
    {
        // σ(30) is 1 in single precision, where the published code's upper bound is lost
        Assert.Equal(30, Evaluate([new ScoredRow { CandidateScores = [30], CandidateLabels = [0] }], 2).LogLoss, 6);
        Assert.Equal(0, Evaluate([new ScoredRow { CandidateScores = [30], CandidateLabels = [1] }], 2).LogLoss, 6);
        Assert.Equal(-Math.Log(1e-15), Evaluate([new ScoredRow { CandidateScores = [1e30f], CandidateLabels = [0] }], 2).LogLoss, 9);
    }

    [Fact]
    public void The_table_says_what_was_counted()
    {
        var metrics = Evaluate([new ScoredRow { CandidateScores = [0, 1], CandidateLabels = [1, 0] }], 2);

        var lines = metrics.ToString().Split('\n').Select(line => line.TrimEnd()).ToArray();
        Assert.Equal("       AUC      GAUC    NDCG@2  log loss", lines[0]);
        Assert.Equal("    0.0000    0.0000    0.6309    1.0032", lines[1]);
        Assert.Equal("rows 1, with both classes 1; candidates liked 1, skipped 1, unknown 0", lines[2]);
    }

    [Fact]
    public void Sparse_vectors_are_read_as_what_they_stand_for()
    {
        var rows = _ml.Data.LoadFromEnumerable([new WrongRow()]);
        rows = new MappedDataView(rows, new SparseColumn(rows.Schema, "CandidateScores", new VBuffer<float>(3, 1, [2f], [1])));
        rows = new MappedDataView(rows, new SparseColumn(rows.Schema, "CandidateLabels", new VBuffer<float>(3, 1, [1f], [1])));

        var metrics = _ml.Recommendation().EvaluateCandidates(rows);

        Assert.Equal((1, 2), (metrics.LikedCount, metrics.SkippedCount));
        Assert.Equal(1, metrics.Auc);
    }

    [Fact]
    public void Scores_without_labels_are_named_with_their_row()
    {
        var error = Assert.Throws<ArgumentException>(() => Evaluate(
            [new ScoredRow { CandidateScores = [1], CandidateLabels = [1] }, new ScoredRow { CandidateScores = [1, 2], CandidateLabels = [1] }], 2));
        Assert.Contains("Row 2", error.Message);
        Assert.Contains("2 scores and 1 labels", error.Message);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-1)]
    [InlineData(0.5f)]
    [InlineData(5)]
    public void A_label_that_is_neither_is_named(float label)
    {
        var error = Assert.Throws<ArgumentException>(() => Evaluate([new ScoredRow { CandidateScores = [1], CandidateLabels = [label] }], 2));
        Assert.Contains($"a label is {label}", error.Message);
        Assert.Contains("'CandidateLabels'", error.Message);
    }

    [Fact]
    public void A_score_that_is_no_number_is_named()
    {
        var error = Assert.Throws<ArgumentException>(() => Evaluate([new ScoredRow { CandidateScores = [float.NaN], CandidateLabels = [1] }], 2));
        Assert.Contains("a score is NaN", error.Message);
    }

    [Fact]
    public void Data_without_rows_or_candidates_is_an_error()
    {
        Assert.Contains("no rows", Assert.Throws<InvalidOperationException>(() => Evaluate([], 2)).Message);
        Assert.Contains("No row has a candidate", Assert.Throws<InvalidOperationException>(() => Evaluate([new ScoredRow()], 2)).Message);
    }

    [Fact]
    public void Missing_and_wrong_columns_are_named()
    {
        var rows = _ml.Data.LoadFromEnumerable([new WrongRow()]);

        var missing = Assert.Throws<ArgumentException>(() => _ml.Recommendation().EvaluateCandidates(rows, scoreColumnName: "Scores"));
        Assert.Contains("Column 'Scores' is missing", missing.Message);
        var wrong = Assert.Throws<ArgumentException>(() => _ml.Recommendation().EvaluateCandidates(rows, labelColumnName: "Feedback"));
        Assert.Contains("Column 'Feedback' has type", wrong.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    public void A_truncation_level_below_one_is_an_error(int truncationLevel)
        => Assert.Throws<ArgumentOutOfRangeException>(
            () => Evaluate([new ScoredRow { CandidateScores = [1], CandidateLabels = [1] }], truncationLevel));

    private CandidateMetrics Evaluate(ScoredRow[] rows, int truncationLevel)
        => _ml.Recommendation().EvaluateCandidates(_ml.Data.LoadFromEnumerable(rows), truncationLevel: truncationLevel);

    private static ScoredRow[] RowsOf(JsonElement golden)
    {
        int width = golden.GetProperty("scores").GetProperty("shape")[1].GetInt32();
        var scores = Tensor("scores").Chunk(width);
        var labels = Tensor("labels").Chunk(width);
        var lengths = golden.GetProperty("slice_points").EnumerateArray().Select(length => length.GetInt32());
        return [.. scores.Zip(labels, lengths).Select(row => new ScoredRow { CandidateScores = row.First[..row.Third], CandidateLabels = row.Second[..row.Third] })];

        IEnumerable<float> Tensor(string name)
            => golden.GetProperty(name).GetProperty("data").EnumerateArray().Select(value => value.GetSingle());
    }

    /// <summary>A column that holds one sparse vector in every row.</summary>
    private sealed class SparseColumn(DataViewSchema input, string name, VBuffer<float> vector)
        : RowMapping(input, new AddedColumn(name, new VectorDataViewType(NumberDataViewType.Single)))
    {
        public override IEnumerable<DataViewSchema.Column> Inputs => [];

        public override Delegate[] CreateGetters(DataViewRow row)
            => [(ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => vector.CopyTo(ref value))];
    }

    private sealed class WrongRow
    {
        public float[] CandidateLabels { get; set; } = [1];

        public float Feedback { get; set; }
    }
}
