using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Values beside the items of all rows end to end, beside the rows, or at the places of a slice.</summary>
internal abstract class ColumnValues(int width)
{
    /// <summary>Values an item, row or place.</summary>
    public int Width => width;

    /// <summary>How many items, rows or places have them.</summary>
    public abstract int Count { get; }

    /// <summary>A column for what a reader reads: Int64 for times and keys, Single otherwise.</summary>
    public static ColumnValues For(InputColumn input)
        => input.ValueType == typeof(float) ? new ColumnValues<float>(input.Width) : new ColumnValues<long>(input.Width);

    /// <summary>A column of the same kind that holds nothing.</summary>
    public abstract ColumnValues Empty();

    /// <summary>Adds those of another column, of the same kind.</summary>
    /// <param name="other">The other.</param>
    /// <param name="start">The first of them.</param>
    /// <param name="count">How many.</param>
    public abstract void Append(ColumnValues other, int start, int count);

    /// <summary>Adds what a reader has read last: all of it, or what stands beside items that are known.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="items">The items; none for what belongs to the row.</param>
    public abstract void Append(InputReader reader, ReadOnlySpan<uint> items);

    /// <summary>Those of some places, and 0 for −1.</summary>
    public abstract ColumnValues Select(ReadOnlySpan<int> places);

    /// <summary>The values on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The tensor's.</param>
    public abstract Tensor ToTensor(Device device, params long[] shape);

    /// <summary>Adds the values to a hash.</summary>
    public abstract void AppendTo(IncrementalHash hash);
}

/// <inheritdoc cref="ColumnValues"/>
/// <typeparam name="T">Single or Int64.</typeparam>
internal sealed class ColumnValues<T>(int width) : ColumnValues(width)
    where T : unmanaged
{
    private readonly List<T> _values = [];

    /// <summary>A column with values, row-major.</summary>
    public ColumnValues(int width, ReadOnlySpan<T> values)
        : this(width) => _values.AddRange(values);

    public override int Count => _values.Count / Width;

    public ReadOnlySpan<T> Values => CollectionsMarshal.AsSpan(_values);

    public override ColumnValues Empty() => new ColumnValues<T>(Width);

    public override void Append(ColumnValues other, int start, int count)
        => _values.AddRange(((ColumnValues<T>)other).Values.Slice(start * Width, count * Width));

    public override void Append(InputReader reader, ReadOnlySpan<uint> items)
    {
        if (reader is InputReader<uint> keys)
        {
            for (int i = 0; i < keys.Values.Length; i++)
            {
                if (items.IsEmpty || items[i / Width] != 0)
                    _values.Add((T)(object)(long)keys.Values[i]);
            }

            return;
        }

        var values = ((InputReader<T>)reader).Values;
        for (int i = 0; i < values.Length; i++)
        {
            if (items.IsEmpty || items[i / Width] != 0)
                _values.Add(values[i]);
        }
    }

    public override ColumnValues Select(ReadOnlySpan<int> places)
    {
        var selected = new ColumnValues<T>(Width);
        CollectionsMarshal.SetCount(selected._values, places.Length * Width);
        var target = CollectionsMarshal.AsSpan(selected._values);
        for (int i = 0; i < places.Length; i++)
        {
            if (places[i] >= 0)
                Values.Slice(places[i] * Width, Width).CopyTo(target[(i * Width)..]);
        }

        return selected;
    }

    public override Tensor ToTensor(Device device, params long[] shape)
    {
        object values = _values.ToArray();
        return values is float[] numbers ? TorchMemory.Of(numbers, device, shape) : TorchMemory.Of((long[])values, device, shape);
    }

    public override void AppendTo(IncrementalHash hash) => hash.AppendData(MemoryMarshal.AsBytes(Values));
}
