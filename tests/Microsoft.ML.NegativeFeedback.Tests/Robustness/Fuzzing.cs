using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using Xunit.Abstractions;

namespace Microsoft.ML.NegativeFeedback.Tests.Robustness;

/// <summary>How much is tried: a little in the suite, NEGATIVE_FEEDBACK_ROBUSTNESS times as much where it is set. docs/robustness.md tells of both.</summary>
internal static class RobustnessSize
{
    public const string Variable = "NEGATIVE_FEEDBACK_ROBUSTNESS", SeedVariable = "NEGATIVE_FEEDBACK_ROBUSTNESS_SEED";

    public static int Multiplier { get; } = Number(Variable) is { } given and > 0 ? given : 1;

    /// <summary>The only seed to try, to see a failure again; null to try as many as there are cases.</summary>
    public static int? OnlySeed { get; } = Number(SeedVariable);

    private static int? Number(string variable)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value : null;
}

/// <summary>Something that is tried once.</summary>
/// <param name="Attempt">Gives what came of it where it was accepted, in a word or two, or throws what it was refused with. It notes what it draws, for the message of a failure.</param>
/// <param name="Complaint">What is wrong with a refusal that is of a documented kind, or null: it does not name the file, for instance.</param>
internal sealed record FuzzCase(Func<List<string>, string> Attempt, Func<Exception, string?>? Complaint = null);

/// <summary>
/// Tries cases that are drawn by seeds 0, 1, 2 …, and counts what came of them. Each is accepted, or refused by an exception of a documented kind that somebody has thrown on
/// purpose; whatever else comes fails, with the seed that shows it again.
/// </summary>
internal sealed class Fuzzing(string what, ITestOutputHelper output)
{
    // no measurement: whatever takes so long will never end
    private static readonly TimeSpan Endless = TimeSpan.FromMinutes(10);

    private const int MostFailures = 8;

    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    // by what went wrong and where, the first case of each
    private readonly Dictionary<string, string> _failures = [];

    /// <summary>How many cases came to an end without a refusal.</summary>
    public int AcceptedCount { get; private set; }

    /// <summary>Tries so many cases, times the size.</summary>
    public Fuzzing Run(int cases, Func<Random, FuzzCase> draw)
    {
        int count = cases * RobustnessSize.Multiplier;
        foreach (int seed in RobustnessSize.OnlySeed is { } only ? [only] : Enumerable.Range(0, count))
        {
            Try(seed, draw(new Random(seed)));
            if (_failures.Count == MostFailures)
                break;
        }

        output.WriteLine($"{what}: {_outcomes.Values.Sum()} cases: {string.Join(", ", _outcomes.Select(outcome => $"{outcome.Key} {outcome.Value}"))}.");
        Assert.True(_failures.Count == 0, string.Join(Environment.NewLine + Environment.NewLine, _failures.Values));
        return this;
    }

    private void Try(int seed, FuzzCase drawn)
    {
        var notes = new List<string>();
        string? wrong = null, outcome = null, place = null;
        var attempt = Task.Factory.StartNew(() =>
        {
            try
            {
                outcome = drawn.Attempt(notes) is { Length: > 0 } result ? result : "accepted";
            }
            catch (Exception error)
            {
                outcome = $"refused by {DocumentedRefusal.CauseOf(error).GetType().Name}";
                wrong = (DocumentedRefusal.Complaint(error) ?? drawn.Complaint?.Invoke(DocumentedRefusal.CauseOf(error))) is { } complaint ? $"{complaint}:{Environment.NewLine}{error}" : null;
                place = DocumentedRefusal.Place(error);
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (!attempt.Wait(Endless))
            (wrong, outcome) = ("it does not end", "endless");
        _outcomes[outcome!] = _outcomes.GetValueOrDefault(outcome!) + 1;
        if (!outcome!.StartsWith("refused", StringComparison.Ordinal) && wrong is null)
            AcceptedCount++;
        if (wrong is not null)
            _failures.TryAdd($"{place ?? wrong}", $"{what}, seed {seed} ({RobustnessSize.SeedVariable}={seed} tries it alone): {wrong}{Environment.NewLine}The case: {Printable(string.Join(Environment.NewLine, notes))}");
    }

    private static string Printable(string text)
    {
        var printable = new StringBuilder();
        foreach (char character in text.Length > 4_000 ? text[..4_000] + "…" : text)
            printable.Append(char.IsControl(character) && character is not ('\n' or '\t') ? $"\\u{(int)character:x4}" : character);
        return printable.ToString();
    }
}

/// <summary>What may be thrown at whoever gives something wrong, as the entry points document it.</summary>
internal static class DocumentedRefusal
{
    /// <summary>What is wrong with it; null of an exception of a documented kind that somebody has thrown on purpose.</summary>
    public static string? Complaint(Exception error)
    {
        error = CauseOf(error);
        if (error is ObjectDisposedException or not (ArgumentException or InvalidOperationException or InvalidDataException or IOException or NotSupportedException or OperationCanceledException))
            return $"{error.GetType().Name} is no documented kind of refusal";
        // what .NET throws itself, helpers do whose names say so; a frame of .NET without one may be ours, compiled into it
        if (error is not (IOException or OperationCanceledException) && Thrower(error) is { } thrower
            && thrower.StartsWith("System.", StringComparison.Ordinal) && thrower.Contains(".Throw", StringComparison.Ordinal))
        {
            return $"{error.GetType().Name} was thrown by accident, in {thrower}";
        }

        return null;
    }

    /// <summary>Where it was thrown, as far as the library and ML.NET go.</summary>
    public static string Place(Exception error)
        => string.Join('\n', new StackTrace(CauseOf(error)).GetFrames().Select(frame => $"{frame.GetMethod()?.DeclaringType?.FullName}.{frame.GetMethod()?.Name}")
            .SkipWhile(name => name.StartsWith("System.", StringComparison.Ordinal)).Take(3));

    /// <summary>The exception itself where ML.NET wraps what its threads meet that read ahead.</summary>
    public static Exception CauseOf(Exception error)
    {
        while (error is InvalidOperationException { InnerException: { } inner } && Thrower(error)?.StartsWith("Microsoft.ML.Data.", StringComparison.Ordinal) == true)
            error = inner;
        return error;
    }

    // who threw it, or called the helper of an exception's own that did: ArgumentNullException.ThrowIfNull
    private static string? Thrower(Exception error)
    {
        var thrower = new StackTrace(error).GetFrames().Select(frame => frame.GetMethod()).OfType<MethodBase>()
            .FirstOrDefault(method => !typeof(Exception).IsAssignableFrom(method.DeclaringType));
        return thrower is null ? null : $"{thrower.DeclaringType?.FullName}.{thrower.Name}";
    }
}
