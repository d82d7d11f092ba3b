using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Holds what describes a text file.</summary>
public sealed class TextLoader
{
    private TextLoader()
    {
    }

    /// <summary>A column and the fields that it is made of: one field a scalar, more a vector.</summary>
    public sealed class Column
    {
        public string Name;
        public Range[] Source;
        public KeyCount KeyCount;

        public Column()
        {
        }

        public Column(string name, DataKind dataKind, int index)
            : this(name, dataKind, [new Range(index)])
        {
        }

        public Column(string name, DataKind dataKind, int minIndex, int maxIndex)
            : this(name, dataKind, [new Range(minIndex, maxIndex)])
        {
        }

        public Column(string name, DataKind dataKind, Range[] source, KeyCount keyCount = null)
        {
            ArgumentNullException.ThrowIfNull(name);
            ArgumentNullException.ThrowIfNull(source);
            Name = name;
            DataKind = dataKind;
            Source = source;
            KeyCount = keyCount;
        }

        public DataKind DataKind { get; set; } = DataKind.Single;
    }

    /// <summary>Consecutive fields of a line.</summary>
    public sealed class Range
    {
        public int Min;

        /// <summary>The last field; without one, the range is the field <see cref="Min"/> alone.</summary>
        public int? Max;

        /// <summary>One field makes a vector of length one.</summary>
        public bool ForceVector;

        /// <summary>The range extends to the end of the line, wherever that is.</summary>
        public bool VariableEnd;

        public Range()
        {
        }

        public Range(int index)
        {
            Check.Parameter(index >= 0, nameof(index), "Must be non-negative");
            Min = index;
            Max = index;
        }

        public Range(int min, int? max)
        {
            Check.Parameter(min >= 0, nameof(min), "Must be non-negative");
            Check.Parameter(max is not null, nameof(max), "This implementation has no ranges that end where the first lines end.");
            Check.Parameter(max >= min, nameof(max), "If specified, must be greater than or equal to min");
            Min = min;
            Max = max;
            ForceVector = true;
        }
    }

    /// <summary>How to read a file.</summary>
    public class Options
    {
        /// <summary>Whether a field in double quotes may hold separators.</summary>
        public bool AllowQuoting;

        public char[] Separators = ['\t'];

        public Column[] Columns;

        /// <summary>Whether white space at the end of lines is dropped.</summary>
        public bool TrimWhitespace;

        /// <summary>Whether the first line of a file holds names.</summary>
        public bool HasHeader;

        /// <summary>Whether lines are parsed on several threads.</summary>
        public bool UseThreads = true;

        public long? MaxRows;

        /// <summary>Whether an empty field of a real number is NaN rather than 0.</summary>
        public bool MissingRealsAsNaNs;
    }
}
