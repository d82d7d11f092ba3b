using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>One transformer in the hands of many threads, some of which dispose of it.</summary>
public sealed class SharedTransformerTests
{
    private const int ThreadCount = 6;

    private static readonly PredictionEngineOptions Shared = new() { OwnsTransformer = false };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Disposed_of_while_threads_score_it_gives_right_rows_or_says_that_it_is_disposed(bool byEngine)
    {
        var fixture = new ScoringFixture(rowCount: 8);
        var expected = fixture.Rows.ToDictionary(row => row.User, row => fixture.Expected(row).Names);
        int answers = 0;
        for (int trial = 0; trial < 120; trial++)
        {
            var transformer = fixture.CreateTransformer();
            var chain = fixture.CreateChain(transformer);
            var owner = fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(chain);
            using var start = new Barrier(ThreadCount + 1);
            var threads = Enumerable.Range(0, ThreadCount).Select(thread => Task.Factory.StartNew(() =>
            {
                start.SignalAndWait();
                // of a view that ML.NET reads ahead with threads of its own, those wrap what they meet
                var error = Assert.IsType<ObjectDisposedException>(Record.Exception(thread % 2 == 0 ? ScoreViewsForEver : PredictForEver)?.GetBaseException());
                Assert.Contains("OwnsTransformer = false", error.Message);
            }, TaskCreationOptions.LongRunning)).ToArray();

            start.SignalAndWait();
            Thread.SpinWait(1 << (trial % 18));
            if (byEngine)
                owner.Dispose();
            else
                transformer.Dispose();
            await Task.WhenAll(threads);

            void ScoreViewsForEver()
            {
                while (true)
                    Check(NextItemTransformerTests.Read(fixture, chain.Transform(fixture.Context.Data.LoadFromEnumerable(fixture.Rows))));
            }

            void PredictForEver()
            {
                using var engine = fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(chain, Shared);
                while (true)
                    Check(fixture.Rows.Select(engine.Predict));
            }

            void Check(IEnumerable<RecommendedRow> rows)
            {
                foreach (var row in rows)
                {
                    Assert.Equal(expected[row.User], row.RecommendedItems);
                    Interlocked.Increment(ref answers);
                }
            }
        }

        Assert.True(answers > 0);
    }

    [Fact]
    public void An_engine_that_owns_the_model_ends_it_for_the_others_and_they_say_why()
    {
        var fixture = new ScoringFixture();
        var chain = fixture.CreateChain(fixture.CreateTransformer());
        using var other = fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(chain, Shared);
        using (var shares = fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(chain, Shared))
            shares.Predict(fixture.Rows[0]);
        other.Predict(fixture.Rows[0]);
        using (var owns = fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(chain))
            owns.Predict(fixture.Rows[0]);
        string message = Assert.Throws<ObjectDisposedException>(() => other.Predict(fixture.Rows[1])).Message;
        Assert.Contains("prediction engine", message);
        Assert.Contains("new PredictionEngineOptions { OwnsTransformer = false }", message);
    }

    [Fact]
    public void No_session_is_opened_for_rows_after_disposal()
    {
        var fixture = new ScoringFixture();
        var transformer = fixture.CreateTransformer();
        var mapper = transformer.GetRowToRowMapper(fixture.View.Schema);
        transformer.Dispose();
        using var cursor = fixture.View.GetRowCursor(fixture.View.Schema);
        Assert.Throws<ObjectDisposedException>(() => mapper.GetRow(cursor, [mapper.OutputSchema["Scores"]]));
    }

    [Fact]
    public void Many_threads_read_shuffled_cached_and_divided_rows_and_predict_with_one_model()
    {
        var fixture = new ScoringFixture(rowCount: 150);
        using var transformer = fixture.CreateTransformer();
        var chain = fixture.CreateChain(transformer);
        var data = fixture.Context.Data;
        var rows = data.LoadFromEnumerable(fixture.Rows);
        var cachedBefore = chain.Transform(data.Cache(rows));
        var cachedBehind = data.Cache(chain.Transform(rows));
        var found = new RecommendedRow[4 * ThreadCount][];
        Parallel.For(0, found.Length, new ParallelOptions { MaxDegreeOfParallelism = ThreadCount }, thread => found[thread] = (thread % 5) switch
        {
            0 => NextItemTransformerTests.Read(fixture, data.ShuffleRows(cachedBefore, seed: thread)),
            1 => NextItemTransformerTests.Read(fixture, cachedBehind),
            2 => ReadSet(cachedBefore),
            3 => NextItemTransformerTests.Read(fixture, chain.Transform(data.ShuffleRows(rows, seed: thread))),
            _ => Predict(),
        });

        var byUser = fixture.Rows.ToDictionary(row => row.User);
        var expected = fixture.Rows.ToDictionary(row => row.User, fixture.Expected);
        foreach (var answers in found)
        {
            Assert.Equal(byUser.Keys.Order(), answers.Select(row => row.User).Order());
            foreach (var row in answers)
            {
                Assert.Equal(expected[row.User].Names, row.RecommendedItems);
                for (int i = 0; i < row.Scores.Length; i++)
                    Assert.Equal(expected[row.User].Scores[i], row.Scores[i], 2e-5);
            }
        }

        RecommendedRow[] Predict()
        {
            using var engine = fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(chain, Shared);
            return [.. fixture.Rows.Select(engine.Predict)];
        }
    }

    /// <summary>The rows of a set of cursors, each read by a thread of its own.</summary>
    private static RecommendedRow[] ReadSet(IDataView view)
    {
        var rows = new System.Collections.Concurrent.ConcurrentBag<RecommendedRow>();
        Parallel.ForEach(view.GetRowCursorSet(view.Schema, 3), cursor =>
        {
            using var _ = cursor;
            var user = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["User"]);
            var items = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(view.Schema["RecommendedItems"]);
            var scores = cursor.GetGetter<VBuffer<float>>(view.Schema["Scores"]);
            ReadOnlyMemory<char> name = default;
            VBuffer<ReadOnlyMemory<char>> best = default;
            VBuffer<float> values = default;
            while (cursor.MoveNext())
            {
                user(ref name);
                items(ref best);
                scores(ref values);
                rows.Add(new RecommendedRow
                {
                    User = name.ToString(),
                    RecommendedItems = [.. best.DenseValues().Select(item => item.ToString())],
                    Scores = [.. values.DenseValues()],
                });
            }
        });
        return [.. rows];
    }
}
