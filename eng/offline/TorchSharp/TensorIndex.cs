namespace TorchSharp;

public static partial class torch
{
    /// <summary>An index: a position, a slice, a truth value, a tensor of positions or a mask, an ellipsis, a new dimension.</summary>
    public struct TensorIndex
    {
        public static TensorIndex Ellipsis = new() { Kind = ArgumentKind.Ellipsis };
        public static TensorIndex None = new() { Kind = ArgumentKind.None };
        public static TensorIndex Null = new() { Kind = ArgumentKind.None };
        public static TensorIndex Colon = Slice();

        internal ArgumentKind Kind { get; private init; }

        internal long Value { get; private init; }

        internal long[]? Bounds { get; private init; }

        internal Tensor? Positions { get; private init; }

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) => new()
        {
            Kind = ArgumentKind.Slice,
            Bounds = [start ?? long.MinValue, stop ?? long.MinValue, step ?? long.MinValue],
        };

        public static TensorIndex Slice((int? start, int? end) range) => Slice((long?)range.start, range.end);

        public static TensorIndex Slice(Range range) => Slice(
            range.Start.IsFromEnd ? -range.Start.Value : range.Start.Value,
            !range.End.IsFromEnd ? range.End.Value : range.End.Value == 0 ? null : -range.End.Value);

        public static TensorIndex Bool(bool value) => new() { Kind = ArgumentKind.Boolean, Value = value ? 1 : 0 };

        public static TensorIndex Single(long? index) => new() { Kind = ArgumentKind.Integer, Value = index!.Value };

        public static TensorIndex Tensor(Tensor tensor) => new() { Kind = ArgumentKind.Tensor, Positions = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);

        public static implicit operator TensorIndex(Index index) => Single(index.IsFromEnd ? -index.Value : index.Value);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        /// <summary>Exists, as in the package, only to make a mix of indices and tensors in one indexer compile; it throws.</summary>
        public static implicit operator Tensor(TensorIndex value) => throw new InvalidOperationException("Should not be called.");
    }
}
