using System.CommandLine;
using System.Globalization;

namespace Common;

/// <summary>Options that say in one line what is wrong with what they are given, and those that several samples have.</summary>
public static class SampleOptions
{
    private delegate bool TryParse<T>(string text, out T value);

    /// <summary>A whole number.</summary>
    public static Option<int> Number(string name, string description, int otherwise, int least = 1, int most = int.MaxValue)
    {
        var option = Parsed<int>(name, description, "N", TryWhole(least, most), WholeNumber(least, most));
        option.DefaultValueFactory = _ => otherwise;
        return option;
    }

    /// <summary>A whole number above 0, or null where none is given.</summary>
    public static Option<int?> NumberOrNone(string name, string description)
        => Parsed<int?>(name, description, "N", (string text, out int? value) =>
        {
            bool isRight = TryWhole(1, int.MaxValue)(text, out int number);
            value = number;
            return isRight;
        }, WholeNumber(1, int.MaxValue));

    /// <summary>A number.</summary>
    public static Option<double> Real(string name, string description, double otherwise, double least = 0, double most = double.MaxValue)
    {
        var option = Parsed<double>(name, description, "R", TryReal(least, most), RealNumber(least, most));
        option.DefaultValueFactory = _ => otherwise;
        return option;
    }

    /// <summary>Whole numbers with commas between them.</summary>
    public static Option<int[]> Numbers(string name, string description, int[] otherwise, int least = 1)
        => List(name, description, "N,N,…", otherwise, TryWhole(least, int.MaxValue), $"{WholeNumber(least, int.MaxValue)}, or several with commas between them");

    /// <summary>Numbers with commas between them.</summary>
    public static Option<double[]> Reals(string name, string description, double[] otherwise, double least = 0, double most = double.MaxValue)
        => List(name, description, "R,R,…", otherwise, TryReal(least, most), $"{RealNumber(least, most)}, or several with commas between them");

    /// <summary>Names with commas between them, each one of the choices.</summary>
    public static Option<string[]> Names(string name, string description, IReadOnlyCollection<string> choices, string[] otherwise)
        => List<string>(name, description, "A,B,…", otherwise, TryChoice(choices), $"of {string.Join(", ", choices)}, one or several with commas between them");

    /// <summary>One of the choices.</summary>
    public static Option<string> Name(string name, string description, IReadOnlyCollection<string> choices, string otherwise)
    {
        var option = Parsed<string>(name, $"{description}: {string.Join(", ", choices)}", "NAME", TryChoice(choices), $"one of {string.Join(", ", choices)}");
        option.DefaultValueFactory = _ => otherwise;
        return option;
    }

    /// <summary>A file or folder; null where none is given.</summary>
    public static Option<string?> Path(string name, string description, string helpName = "FILE") => new(name) { Description = description, HelpName = helpName };

    /// <summary>A file or folder, with a place of its own.</summary>
    public static Option<string> PathOr(string name, string description, string otherwise, string helpName = "FILE")
        => new(name) { Description = description, HelpName = helpName, DefaultValueFactory = _ => otherwise };

    /// <summary>A folder that is there, or null where none is given.</summary>
    public static Option<string?> Data(string description)
    {
        var option = Path("--data", description, "DIR");
        option.Validators.Add(result =>
        {
            if (result.Tokens is [.., { Value: var folder }] && !Directory.Exists(folder))
                result.AddError($"--data is '{folder}', which is no folder that is there.");
        });
        return option;
    }

    public static Option<int> Seed() => Number("--seed", "the seed of everything random", 1, least: 0);

    public static Option<int> Seeds(int otherwise = 1) => Number("--seeds", "seeds 1 to N", otherwise);

    public static Option<int> Epochs(int otherwise) => Number("--epochs", "epochs of a training, at most", otherwise);

    public static Option<int?> Threads() => NumberOrNone("--threads", "threads of training; without it torch decides, one a processor where it sees one core. Another number gives other last digits");

    public static Option<string> Page(string otherwise) => PathOr("--page", "where the page goes, one HTML file that needs nothing else", otherwise);

    private static Option<T[]> List<T>(string name, string description, string helpName, T[] otherwise, TryParse<T> tryParse, string expected)
    {
        var option = Parsed<T[]>(name, description, helpName, (string text, out T[] values) =>
        {
            var parsed = new List<T>();
            bool areRight = true;
            foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
            {
                areRight &= tryParse(part, out var value);
                parsed.Add(value);
            }

            values = [.. parsed.Distinct()];
            return areRight;
        }, expected);
        option.Arity = ArgumentArity.ExactlyOne;
        option.DefaultValueFactory = _ => otherwise;
        return option;
    }

    private static Option<T> Parsed<T>(string name, string description, string helpName, TryParse<T> tryParse, string expected) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            string text = result.Tokens[^1].Value;
            if (!tryParse(text, out var value))
                result.AddError($"{name} is '{text}'; it must be {expected}.");
            return value;
        },
    };

    private static TryParse<int> TryWhole(int least, int most)
        => (string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;

    private static TryParse<double> TryReal(double least, double most)
        => (string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value >= least && value <= most;

    private static TryParse<string> TryChoice(IReadOnlyCollection<string> choices) => (string text, out string value) => choices.Contains(value = text);

    private static string WholeNumber(int least, int most) => "a whole number" + (most < int.MaxValue ? $" from {least} to {most}" : least == 0 ? ", 0 or more" : $" of at least {least}");

    private static string RealNumber(double least, double most)
        => FormattableString.Invariant($"a number{(most < double.MaxValue ? FormattableString.Invariant($" from {least} to {most}") : FormattableString.Invariant($" of at least {least}"))}");
}
