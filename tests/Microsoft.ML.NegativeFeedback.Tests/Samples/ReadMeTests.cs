using System.Reflection;

namespace Microsoft.ML.NegativeFeedback.Tests.Samples;

/// <summary>The first example of README.md is a program: samples/ThirtySeconds, which the build compiles, to the letter.</summary>
public class ReadMeTests
{
    [Fact]
    public void The_first_example_is_the_sample_that_the_build_compiles()
    {
        string readMe = Read("README.md");
        const string Fence = "```";
        int start = readMe.IndexOf($"{Fence}csharp\n", StringComparison.Ordinal) + Fence.Length + "csharp\n".Length;
        string block = readMe[start..readMe.IndexOf(Fence, start, StringComparison.Ordinal)];
        Assert.Equal(Read("samples/ThirtySeconds/Program.cs"), block);
    }

    [Fact]
    public void The_first_example_runs_on_the_log_beside_it()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, "views.tsv"), Read("samples/ThirtySeconds/views.tsv"));

        string[] recommended = ChildProcess.RunIn(folder, "ThirtySeconds").TrimEnd().Split(", ");

        Assert.Equal(10, recommended.Distinct().Count());
        Assert.All(recommended, item => Assert.InRange(item, "c", "z"));
        Assert.True(File.Exists(Path.Combine(folder, "recommend.zip")));
        Directory.Delete(folder, recursive: true);
    }

    internal static string Root { get; } =
        typeof(ReadMeTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    internal static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));
}
