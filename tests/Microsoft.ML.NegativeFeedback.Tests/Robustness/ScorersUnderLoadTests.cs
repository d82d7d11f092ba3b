using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Scoring;
using Xunit.Abstractions;

namespace Microsoft.ML.NegativeFeedback.Tests.Robustness;

/// <summary>
/// Threads score with a model, each in its way, while another takes its place and it is disposed of: every answer is one that the model gives which was asked, or the model says that it is disposed
/// of, and its successor answers.
/// </summary>
public sealed class ScorersUnderLoadTests(ITestOutputHelper output)
{
    private const int ThreadCount = 8;

    private static readonly PredictionEngineOptions Shared = new() { OwnsTransformer = false };

    [Fact]
    public async Task Models_are_swapped_and_disposed_of_under_load()
    {
        var fixture = new ScoringFixture(rowCount: 10);
        byte[][] graphs = [fixture.Graph, ScoringFixture.BuildGraph(GraphFixture.RandomWeights(22, ScoringFixture.ItemCount, headCount: 2))];
        ServedChain[] expected = [.. graphs.Select(graph => new ServedChain(fixture, graph, isLoaded: false))];
        string[][] answers = [.. expected.Select(model => Enumerable.Range(0, ThreadCount).Select(model.Ask).ToArray())];
        Assert.NotEqual(answers[0], answers[1]);

        int swaps = 20 * RobustnessSize.Multiplier;
        long answered = 0, refused = 0;
        var random = new Random(1);
        bool isDone = false;
        var current = new ServedChain(fixture, graphs[0], isLoaded: false);
        using var start = new Barrier(ThreadCount + 1);
        var threads = Enumerable.Range(0, ThreadCount).Select(thread => Task.Factory.StartNew(() =>
        {
            start.SignalAndWait();
            while (!Volatile.Read(ref isDone))
            {
                var model = Volatile.Read(ref current);
                try
                {
                    Assert.Equal(answers[Array.IndexOf(graphs, model.Graph)][thread], model.Ask(thread));
                    Interlocked.Increment(ref answered);
                }
                // of a view that ML.NET reads ahead with threads of its own, those wrap what they meet
                catch (Exception error) when (error.GetBaseException() is ObjectDisposedException)
                {
                    Assert.NotSame(model, Volatile.Read(ref current));
                    Interlocked.Increment(ref refused);
                }
            }
        }, TaskCreationOptions.LongRunning)).ToArray();

        start.SignalAndWait();
        for (int swap = 1; swap <= swaps && !threads.Any(thread => thread.IsCompleted); swap++)
        {
            var next = new ServedChain(fixture, graphs[swap % 2], isLoaded: swap % 3 == 0);
            Thread.SpinWait(1 << random.Next(20));
            var former = Interlocked.Exchange(ref current, next);
            former.Dispose();
        }

        Volatile.Write(ref isDone, true);
        await Task.WhenAll(threads);
        current.Dispose();
        foreach (var model in expected)
            model.Dispose();
        output.WriteLine($"scorers under load: {swaps} models disposed of, {answered} answers, all of them right, {refused} refusals by models that were disposed of.");
        Assert.True(answered > 0);
    }

    /// <summary>A model in the ways in which applications use one.</summary>
    private sealed class ServedChain : IDisposable
    {
        private readonly ScoringFixture _fixture;
        private readonly NextItemTransformer _transformer;
        private readonly ITransformer _chain;
        private readonly IDataView _rows;

        public ServedChain(ScoringFixture fixture, byte[] graph, bool isLoaded)
        {
            (_fixture, Graph, _rows) = (fixture, graph, fixture.Context.Data.LoadFromEnumerable(fixture.Rows));
            _transformer = new NextItemTransformer(fixture.Context, graph, fixture.Columns, fixture.View.Schema);
            _chain = fixture.CreateChain(_transformer);
            if (!isLoaded)
                return;
            var loaded = SavedModelTests.SaveAndLoad(fixture.Context, _chain, _rows.Schema);
            var batches = fixture.Context.Recommendation().ScoreInBatches(loaded);
            _transformer.Dispose();
            (loaded as IDisposable)?.Dispose();
            (_chain, _transformer) = (batches, batches.OfType<NextItemTransformer>().Single());
        }

        public byte[] Graph { get; }

        /// <summary>An answer, got in one of the ways, as text.</summary>
        public string Ask(int way)
        {
            switch (way % 5)
            {
                case 0:
                    return Text(NextItemTransformerTests.Read(_fixture, _chain.Transform(_rows)));
                case 1:
                    using (var engine = _fixture.Context.Model.CreatePredictionEngine<HistoryRow, RecommendedRow>(_chain, Shared))
                        return Text(_fixture.Rows.Select(row => engine.Predict(row)));
                case 2:
                    return string.Join(' ', _transformer.SimilarItems(ScoringFixture.Name(3), 4).Select(similar => similar.Item));
                case 3:
                    using (var fewer = _transformer.With(new ScoringOptions { NumberOfRecommendations = 2 }))
                        return string.Join(' ', fewer.Transform(_fixture.View).GetColumn<uint[]>("RecommendedItems").SelectMany(keys => keys));
                default:
                    using (var cursor = _chain.Transform(_rows).GetRowCursor([.. _chain.GetOutputSchema(_rows.Schema).Where(column => column.Name == "RecommendedItems").TakeLast(1)]))
                    {
                        int count = 0;
                        while (cursor.MoveNext())
                            count++;
                        return $"{count}";
                    }
            }
        }

        public void Dispose() => _transformer.Dispose();

        private static string Text(IEnumerable<RecommendedRow> rows) => string.Join(' ', rows.SelectMany(row => row.RecommendedItems));
    }
}
