using System.Globalization;
using System.Numerics;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Onnx;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>Where and how a scorer runs.</summary>
/// <param name="GpuDeviceId">The GPU, or null for the CPU.</param>
/// <param name="FallbackToCpu">Whether the CPU takes over where the GPU cannot be used.</param>
/// <param name="ThreadCount">Threads of one run on the CPU where <paramref name="Session"/> does not say; null: one a core.</param>
/// <param name="Session">What the application has set for all sessions of ONNX Runtime, or null.</param>
internal sealed record OnnxScorerOptions(int? GpuDeviceId = null, bool FallbackToCpu = false, int? ThreadCount = null, OnnxSessionOptions? Session = null)
{
    /// <summary>What a context asks for: its GPU, and what was set by <c>SetOnnxSessionOption</c>.</summary>
    public static OnnxScorerOptions Of(IHostEnvironment environment)
        => environment is MLContext context ? new(context.GpuDeviceId, context.FallbackToCpu, Session: context.GetOnnxSessionOption()) : new();
}

/// <summary>
/// A session of ONNX Runtime on a graph of <see cref="NextItemGraph"/>. It scores batches of ragged rows, and threads may share it.
/// </summary>
internal sealed class OnnxScorer : IDisposable
{
    /// <summary>Histories up to this length share a run, whatever their own.</summary>
    private const int ShortLength = 16;

    /// <summary>The largest tensor of a run holds at most this many values, 256 MiB, unless a single row takes more.</summary>
    private const long LargestRunValues = 1L << 26;

    /// <summary>
    /// Rows of a run that scores a large catalogue, or after long histories, as far as <see cref="LargestRunValues"/> allow them: every run reads the vectors of all items, which for fewer rows
    /// takes longer than to multiply by them.
    /// </summary>
    private const int LargeCatalogueRunRows = 32;

    /// <summary>
    /// The values of the largest tensor that a run is cut to, 32 MiB on a CPU and 256 MiB on a GPU, where a run takes a millisecond, however little it scores. <see cref="LargeCatalogueRunRows"/> and a
    /// single row may take more.
    /// </summary>
    private long MaximumRunValues => RunsOnGpu ? LargestRunValues : 8 << 20;

    /// <summary>Rows of a run that scores the catalogue at most: what a layer of so many takes stays in the caches of a CPU.</summary>
    private int MaximumRunRows => RunsOnGpu ? int.MaxValue : 64;

    private readonly InferenceSession _session;
    private readonly string[] _inputs;
    private readonly string[] _outputs;
    private readonly long _largestTensor;
    private readonly long _largestHistoryTensor;
    private readonly bool _comparesSeen;
    private readonly string[] _chosenInputs;
    private readonly Lock _gate = new();
    private int _runningCount;
    private bool _isDisposed;

    /// <param name="graph">The graph.</param>
    /// <param name="options">Where and how it runs.</param>
    /// <param name="outputs">What is asked for of what the graph <see cref="Gives"/>; null for keys and scores.</param>
    /// <exception cref="InvalidDataException">The bytes are no graph of next-item recommendation.</exception>
    /// <exception cref="InvalidOperationException">The GPU cannot be used and the CPU is not allowed to take over.</exception>
    public OnnxScorer(byte[] graph, OnnxScorerOptions options, IEnumerable<string>? outputs = null)
    {
        _session = Open(graph, options, out bool runsOnGpu);
        RunsOnGpu = runsOnGpu;
        ScoresCandidates = _session.InputMetadata.ContainsKey(NextItemGraph.CandidatesInput);
        _inputs = [.. _session.InputMetadata.Keys];
        _chosenInputs = [.. _inputs.Where(RecommendationTail.AllChosenInputs.Contains)];
        _outputs = [.. outputs ?? (ScoresCandidates ? [NextItemGraph.CandidateScoresOutput] : [NextItemGraph.RecommendedItemsOutput, NextItemGraph.ScoresOutput])];
        if (!_inputs.Contains(NextItemGraph.ItemsInput) || !_inputs.Contains(NextItemGraph.FeedbackInput)
            || !_session.ModelMetadata.CustomMetadataMap.TryGetValue(NextItemGraph.LargestTensorMetadata, out string? largestTensor))
        {
            _session.Dispose();
            throw new InvalidDataException("The ONNX graph is none of next-item recommendation: its inputs are "
                + $"{string.Join(", ", _inputs)}, expected {NextItemGraph.ItemsInput}, {NextItemGraph.FeedbackInput}.");
        }

        _largestTensor = long.Parse(largestTensor, CultureInfo.InvariantCulture);
        if (_session.ModelMetadata.CustomMetadataMap.TryGetValue(NextItemGraph.LargestHistoryTensorMetadata, out string? ofHistory))
            _largestHistoryTensor = long.Parse(ofHistory, CultureInfo.InvariantCulture);
        _comparesSeen = _session.ModelMetadata.CustomMetadataMap.TryGetValue(RecommendationTail.ComparesSeenMetadata, out string? compares) && compares == "1";
        TopK = Gives(NextItemGraph.ScoresOutput) ? _session.OutputMetadata[NextItemGraph.ScoresOutput].Dimensions[1] : 0;
    }

