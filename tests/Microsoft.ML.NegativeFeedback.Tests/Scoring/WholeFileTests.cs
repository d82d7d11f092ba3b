using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>Models, graphs and reports appear whole, or what was there stays.</summary>
public sealed class WholeFileTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    private string ModelPath => Path.Combine(_folder, "model.zip");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_model_is_saved_in_the_place_of_the_one_before_as_ml_net_saves_it()
    {
        var fixture = new ScoringFixture();
        using var transformer = fixture.CreateTransformer();
        var chain = fixture.CreateChain(transformer);
        var rows = fixture.Context.Data.LoadFromEnumerable(fixture.Rows);
        File.WriteAllText(ModelPath, "the one before");
        fixture.Context.Model.SaveAtomically(chain, rows.Schema, ModelPath);

        var loaded = _ml.Model.Load(ModelPath, out var schema);
        using (loaded as IDisposable)
        {
            NextItemTransformerTests.AssertRows(fixture, loaded.Transform(rows), fixture.Rows);
            Assert.Equal(SavedModelTests.Describe(rows.Schema), SavedModelTests.Describe(schema));
        }

        AssertAlone();
    }

    [Fact]
    public void A_refused_save_leaves_the_file_before_and_nothing_beside()
    {
        var rows = _ml.Data.LoadFromEnumerable([new { WatchSeconds = 5f }]);
        var label = _ml.Transforms.LabelFeedback(FeedbackRule.Custom(row => row[0], "WatchSeconds")).Fit(rows);
        Assert.Throws<NotSupportedException>(() => _ml.Model.SaveAtomically(label, rows.Schema, ModelPath));
        Assert.Empty(Directory.GetFiles(_folder));
        File.WriteAllText(ModelPath, "good");
        Assert.Throws<NotSupportedException>(() => _ml.Model.SaveAtomically(label, rows.Schema, ModelPath));
        Assert.Equal("good", File.ReadAllText(ModelPath));
        AssertAlone();
    }

    [Fact]
    public void Whoever_is_killed_while_saving_leaves_the_file_before_and_the_next_save_clears_the_rest()
    {
        File.WriteAllText(ModelPath, "good");
        string? beside = null;
        var saving = new Saving(() =>
        {
            // all that a process that is killed here leaves
            Assert.Equal("good", File.ReadAllText(ModelPath));
            beside = Assert.Single(Directory.GetFiles(_folder), file => file != ModelPath);
            // another save meanwhile lets it alone
            _ml.Model.SaveAtomically(Copy, null, ModelPath);
            Assert.True(File.Exists(beside));
            throw new NotSupportedException("stopped");
        });
        Assert.Throws<NotSupportedException>(() => _ml.Model.SaveAtomically(saving, null, ModelPath));
        AssertAlone();

        string otherOfItsKind = beside!.Replace("model.zip", "model.zip.zip");
        string alike = Path.Combine(_folder, "model.zip.notes.tmp");
        foreach (string path in new[] { beside, otherOfItsKind, alike })
            File.WriteAllText(path, "left over");
        _ml.Model.SaveAtomically(Copy, null, ModelPath);
        Assert.Equal(new[] { ModelPath, alike, otherOfItsKind }.Order(), Directory.GetFiles(_folder).Order());
    }

    [Fact]
    public void Graphs_clear_what_was_left_of_them()
    {
        string graph = Path.Combine(_folder, "model.onnx");
        File.WriteAllText($"{graph}.{Guid.NewGuid():N}.tmp", "left over");
        using var transformer = new ScoringFixture().CreateTransformer();
        transformer.ExportToOnnx(graph);
        Assert.Equal([graph], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Many_threads_may_save_to_one_path()
    {
        var copy = Copy;
        Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 6 }, _ => _ml.Model.SaveAtomically(copy, null, ModelPath));
        Assert.NotNull(_ml.Model.Load(ModelPath, out DataViewSchema _));
        AssertAlone();
    }

    [Fact]
    public void A_path_that_cannot_be_written_is_named()
    {
        string nowhere = Path.Combine(_folder, "missing", "model.zip");
        Assert.Contains(nowhere, Assert.Throws<IOException>(() => _ml.Model.SaveAtomically(Copy, null, nowhere)).Message);
        Assert.Contains(_folder, Assert.Throws<IOException>(() => _ml.Model.SaveAtomically(Copy, null, _folder)).Message);
        Assert.Throws<ArgumentException>(() => _ml.Model.SaveAtomically(Copy, null, " "));
        Assert.Throws<ArgumentNullException>(() => _ml.Model.SaveAtomically(null!, null, ModelPath));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    private ITransformer Copy
    {
        get
        {
            var rows = _ml.Data.LoadFromEnumerable([new { User = "a" }]);
            return _ml.Transforms.CopyColumns("Copy", "User").Fit(rows);
        }
    }

    private void AssertAlone() => Assert.Equal([ModelPath], Directory.GetFiles(_folder));

    /// <summary>A model of whose saving one sees the middle.</summary>
    private sealed class Saving(Action middle) : ITransformer
    {
        public bool IsRowToRowMapper => false;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inputSchema;

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new InvalidOperationException();

        public IDataView Transform(IDataView input) => input;

        void ICanSaveModel.Save(ModelSaveContext ctx) => middle();
    }
}
