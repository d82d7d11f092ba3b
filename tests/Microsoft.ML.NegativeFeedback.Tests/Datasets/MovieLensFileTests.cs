using System.Text;
using Microsoft.ML.NegativeFeedback.Datasets;

namespace Microsoft.ML.NegativeFeedback.Tests.Datasets;

public sealed class MovieLensFileTests : IDisposable
{
    private static readonly object[][] Expected = [[1, 1193, 5f, 978300760L], [1, 661, 3.5f, 978302109L], [6040, 3, 1f, 956703977L]];

    private readonly string _folder = Directory.CreateTempSubdirectory("movielens").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("ratings.dat", "1::1193::5::978300760\n1::661::3.5::978302109\n6040::3::1::956703977\n")]
    [InlineData("ratings.dat", "1::1193::5::978300760\r\n1::661::3.5::978302109\r\n\r\n6040::3::1::956703977")]
    [InlineData("ratings.csv", "userId,movieId,rating,timestamp\n1,1193,5.0,978300760\n1,661,3.5,978302109\n6040,3,1.0,956703977\n")]
    [InlineData("ml.inter", "item_id:token\tuser_id:token\ttimestamp:float\trating:float\n"
        + "1193\t1\t978300760\t5\n661\t1\t978302109.0\t3.5\n3\t6040\t9.56703977e8\t1\n")]
    public void EveryFormGivesTheSameRows(string name, string text)
    {
        Write(name, text);
        foreach (string path in new[] { _folder, Path.Combine(_folder, name) })
        {
            var view = MovieLensFile.Open(path);
            Assert.Equal(Expected, DataViewRows.Of(view, "User", "Item", "Rating", "Time"));
            Assert.False(view.CanShuffle);
            Assert.Null(view.GetRowCount());
        }
    }

    [Fact]
    public void AByteOrderMarkIsNoPartOfTheHeader()
    {
        File.WriteAllText(Path.Combine(_folder, "ratings.csv"), "userId,movieId,rating,timestamp\n1,2,3,4\n", new UTF8Encoding(true));
        Assert.Equal([[1, 2, 3f, 4L]], DataViewRows.Of(MovieLensFile.Open(_folder), "User", "Item", "Rating", "Time"));
    }

    [Fact]
    public void LinesMayCrossTheBoundariesOfTheBuffer()
    {
        var random = new StableRandom(3);
        string[] lines = [.. Enumerable.Range(0, 20_000).Select(_ => FormattableString.Invariant(
            $"{random.Next(int.MaxValue)}::{random.Next(5000)}::{1 + random.Next(5)}::{random.Next(int.MaxValue)}"))];
        Write("ratings.dat", string.Join('\n', lines));
        Assert.True(new FileInfo(Path.Combine(_folder, "ratings.dat")).Length > 5 * 65536);
        Assert.Equal(lines, DataViewRows.Of(MovieLensFile.Open(_folder)).Select(row => string.Join("::", row)));
    }

    [Theory]
    [InlineData("1::2::3::4\n1::2::3\n", "line 2", "3 field(s)", "'::'")]
    [InlineData("1::2::3::4\n\n5::6::7::8::9\n", "line 3", "5 field(s)", "UserID, MovieID, Rating, Timestamp")]
    [InlineData("1::2::good::4\n", "line 1", "Rating is 'good'", "a number")]
    [InlineData("1::2::NaN::4\n", "line 1", "Rating is 'NaN'", "a number")]
    [InlineData("1::2::3::4\n1::2000000000000::3::4\n", "line 2", "MovieID is '2000000000000'", "a whole number")]
    [InlineData("1::2::3::4\n1::2::3::soon\n", "line 2", "Timestamp is 'soon'", "seconds since 1970")]
    [InlineData("1::2::3::4\n1::2::3::\n", "line 2", "Timestamp is ''", "seconds since 1970")]
    public void MalformedLinesAreNamed(string text, string line, string found, string expected)
    {
        Write("ratings.dat", text);
        var view = MovieLensFile.Open(_folder);
        var error = Assert.Throws<InvalidDataException>(() => DataViewRows.Of(view));
        Assert.Contains(Path.Combine(_folder, "ratings.dat"), error.Message);
        Assert.Contains(line, error.Message);
        Assert.Contains(found, error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void AHeaderWithoutAColumnIsRefusedAtOnce()
    {
        Write("my.inter", "user_id:token\titem_id:token\ttimestamp:float\n1\t2\t3\n");
        var error = Assert.Throws<InvalidDataException>(() => MovieLensFile.Open(_folder));
        Assert.Contains("'rating'", error.Message);
        Assert.Contains("user_id, item_id, timestamp", error.Message);
    }

    [Fact]
    public void WhatIsNotThereIsRefusedAtOnce()
    {
        Assert.Contains("ratings.dat", Assert.Throws<FileNotFoundException>(() => MovieLensFile.Open(_folder)).Message);
        Assert.Throws<FileNotFoundException>(() => MovieLensFile.Open(Path.Combine(_folder, "nowhere")));
        Assert.Throws<FileNotFoundException>(() => MovieLensFile.Open(Path.Combine(_folder, "ratings.dat")));
        Write("movies.txt", "1::Toy Story");
        Assert.Throws<ArgumentException>(() => MovieLensFile.Open(Path.Combine(_folder, "movies.txt")));
        Assert.Throws<ArgumentException>(() => MovieLensFile.Open(" "));
    }

    [Fact]
    public void ColumnsThatWereNotAskedForCannotBeRead()
    {
        Write("ratings.dat", "1::2::3::4\n");
        var view = MovieLensFile.Open(_folder);
        using var cursor = view.GetRowCursor([view.Schema["User"]]);
        Assert.True(cursor.IsColumnActive(view.Schema["User"]));
        Assert.False(cursor.IsColumnActive(view.Schema["Item"]));
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<int>(view.Schema["Item"]));
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<float>(view.Schema["User"]));
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
