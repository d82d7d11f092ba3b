using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Where one thread sums up the gradients and losses of the slices it works off, so that threads share a model without sharing what
/// they write. Sums are made for good and zeroed between steps. An item table of whose rows a step meets few has no sum of its own: <see cref="Rows"/>.
/// </summary>
internal sealed class GradientSums : IDisposable
{
    private readonly Dictionary<object, int> _indices = new(ReferenceEqualityComparer.Instance);
    private readonly Parameter[] _parameters;
    private readonly Tensor[] _sums;
    private readonly bool[] _hasGradient;
    private readonly List<(int Index, Tensor Indices, Tensor Rows)> _rows = [];
    private readonly TensorBlock? _block;
    private readonly Parameter? _rowTable;

    public GradientSums(SequenceModel model, Device device)
    {
        _parameters = [.. model.Parameters.Select(parameter => parameter.Values)];
        _block = model.Block?.Another();
        _rowTable = model.LearnsRows ? model.Of(model.Network.Items) : null;
        _sums = [.. _parameters.Select((parameter, number) => ReferenceEquals(parameter, _rowTable) ? zeros(0) : _block?.Part(number) ?? zeros_like(parameter))];
        _hasGradient = new bool[_parameters.Length];
        for (int i = 0; i < _parameters.Length; i++)
            _indices.Add(_parameters[i], i);
        Losses = new LossSums(model.TermNames.Count, device);
        // on a GPU a batch is one slice, as a rule, and more launches cost more than they save
        Derived = device.type == DeviceType.CUDA ? null : new DerivedValues(model);
    }

    /// <summary>The sums of the losses.</summary>
    public LossSums Losses { get; }

    /// <summary>What the slices of a batch derive of parameters alone, and share; null where each does for itself. Its gradients are added at <see cref="End"/>.</summary>
    public DerivedValues? Derived { get; }

    /// <summary>On a GPU the sums of all parameters behind each other, as their values lie, if every one has a gradient; otherwise null.</summary>
    public Tensor? All => _hasGradient.AsSpan().Contains(false) ? null : _block?.All;

    /// <summary>After <see cref="Join"/>: the gradient of those rows of the item table that the batch met, where it has no other; null otherwise.</summary>
    public RowGradient? Rows { get; private set; }

    /// <summary>The sum of a parameter's gradient, to be added to.</summary>
    public Tensor Of(Parameter parameter)
    {
        if (ReferenceEquals(parameter, _rowTable))
            throw new InvalidOperationException("The gradient of this item table is a sum of rows: AddRows.");
        int index = _indices[parameter];
        _hasGradient[index] = true;
        return _sums[index];
    }

    /// <summary>
    /// Adds to rows of a parameter's gradient. On a CPU they are kept for <see cref="Add"/>: a thread that adds to some rows alone needs no table of its own, which would have to be zeroed
    /// and added up as a whole.
    /// </summary>
    /// <param name="parameter">The table.</param>
    /// <param name="indices">Int64 [n]: its rows.</param>
    /// <param name="rows">[n, d].</param>
    public void AddRows(Parameter parameter, Tensor indices, Tensor rows)
    {
        if (parameter.device_type == DeviceType.CPU || ReferenceEquals(parameter, _rowTable))
            _rows.Add((_indices[parameter], indices.DetachFromDisposeScope(), rows.contiguous().DetachFromDisposeScope()));
        else
            RowSums.Add(Of(parameter), indices, rows);
    }

    /// <summary>Ends what this thread sums up of a batch.</summary>
    public void End() => Derived?.Backpropagate(this);

