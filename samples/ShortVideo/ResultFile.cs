using System.Globalization;
using Common;

namespace ShortVideo;

/// <summary>Results as lines of a file that grows with every trained model, so that a long table can be gathered over several runs of the sample.</summary>
internal static class ResultFile
{
    public static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    private const string Header = "dataset,model,seed,K,learning rate,dropout rate,validation AUC,AUC,GAUC,NDCG@2,seconds,epochs";

    public static List<RunResult> Read(string path) => [.. File.ReadLines(path).Where(line => line.Length > 0 && line != Header).Select(line => Parse(line, path))];

    /// <summary>Adds a line. The file is rewritten whole, so that none of it is lost whatever ends the process.</summary>
    public static void Append(string path, RunResult result)
        => TextFile.WriteWhole(path, (File.Exists(path) ? File.ReadAllText(path) : Header + "\n") + Format(result) + "\n");

    private static string Format(RunResult result)
    {
        var run = result.Run;
        return string.Create(Culture, $"{run.Dataset},{run.Model},{run.Seed},{run.SubInterests},{run.Setting.LearningRate},{run.Setting.DropoutRate},")
            + string.Create(Culture, $"{result.ValidationAuc:0.000000},{result.Auc:0.000000},{result.Gauc:0.000000},{result.Ndcg:0.000000},{result.Seconds:0.0},{result.Epochs}");
    }

    private static RunResult Parse(string line, string path)
    {
        string[] fields = line.Split(',');
        if (fields.Length != Header.Split(',').Length)
            throw new InvalidDataException($"'{path}' has a line of {fields.Length} fields: '{line}'. Expected {Header}.");
        var run = new Run(fields[0], fields[1], int.Parse(fields[2], Culture), int.Parse(fields[3], Culture), new Setting(Number(4), Number(5)));
        return new RunResult(run, Number(6), Number(7), Number(8), Number(9), Number(10), int.Parse(fields[11], Culture));

        double Number(int field) => double.Parse(fields[field], Culture);
    }
}
