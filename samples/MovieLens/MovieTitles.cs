using System.Text;

namespace MovieLens;

/// <summary>The titles of movies.dat (MovieID::Title::Genres, Latin-1), where that file is there.</summary>
internal sealed class MovieTitles
{
    private readonly Dictionary<int, string> _titles = [];

    public static MovieTitles Load(string folder)
    {
        var titles = new MovieTitles();
        string path = Path.Combine(folder, "movies.dat");
        if (!File.Exists(path))
            return titles;
        foreach (string line in File.ReadLines(path, Encoding.Latin1))
        {
            var fields = line.Split("::");
            titles._titles[int.Parse(fields[0])] = fields[1];
        }

        return titles;
    }

    public string TitleOf(int movie) => _titles.GetValueOrDefault(movie, $"movie {movie}");
}
