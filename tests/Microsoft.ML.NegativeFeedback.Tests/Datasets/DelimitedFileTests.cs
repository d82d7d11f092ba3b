using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Datasets;

/// <summary>What all delimited files have in common: damaged ones are refused, and nobody pays for a column that is not asked for.</summary>
public sealed class DelimitedFileTests : IDisposable
{
    private const string Header = "userId,movieId,rating,timestamp";

    private static readonly MLContext Context = new(seed: 1);

    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("delimited").FullName, "ratings.csv");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Theory]
    [InlineData("1,2,3.5\0\0,4", "rating is '3.5\0\0'")]
    [InlineData("1,2,3.5,4e2\0", "timestamp is '4e2\0'")]
    [InlineData("1,2\0,3.5,4", "movieId is '2\0'")]
    public void ANumberWithTrailingNulsIsNone(string line, string found)
    {
        File.WriteAllText(_path, $"{Header}\n{line}\n");
        var error = Assert.Throws<InvalidDataException>(() => DataViewRows.Of(Context.Data.LoadMovieLens(_path)));
        Assert.Contains("line 2", error.Message);
        Assert.Contains(found, error.Message);
    }

    [Theory]
    [InlineData("ratings.csv", "userId,movieId,rating,timestamp,tag\r1,2,3,4,good\r5,6,4,7,bad\r")]
    [InlineData("ml.inter", "user_id:token\titem_id:token\trating:float\ttimestamp:float\r1\t2\t3\t4\r")]
    public void LinesThatEndInCarriageReturnsAloneAreRefused(string name, string text)
    {
        string path = Path.Combine(Path.GetDirectoryName(_path)!, name);
        File.WriteAllText(path, text);
        var error = Assert.Throws<InvalidDataException>(() => Context.Data.LoadMovieLens(path));
        Assert.Contains($"{path}, line 1", error.Message);
        Assert.Contains("carriage return", error.Message);
    }

    [Fact]
    public void AHeaderThatNamesANeededFieldTwiceIsRefused()
    {
        File.WriteAllText(_path, "userId,movieId,rating,timestamp,rating\n1,2,3,4,5\n");
        var error = Assert.Throws<InvalidDataException>(() => Context.Data.LoadMovieLens(_path));
        Assert.Contains("line 1", error.Message);
        Assert.Contains("'rating' twice", error.Message);
        // of a field that nobody reads there may be as many as there are
        File.WriteAllText(_path, "userId,movieId,rating,timestamp,tag,tag\n1,2,3,4,5,6\n");
        Assert.Equal([[1, 2, 3f, 4L]], DataViewRows.Of(Context.Data.LoadMovieLens(_path)));
    }

    [Fact]
    public void OnlyWhatIsAskedForIsParsed()
    {
        File.WriteAllText(_path, $"{Header}\n1,2,good,soon\n3,4,5,6\n");
        var view = Context.Data.LoadMovieLens(_path);
        Assert.Equal([1, 3], view.GetColumn<int>("User"));
        Assert.Equal([[2, 1], [4, 3]], DataViewRows.Of(view, "Item", "User"));
        Assert.Contains("rating is 'good'", Assert.Throws<InvalidDataException>(() => view.GetColumn<float>("Rating").ToArray()).Message);
        using var nothing = view.GetRowCursor([]);
        Assert.True(nothing.MoveNext() && nothing.MoveNext() && !nothing.MoveNext());
    }

    [Fact]
    public void ALineOfTooManyFieldsIsRefusedWhateverIsAskedFor()
    {
        File.WriteAllText(_path, $"{Header}\n1,2,3,4,5\n");
        Assert.Contains(
            "5 field(s)", Assert.Throws<InvalidDataException>(() => Context.Data.LoadMovieLens(_path).GetColumn<int>("User").ToArray()).Message);
    }
}