    /// <summary>Checks that there is something to run on, by opening a session on a graph of one node.</summary>
    /// <exception cref="InvalidOperationException">The GPU cannot be used and the CPU is not allowed to take over.</exception>
    public static void CheckDevice(OnnxScorerOptions options)
    {
        var probe = new OnnxGraphBuilder("probe");
        probe.Output("y", probe.Relu(probe.Input("x", DataType.Float, 1)), DataType.Float, 1);
        Open(probe.ToModel(), options, out _).Dispose();
    }

    /// <summary>Whether the GPU that was asked for is used.</summary>
    public bool RunsOnGpu { get; }

    /// <summary>Whether the graph scores given candidates.</summary>
    public bool ScoresCandidates { get; }

    /// <summary>k, the number of recommended items a row; 0 where candidates are scored alone.</summary>
    public int TopK { get; }

    /// <summary>Whether the graph gives an output of that name.</summary>
    public bool Gives(string output) => _session.OutputMetadata.ContainsKey(output);

    /// <summary>The numbers of an output that belong to each recommended item or candidate.</summary>
    public int ValuesEach(string output) => _session.OutputMetadata[output].Dimensions is [_, _, int several] ? several : 1;

    /// <summary>
    /// Scores rows, those of like length in one run as far as memory allows, so that little of a batch is padding.
    /// </summary>
    /// <param name="rows">The histories.</param>
    /// <param name="scored">Takes the results, in the order of the rows.</param>
    /// <exception cref="ObjectDisposedException">The scorer was disposed of.</exception>
    public void Score(HistoryRows rows, ScoredRows scored)
    {
        Enter();
        try
        {
            scored.Resize(rows.Count);
            var ofLikeLength = Enumerable.Range(0, rows.Count)
                .GroupBy(row => BitOperations.Log2((uint)Math.Max(rows.Items[row].Length, ShortLength) - 1))
                .OrderBy(group => group.Key);
            foreach (var group in ofLikeLength)
            {
                foreach (int[] run in Runs(rows, group))
                    Score(rows, run, scored);
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <exception cref="ObjectDisposedException">The scorer was disposed of.</exception>
    public void ThrowIfDisposed()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                throw new ObjectDisposedException(nameof(NextItemTransformer), "The model no longer scores, as it was disposed of: by its own Dispose, or "
                    + "by that of a prediction engine that was made from it and owned it. Create engines with new PredictionEngineOptions { OwnsTransformer = false }, "
                    + "and dispose of the model when the last of them is done.");
            }
        }
    }

