using System.CommandLine;

namespace Common;

/// <summary>Runs a sample's command line: help, errors and Ctrl+C are answered alike everywhere.</summary>
public static class SampleProgram
{
    private static readonly TimeSpan TimeToStop = TimeSpan.FromMinutes(1);

    /// <summary>What a command does, on a thread that Ctrl+C can cancel.</summary>
    /// <param name="command">The command.</param>
    /// <param name="action">Does it and gives the exit code.</param>
    public static T Does<T>(this T command, Func<ParseResult, CancellationToken, int> action) where T : Command
    {
        command.SetAction((parsed, cancellation) => Task.Run(() => action(parsed, cancellation), CancellationToken.None));
        return command;
    }

    /// <summary>Parses and does it.</summary>
    /// <param name="command">The command line.</param>
    /// <param name="args">What was given.</param>
    /// <param name="whenStopped">What to say when it was cancelled.</param>
    /// <returns>The exit code: 0 done, 1 refused or failed, 130 stopped.</returns>
    public static async Task<int> RunAsync(this RootCommand command, string[] args, string whenStopped = "Stopped.")
    {
        try
        {
            return await command.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeToStop });
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(whenStopped);
            return 130;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or InvalidOperationException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }
}
