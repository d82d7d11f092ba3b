using Microsoft.ML.NegativeFeedback;

namespace MovieLens;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments(string DataFolder, string Model, int Seed, int Epochs, int? Threads, string? Checkpoint, string OutputFolder)
{
    private const string Usage = """
        PNFRec and its baselines on MovieLens-1M, as published.
          --data DIR         folder with ratings.dat; movies.dat for titles, pnfrec_test_users.txt and pnfrec_validation_users.txt
                             for the published halves of the users are used where they lie beside it
          --model NAME       pnfrec (default), pnfrec_pn, pnfrec_pc, sasrec_p, sasrec, sasrec_c
          --seed N           default 1
          --epochs N         at most so many; default 100
          --threads N        default: torch decides, one a processor where it sees one core
          --checkpoint FILE  write a checkpoint after every epoch, and go on from it where it exists
          --output DIR       where the model is written; default output
        """;

    public static Arguments? Parse(string[] args)
    {
        var values = new Dictionary<string, string>();
        for (int i = 0; i < args.Length; i++)
        {
            var parts = args[i].Split('=', 2);
            if (parts.Length == 1 && i + 1 < args.Length)
                parts = [parts[0], args[++i]];
            if (parts.Length != 2 || parts[0] is not ("--data" or "--model" or "--seed" or "--epochs" or "--threads" or "--checkpoint" or "--output"))
            {
                Console.Error.WriteLine(Usage);
                return null;
            }

            values[parts[0]] = parts[1];
        }

        string model = values.GetValueOrDefault("--model", "pnfrec");
        if (!values.TryGetValue("--data", out string? data) || !Models.Names.Contains(model)
            || !TryNumber("--seed", 1, out int seed) || !TryNumber("--epochs", 100, out int epochs) || !TryNumber("--threads", 0, out int threads))
        {
            Console.Error.WriteLine(Usage);
            return null;
        }

        return new Arguments(data, model, seed, epochs, threads == 0 ? null : threads,
            values.GetValueOrDefault("--checkpoint"), values.GetValueOrDefault("--output", "output"));

        bool TryNumber(string name, int otherwise, out int number)
        {
            number = otherwise;
            return !values.TryGetValue(name, out string? text) || int.TryParse(text, out number);
        }
    }

    /// <summary>The published split; with the published users where their lists lie beside the ratings.</summary>
    public TemporalSplitOptions SplitOptions() => new()
    {
        TestUsers = ReadUsers("pnfrec_test_users.txt"),
        ValidationUsers = ReadUsers("pnfrec_validation_users.txt"),
    };

    private string[]? ReadUsers(string file)
    {
        string path = Path.Combine(DataFolder, file);
        return File.Exists(path) ? File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : null;
    }
}