    /// <summary>
    /// Takes over what all threads have summed up, these sums among them, in their order. As many threads as there are shares can do it at once, each for its share of the rows of every
    /// parameter; the losses go with the first.
    /// </summary>
    /// <param name="all">The sums of all threads, these first.</param>
    /// <param name="share">Which share, from 0.</param>
    /// <param name="shares">How many there are.</param>
    public void Add(ReadOnlySpan<GradientSums> all, int share, int shares)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var other in all[1..])
        {
            for (int i = 0; i < _sums.Length; i++)
            {
                var (start, end) = Share(i);
                if (other._hasGradient[i])
                    _sums[i].narrow(0, start, end - start).add_(other._sums[i].narrow(0, start, end - start), Scalars.One);
            }

            if (share == 0)
                Losses.Add(other.Losses);
        }

        foreach (var other in all)
        {
            foreach (var (index, indices, rows) in other._rows)
            {
                if (!ReferenceEquals(_parameters[index], _rowTable))
                    RowSums.Add(_sums[index], indices, rows, Share(index));
            }
        }

        (long Start, long End) Share(int index) => (_sums[index].shape[0] * share / shares, _sums[index].shape[0] * (share + 1) / shares);
    }

    /// <summary>After <see cref="Add"/>: has a gradient wherever one of the threads has one.</summary>
    public void Join(ReadOnlySpan<GradientSums> all)
    {
        if (_rowTable is not null)
        {
            int table = _indices[_rowTable];
            Rows = RowGradient.Of(_rowTable, [.. all.ToArray().SelectMany(other => other._rows).Where(rows => rows.Index == table).Select(rows => (rows.Indices, rows.Rows))]);
        }

        foreach (var other in all)
        {
            for (int i = 0; i < _hasGradient.Length; i++)
                _hasGradient[i] |= other._hasGradient[i];
            foreach (var (index, _, _) in other._rows)
                _hasGradient[index] |= !ReferenceEquals(_parameters[index], _rowTable);
            other.DropRows();
        }
    }

    /// <summary>Makes the sums the gradients of their parameters, until they are cleared; a parameter without any has none.</summary>
    public void MoveToParameters()
    {
        for (int i = 0; i < _sums.Length; i++)
            _parameters[i].grad = _hasGradient[i] ? _sums[i] : null;
    }

    /// <summary>Zeroes all sums.</summary>
    public void Clear()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        _block?.All.zero_();
        for (int i = 0; i < _sums.Length; i++)
        {
            if (_block is null && _hasGradient[i])
                _sums[i].zero_();
            _hasGradient[i] = false;
        }

        DropRows();
        Derived?.Clear();
        Rows?.Dispose();
        Rows = null;
        Losses.Clear();
    }

    public void Dispose()
    {
        foreach (var sum in _sums)
            sum.Dispose();
        DropRows();
        Derived?.Clear();
        Rows?.Dispose();
        _block?.Dispose();
        Losses.Dispose();
    }

    private void DropRows()
    {
        foreach (var (_, indices, rows) in _rows)
        {
            indices.Dispose();
            rows.Dispose();
        }

        _rows.Clear();
    }
}

/// <summary>The gradient of some rows of a table; that of the others is zero.</summary>
/// <param name="Table">The table.</param>
/// <param name="Indices">Int64 [r], ascending and each once, without 0: padding learns nothing.</param>
/// <param name="Values">[r, d].</param>
internal sealed record RowGradient(Parameter Table, Tensor Indices, Tensor Values) : IDisposable
{
    /// <summary>Sums up rows in their order.</summary>
    /// <param name="table">The table.</param>
    /// <param name="parts">Int64 [n] numbers of rows, and [n, d] what is to be added to each.</param>
    public static RowGradient Of(Parameter table, IReadOnlyList<(Tensor Indices, Tensor Rows)> parts)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var all = cat([.. parts.Select(part => part.Indices)], 0);
        var (indices, places, _) = all.unique(sorted: true, return_inverse: true);
        var values = zeros(indices.shape[0], table.shape[1], device: table.device);
        long start = 0;
        foreach (var (_, rows) in parts)
        {
            RowSums.Add(values, places!.narrow(0, start, rows.shape[0]), rows);
            start += rows.shape[0];
        }

        // where padding was looked up its number comes first
        long padding = indices.shape[0] > 0 && indices[0].item<long>() == 0 ? 1 : 0;
        return new RowGradient(table, WithoutFirst(indices), WithoutFirst(values));

        Tensor WithoutFirst(Tensor tensor) => tensor.narrow(0, padding, tensor.shape[0] - padding).clone().DetachFromDisposeScope();
    }

    public void Dispose()
    {
        Indices.Dispose();
        Values.Dispose();
    }
}
