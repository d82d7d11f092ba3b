// Scores simulated users to the top 100 of a catalogue in flat memory, from and to Parquet, a partition at a time, and goes on where it was stopped.
// dotnet run -c Release --project samples/BulkScoring -- [model | users | score] [--users N] [--items N] [--k N] [--partitions N] [--help]
using BulkScoring;

try
{
    return await BulkArguments.Command(BulkJob.MakeModelAsync, BulkJob.MakeUsersAsync, BulkJob.ScoreAsync).Parse(args)
        .InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Stopped. The same command goes on from here.");
    return 130;
}
catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or InvalidOperationException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
