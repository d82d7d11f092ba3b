// dotnet run -c Release --project tests/Microsoft.ML.NegativeFeedback.Benchmarks -- --filter '*Training*' | '*WindowSequences*' | '*Scoring*' | latency | latency-table | format-quality | catalogue-losses | catalogue-quality [--help]
// Benchmarks of training and scoring use MovieLens-1M where the environment variable MOVIELENS_1M names its folder, and a simulated log otherwise.
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Microsoft.ML.NegativeFeedback.Benchmarks;

if (args is ["latency"])
{
    PredictionLatency.Run();
    return 0;
}

if (args is ["latency-table", ..])
    return LatencyTable.CreateCommand().Parse(args[1..]).Invoke();
if (args is ["format-quality", ..])
    return FormatQuality.CreateCommand().Parse(args[1..]).Invoke();
if (args is ["catalogue-losses", ..])
    return CatalogueLosses.CreateCommand().Parse(args[1..]).Invoke();
if (args is ["catalogue-quality", ..])
    return CatalogueLosses.CreateQualityCommand().Parse(args[1..]).Invoke();

// In this process, so that the stand-ins and the marking of TorchSharp's library work as in any build.
var config = DefaultConfig.Instance
    .AddJob(Job.Default.WithToolchain(InProcessNoEmitToolchain.Instance).WithStrategy(RunStrategy.Monitoring)
        .WithWarmupCount(1).WithIterationCount(5).WithInvocationCount(1).WithUnrollFactor(1))
    .AddColumn(StatisticColumn.Median);
BenchmarkSwitcher.FromAssembly(typeof(TrainingBenchmarks).Assembly).Run(args, config);
return 0;
