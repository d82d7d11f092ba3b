using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Tensors;

/// <summary>Each operator gives on torch what it gives as a node of a graph in ONNX Runtime, and its gradient is the one of small differences.</summary>
public sealed class OperatorParityTests
{
    public static TheoryData<int> Cases { get; } = [.. Enumerable.Range(0, OperatorCases.All.Count)];

    public static TheoryData<int> Differentiable { get; }
        = [.. Enumerable.Range(0, OperatorCases.All.Count).Where(index => OperatorCases.All[index].HasGradient)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void TorchAndGraphAgree(int index)
    {
        var operatorCase = OperatorCases.All[index];
        using var scope = NewDisposeScope();
        var inputs = Inputs(operatorCase, ScalarType.Float32, index);
        var expected = operatorCase.Expression.Apply(Array.ConvertAll(inputs, input => new TorchTensor(input))).Value;

        var (values, shape, rank) = RunGraph(operatorCase, inputs);

        Assert.Equal(expected.shape, shape);
        Assert.Equal(expected.dim(), rank);
        float[] wanted = expected.contiguous().data<float>().ToArray();
        for (int i = 0; i < wanted.Length; i++)
            Assert.True(Math.Abs(wanted[i] - values[i]) <= 2e-6 * Math.Max(1, Math.Abs(wanted[i])), $"{operatorCase}, value {i}: torch {wanted[i]}, graph {values[i]}");
    }

    [Theory]
    [MemberData(nameof(Differentiable))]
    public void GradientsAreThoseOfSmallDifferences(int index)
    {
        var operatorCase = OperatorCases.All[index];
        using var scope = NewDisposeScope();
        var inputs = Inputs(operatorCase, ScalarType.Float64, index);
        foreach (var input in inputs.Where(input => input.is_floating_point()))
            input.requires_grad_();
        using var random = new Generator(7);
        var output = Apply();
        var weights = torch.rand(output.shape, dtype: ScalarType.Float64, generator: random);
        Tensor[] leaves = [.. inputs.Where(input => input.requires_grad)];
        var gradients = autograd.grad([output.mul(weights).sum()], leaves);

        const double Step = 1e-6;
        for (int leaf = 0; leaf < leaves.Length; leaf++)
        {
            var values = MemoryMarshal.Cast<byte, double>(leaves[leaf].bytes);
            double[] gradient = [.. gradients[leaf].contiguous().data<double>()];
            for (int i = 0; i < gradient.Length; i++)
            {
                double value = values[i];
                values[i] = value + Step;
                double expected = Loss();
                values[i] = value - Step;
                expected = (expected - Loss()) / (2 * Step);
                values[i] = value;
                Assert.True(Math.Abs(expected - gradient[i]) < 1e-6 * Math.Max(1, Math.Abs(expected)), $"{operatorCase}, input {leaf}[{i}]: {gradient[i]}, by differences {expected}");
            }

            double Loss()
            {
                using var inner = NewDisposeScope();
                using var noGradient = no_grad();
                return Apply().mul(weights).sum().item<double>();
            }
        }

        Tensor Apply() => operatorCase.Expression.Apply(Array.ConvertAll(inputs, input => new TorchTensor(input))).Value;
    }

    [Fact]
    public void SharesOfVanishingPartsAreTheirRatio()
    {
        using var scope = NewDisposeScope();
        // σ(−30) and σ(−31) are 1e-13: their ratio is e all the same
        float[] state = [-30, -31], candidates = [0, -2];
        var operatorCase = new OperatorCase(new Shares(), [CaseInput.Single(1, 2), CaseInput.Single(1, 2)]);
        var (values, _, _) = RunGraph(operatorCase, [tensor(state, 1, 2), tensor(candidates, 1, 2)]);
        double larger = 1 / (1 + Math.Exp(-1));
        Assert.Equal(larger, values[0], 1e-6);
        Assert.Equal(larger, values[1], 1e-6);
        Assert.Equal(1 - larger, values[2], 1e-6);
    }

    private static Tensor[] Inputs(OperatorCase operatorCase, ScalarType type, int seed)
    {
        using var random = new Generator((ulong)seed + 1);
        return Array.ConvertAll(operatorCase.Inputs, input =>
        {
            if (input.Limit is { } limit)
                return randint(0, limit, input.Shape, dtype: ScalarType.Int64, generator: random);
            var values = operatorCase.IsPositive ? torch.rand(input.Shape, dtype: type, generator: random).add_(0.5) : randn(input.Shape, dtype: type, generator: random);
            return values.detach();
        });
    }

    private static (float[] Values, long[] Shape, int Rank) RunGraph(OperatorCase operatorCase, Tensor[] inputs)
    {
        var graph = new OnnxGraphBuilder("operator");
        var values = new GraphTensor[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            // sizes by name: nothing is known of them while the graph is written
            OnnxDimension[] shape = [.. Enumerable.Range(0, inputs[i].shape.Length).Select(axis => (OnnxDimension)$"size_{i}_{axis}")];
            var type = inputs[i].dtype == ScalarType.Int64 ? DataType.Int64 : DataType.Float;
            values[i] = new GraphTensor(graph, graph.Input($"x{i}", type, shape), inputs[i].shape.Length);
        }

        var result = operatorCase.Expression.Apply(values);
        graph.Output("y", result.Value, DataType.Float, [.. Enumerable.Range(0, result.Rank).Select(axis => (OnnxDimension)$"out_{axis}")]);
        using var session = new InferenceSession(graph.ToModel());
        var named = new Dictionary<string, OrtValue>();
        for (int i = 0; i < inputs.Length; i++)
        {
            var dense = inputs[i].contiguous();
            named[$"x{i}"] = dense.dtype == ScalarType.Int64
                ? OrtValue.CreateTensorValueFromMemory(dense.data<long>().ToArray(), dense.shape)
                : OrtValue.CreateTensorValueFromMemory(dense.data<float>().ToArray(), dense.shape);
        }

        // an input that the expression does not read is none of the session's
        foreach (string unread in named.Keys.Except(session.InputNames).ToArray())
            named.Remove(unread);
        using var options = new RunOptions();
        using var outputs = session.Run(options, named, ["y"]);
        return (outputs[0].GetTensorDataAsSpan<float>().ToArray(), outputs[0].GetTensorTypeAndShape().Shape, result.Rank);
    }

    private sealed class Shares : IExpression
    {
        public T Apply<T>(T[] x) where T : struct, ITensor<T> => T.SigmoidShares(x[0], x[1]);
    }
}
