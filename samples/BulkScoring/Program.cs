// Scores simulated users to the top 100 of a catalogue in flat memory, from and to Parquet, a partition at a time, and goes on where it was stopped.
// dotnet run -c Release --project samples/BulkScoring -- [model | users | score] [--users N] [--items N] [--k N] [--partitions N] [--help]
using BulkScoring;
using Common;

return await BulkArguments.Command(BulkJob.MakeModelAsync, BulkJob.MakeUsersAsync, BulkJob.ScoreAsync).RunAsync(args, whenStopped: "Stopped. The same command goes on from here.");
