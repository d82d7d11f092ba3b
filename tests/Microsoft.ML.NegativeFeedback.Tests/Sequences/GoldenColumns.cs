using System.Text.Json;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

/// <summary>Reads the frames and lists of the published preprocessing's golden files (X2*, X3*).</summary>
internal static class GoldenColumns
{
    public static TheoryData<string> FilesLike(string pattern)
        => [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), pattern).Select(path => Path.GetFileName(path))];

    public static JsonElement Read(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file)));
        return document.RootElement.Clone();
    }

    public static int[] Integers(this JsonElement element, string name)
        => [.. element.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];

    public static int Integer(this JsonElement element, string name) => element.GetProperty(name).GetInt32();

    /// <summary>User, item, rating and time of a frame's rows.</summary>
    public static (int User, int Item, int Rating, int Time)[] Frame(this JsonElement frame, string timeColumn = "timestamp")
    {
        int[] users = frame.Integers("user_id"), items = frame.Integers("item_id");
        int[] ratings = frame.Integers("rating"), times = frame.Integers(timeColumn);
        return [.. users.Select((user, i) => (user, items[i], ratings[i], times[i]))];
    }
}