    /// <summary>Frees the session: now, or when the last of those who score with it is done.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            if (_runningCount > 0)
                return;
        }

        _session.Dispose();
    }

    // Counted, since a native session that is freed while it runs ends the process.
    private void Enter()
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            _runningCount++;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_runningCount > 0 || !_isDisposed)
                return;
        }

        _session.Dispose();
    }

    /// <summary>
    /// Divides rows so that no tensor of a run becomes too large; rows with like numbers of candidates stay together, or of liked items, which is what most networks read of a history.
    /// </summary>
    internal IEnumerable<int[]> Runs(HistoryRows rows, IEnumerable<int> chosen)
    {
        if (!ScoresCandidates)
        {
            long rowCount = Math.Max(MaximumRunValues / _largestTensor, Math.Min(LargeCatalogueRunRows, LargestRunValues / _largestTensor));
            return chosen.OrderBy(row => LikedCount(rows.Feedback[row])).Chunk((int)Math.Clamp(rowCount, 1, MaximumRunRows));
        }

        var runs = new List<int[]>();
        int[] byCount = chosen.OrderByDescending(row => rows.Candidates[row].Length).ToArray();
        for (int start = 0; start < byCount.Length; start += runs[^1].Length)
        {
            long candidates = rows.Candidates[byCount[start]].Length, rowValues = 1;
            int end = start;
            for (; end < byCount.Length; end++)
            {
                rowValues = Math.Max(Math.Max(rowValues, candidates * Math.Max(_largestTensor, ComparedCount(rows, byCount[end]))), _largestHistoryTensor);
                if (end > start && (end - start + 1) * rowValues > MaximumRunValues)
                    break;
            }

            runs.Add(byCount[start..end]);
        }

        return runs;
    }

    // with how many items each candidate of a row is compared: those that were seen, or that the row names
    private long ComparedCount(HistoryRows rows, int row)
    {
        long count = _comparesSeen ? rows.Items[row].Length + 1 : 0;
        foreach (string input in _chosenInputs)
            count = Math.Max(count, rows.KeysOf(input)[row].Length + 1);
        return count;
    }

    private static int LikedCount(ReadOnlySpan<float> feedback)
    {
        int count = 0;
        foreach (float value in feedback)
            count += value > 0 ? 1 : 0;
        return count;
    }

    private void Score(HistoryRows rows, int[] chosen, ScoredRows scored)
    {
        using var options = new RunOptions();
        var inputs = Array.ConvertAll(_inputs, name => rows[name].ToTensor(chosen, _session.InputMetadata[name].Dimensions is [_, _, int width] ? width : null));
        try
        {
            // a batch goes to the device once, and what is asked for alone comes back
            using var binding = _session.CreateIoBinding();
            for (int i = 0; i < inputs.Length; i++)
                binding.BindInput(_inputs[i], inputs[i]);
            foreach (string output in _outputs)
                binding.BindOutputToDevice(output, OrtMemoryInfo.DefaultInstance);
            using var outputs = _session.RunWithBoundResults(options, binding);
            for (int i = 0; i < _outputs.Length; i++)
            {
                // as many as there are: of a loaded model that ranks candidates the graph does not say
                int valuesEach = outputs[i].GetTensorTypeAndShape().Shape is [_, _, long several] ? (int)several : 1;
                bool isOfCandidates = _session.OutputMetadata[_outputs[i]].Dimensions[1] < 0;
                int Count(int row) => (isOfCandidates ? rows.Candidates.Length(row) : TopK) * valuesEach;
                if (_outputs[i] == NextItemGraph.RecommendedItemsOutput)
                    Divide(outputs[i].GetTensorDataAsSpan<uint>(), chosen, scored.Keys, Count);
                else
                    Divide(outputs[i].GetTensorDataAsSpan<float>(), chosen, scored[_outputs[i]], Count);
            }
        }
        finally
        {
            foreach (var input in inputs)
                input.Dispose();
        }
    }

    /// <summary>Gives each of the chosen rows its share of a tensor [chosen, longest] without the padding behind.</summary>
    private static void Divide<T>(ReadOnlySpan<T> values, int[] chosen, T[][] rows, Func<int, int> count)
    {
        int width = values.Length / chosen.Length;
        for (int i = 0; i < chosen.Length; i++)
            rows[chosen[i]] = values.Slice(i * width, count(chosen[i])).ToArray();
    }

    private static InferenceSession Open(byte[] graph, OnnxScorerOptions options, out bool runsOnGpu)
    {
        runsOnGpu = options.GpuDeviceId is not null;
        if (options.Session?.CreateSessionOptions is { } create)
            return OpenAsSet(graph, create);
        runsOnGpu = false;
        if (options.GpuDeviceId is { } device)
        {
            try
            {
                using var gpu = Options(options);
                // TF32, which ONNX Runtime takes by default, rounds factors to ten bits: other items than on a CPU would be recommended
                using var cuda = new OrtCUDAProviderOptions();
                cuda.UpdateOptions(new() { ["device_id"] = device.ToString(CultureInfo.InvariantCulture), ["use_tf32"] = "0" });
                gpu.AppendExecutionProvider_CUDA(cuda);
                var session = new InferenceSession(graph, gpu);
                runsOnGpu = true;
                return session;
            }
            // a native library for the CPU alone lacks the entry point; one for GPUs without a GPU reports it
            catch (Exception exception) when (exception is EntryPointNotFoundException or OnnxRuntimeException)
            {
                if (!options.FallbackToCpu)
                {
                    throw new InvalidOperationException($"GPU {device} cannot be used for scoring: {exception.Message} Set "
                        + "MLContext.FallbackToCpu to true or MLContext.GpuDeviceId to null to score on the CPU, or reference "
                        + "Microsoft.ML.OnnxRuntime.Gpu on a machine with that GPU.", exception);
                }
            }
        }

        try
        {
            using var cpu = Options(options);
            return new InferenceSession(graph, cpu);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidDataException(
                $"The bytes of the model are no ONNX graph that ONNX Runtime can read: {exception.Message}", exception);
        }
    }

    // where it runs is the application's to say: DirectML, TensorRT …
    private static InferenceSession OpenAsSet(byte[] graph, OnnxSessionOptions.CreateOnnxSessionOptions create)
    {
        try
        {
            return new InferenceSession(graph, create());
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or OnnxRuntimeException)
        {
            throw new InvalidOperationException($"ONNX Runtime opens no session with the options that SetOnnxSessionOption was given: {exception.Message} Reference the package of "
                + "ONNX Runtime that has what they ask for, on a machine that has it.", exception);
        }
    }

    private static SessionOptions Options(OnnxScorerOptions options)
    {
        var session = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        if (options.Session is { } set)
            Copy(set, session);
        // threads look out for work while a run lasts, and leave the cores to others between runs
        session.AddSessionConfigEntry("session.force_spinning_stop", "1");
        if (options.ThreadCount is { } count && (options.Session?.IntraOpNumThreads ?? 0) == 0)
        {
            session.IntraOpNumThreads = count;
            session.InterOpNumThreads = 1;
        }

        return session;
    }

    private static void Copy(OnnxSessionOptions from, SessionOptions to)
    {
        (to.EnableMemoryPattern, to.EnableCpuMemArena, to.EnableProfiling) = (from.EnableMemoryPattern, from.EnableCpuMemArena, from.EnableProfiling);
        (to.ProfileOutputPathPrefix, to.OptimizedModelFilePath, to.LogId) = (from.ProfileOutputPathPrefix, from.OptimizedModelFilePath, from.LogId);
        (to.LogSeverityLevel, to.LogVerbosityLevel) = (from.LogSeverityLevel, from.LogVerbosityLevel);
        (to.InterOpNumThreads, to.IntraOpNumThreads) = (from.InterOpNumThreads, from.IntraOpNumThreads);
        (to.GraphOptimizationLevel, to.ExecutionMode) = (from.GraphOptimizationLevel, from.ExecutionMode);
        if (from.PerSessionThreads)
            return;
        // threads of all sessions belong to the environment, which the first session makes
        if (!OrtEnv.IsCreated)
        {
            using var threads = new OrtThreadingOptions { GlobalIntraOpNumThreads = from.GlobalIntraOpNumThreads, GlobalInterOpNumThreads = from.GlobalInterOpNumThreads };
            var environment = new EnvironmentCreationOptions { logId = nameof(NegativeFeedback), logLevel = from.LogSeverityLevel, threadOptions = threads };
            OrtEnv.CreateInstanceWithOptions(ref environment);
        }

        to.DisablePerSessionThreads();
    }
}
