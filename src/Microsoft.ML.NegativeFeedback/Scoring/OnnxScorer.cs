using System.Globalization;
using System.Numerics;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.OnnxRuntime;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>Where and how a scorer runs.</summary>
/// <param name="GpuDeviceId">The GPU, or null for the CPU.</param>
/// <param name="FallbackToCpu">Whether the CPU takes over where the GPU cannot be used.</param>
/// <param name="ThreadCount">Threads of one run on the CPU; null: one a core.</param>
internal sealed record OnnxScorerOptions(int? GpuDeviceId = null, bool FallbackToCpu = false, int? ThreadCount = null);

/// <summary>
/// A session of ONNX Runtime on a graph of <see cref="NextItemGraph"/>. It scores batches of ragged rows, and threads may share it.
/// </summary>
internal sealed class OnnxScorer : IDisposable
{
    /// <summary>Histories up to this length share a run, whatever their own.</summary>
    private const int ShortLength = 16;

    /// <summary>
    /// The largest tensor of a run holds at most this many values, 32 MiB, whatever the size of the catalogue and the number of candidates,
    /// unless a single row takes more.
    /// </summary>
    private const long MaximumRunValues = 8 << 20;

    private readonly InferenceSession _session;
    private readonly string[] _inputs;
    private readonly string[] _outputs;
    private readonly long _largestTensor;
    private readonly Lock _gate = new();
    private int _runningCount;
    private bool _isDisposed;

    /// <param name="graph">The graph.</param>
    /// <param name="options">Where and how it runs.</param>
    /// <param name="givesSubInterestWeights">Whether the graph's weights of sub-interests are asked for, where it has them.</param>
    /// <exception cref="InvalidDataException">The bytes are no graph of next-item recommendation.</exception>
    /// <exception cref="InvalidOperationException">The GPU cannot be used and the CPU is not allowed to take over.</exception>
    public OnnxScorer(byte[] graph, OnnxScorerOptions options, bool givesSubInterestWeights = false)
    {
        _session = Open(graph, options, out bool runsOnGpu);
        RunsOnGpu = runsOnGpu;
        ScoresCandidates = _session.InputMetadata.ContainsKey(NextItemGraph.CandidatesInput);
        _inputs = ScoresCandidates
            ? [NextItemGraph.ItemsInput, NextItemGraph.FeedbackInput, NextItemGraph.CandidatesInput]
            : [NextItemGraph.ItemsInput, NextItemGraph.FeedbackInput];
        _outputs = ScoresCandidates
            ? [NextItemGraph.CandidateScoresOutput]
            : [NextItemGraph.RecommendedItemsOutput, NextItemGraph.ScoresOutput];
        if (_session.OutputMetadata.TryGetValue(NextItemGraph.SubInterestWeightsOutput, out var weights))
            SubInterestCount = weights.Dimensions[2];
        if (givesSubInterestWeights && SubInterestCount > 0)
            _outputs = [.. _outputs, NextItemGraph.SubInterestWeightsOutput];
        if (!_inputs.All(_session.InputMetadata.ContainsKey) || !_outputs.All(_session.OutputMetadata.ContainsKey)
            || !_session.ModelMetadata.CustomMetadataMap.TryGetValue(NextItemGraph.LargestTensorMetadata, out string? largestTensor))
        {
            _session.Dispose();
            throw new InvalidDataException("The ONNX graph is none of next-item recommendation: its inputs are "
                + $"{string.Join(", ", _session.InputMetadata.Keys)}, expected {string.Join(", ", _inputs)}.");
        }

        _largestTensor = long.Parse(largestTensor, CultureInfo.InvariantCulture);
        TopK = ScoresCandidates ? 0 : _session.OutputMetadata[NextItemGraph.ScoresOutput].Dimensions[1];
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

    /// <summary>k, the number of recommended items a row; 0 with candidates.</summary>
    public int TopK { get; }

    /// <summary>K, of a graph that gives the weights of sub-interests; otherwise 0.</summary>
    public int SubInterestCount { get; }

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

    /// <summary>Divides rows so that no tensor of a run becomes too large; rows with like numbers of candidates stay together.</summary>
    private IEnumerable<int[]> Runs(HistoryRows rows, IEnumerable<int> chosen)
    {
        if (!ScoresCandidates)
            return chosen.Chunk((int)Math.Clamp(MaximumRunValues / _largestTensor, 1, int.MaxValue));

        var runs = new List<int[]>();
        int[] byCount = chosen.OrderByDescending(row => rows.Candidates[row].Length).ToArray();
        for (int start = 0; start < byCount.Length; start += runs[^1].Length)
        {
            long rowValues = Math.Max(rows.Candidates[byCount[start]].Length * _largestTensor, 1);
            int end = (int)Math.Min(start + Math.Max(MaximumRunValues / rowValues, 1), byCount.Length);
            runs.Add(byCount[start..end]);
        }

        return runs;
    }

    private void Score(HistoryRows rows, int[] chosen, ScoredRows scored)
    {
        using var items = Tensor(rows.Items, chosen);
        using var feedback = Tensor(rows.Feedback, chosen);
        using var options = new RunOptions();
        using var candidates = ScoresCandidates ? Tensor(rows.Candidates, chosen) : null;
        OrtValue[] inputs = candidates is null ? [items, feedback] : [items, feedback, candidates];
        using var outputs = _session.Run(options, _inputs, inputs, _outputs);
        int Count(int row) => ScoresCandidates ? rows.Candidates[row].Length : TopK;

        int place = 0;
        if (!ScoresCandidates)
            Divide(outputs[place++].GetTensorDataAsSpan<uint>(), chosen, scored.Keys, Count);
        Divide(outputs[place++].GetTensorDataAsSpan<float>(), chosen, scored.Scores, Count);
        if (place < outputs.Count)
            Divide(outputs[place].GetTensorDataAsSpan<float>(), chosen, scored.SubInterestWeights, row => Count(row) * SubInterestCount);
    }

    /// <summary>Gives each of the chosen rows its share of a tensor [chosen, longest] without the padding behind.</summary>
    private static void Divide<T>(ReadOnlySpan<T> values, int[] chosen, T[][] rows, Func<int, int> count)
    {
        int width = values.Length / chosen.Length;
        for (int i = 0; i < chosen.Length; i++)
            rows[chosen[i]] = values.Slice(i * width, count(chosen[i])).ToArray();
    }

    /// <summary>[chosen, longest]: the chosen rows, padded with 0 behind.</summary>
    private static OrtValue Tensor<T>(RaggedRows<T> rows, int[] chosen)
        where T : unmanaged
    {
        int length = chosen.Max(row => rows[row].Length);
        var padded = new T[chosen.Length * length];
        for (int i = 0; i < chosen.Length; i++)
            rows[chosen[i]].CopyTo(padded.AsSpan(i * length));
        return OrtValue.CreateTensorValueFromMemory(padded, [chosen.Length, length]);
    }

    private static InferenceSession Open(byte[] graph, OnnxScorerOptions options, out bool runsOnGpu)
    {
        runsOnGpu = false;
        if (options.GpuDeviceId is { } device)
        {
            try
            {
                using var gpu = Options(options);
                gpu.AppendExecutionProvider_CUDA(device);
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

    private static SessionOptions Options(OnnxScorerOptions options)
    {
        var session = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        // threads look out for work while a run lasts, and leave the cores to others between runs
        session.AddSessionConfigEntry("session.force_spinning_stop", "1");
        if (options.ThreadCount is { } count)
        {
            session.IntraOpNumThreads = count;
            session.InterOpNumThreads = 1;
        }

        return session;
    }
}
