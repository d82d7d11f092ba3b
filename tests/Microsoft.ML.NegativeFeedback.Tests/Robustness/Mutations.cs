using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.NegativeFeedback.Tests.Robustness;

/// <summary>What happens to files: damage to their bytes, and what programs and people make of delimited text.</summary>
internal static class Mutations
{
    private static readonly string[] StrangeFields =
    [
        "", " ", "NaN", "nan", "Infinity", "-Infinity", "∞", "1e308", "1e400", "-1e308", "1e-400", "1e39", "0.1e1", "-1", "-0", "+1", "--1", "2147483647", "2147483648", "-2147483648",
        "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999999999", "0x10", "１２", "1,5", "1.5", "1 ", " 1", "\"1\"", "\"1", "1\"", "\"\"", "'1'",
        "true", "null", "\\N", "2021-02-30", "9999-12-31", "0001-01-01", "2021-5-1", "2021-05-11T00:00:00", "\0", "1\0", "1\u00a0", "\u200b1", "1e5", "１", "٣", "1_000", "1\r", "\u2028", "(5)", "¤5",
    ];

    /// <summary>One to three mutations of a delimited text.</summary>
    public static byte[] OfText(byte[] text, string separator, Random random)
    {
        for (int count = random.Next(1, 4); count > 0; count--)
            text = random.Next(3) == 0 ? OfBytes(text, random) : OfLines(text, separator, random);
        return text;
    }

    /// <summary>Damage that knows nothing of what the bytes mean.</summary>
    public static byte[] OfBytes(byte[] bytes, Random random)
    {
        var changed = new List<byte>(bytes);
        int at = random.Next(changed.Count + 1), length = Math.Min(random.Next(1, 40), changed.Count - at);
        switch (random.Next(8))
        {
            case 0:
                changed.RemoveRange(at, changed.Count - at);
                break;
            case 1:
                changed.RemoveRange(at, length);
                break;
            case 2:
                changed.InsertRange(at, changed.GetRange(at, length));
                break;
            case 3:
                changed.InsertRange(at, new byte[random.Next(1, 20)]);
                break;
            case 4:
                changed.InsertRange(at, RandomBytes(random.Next(1, 20)));
                break;
            case 5:
                // lone continuations, an overlong NUL, half a surrogate, what never stands in UTF-8
                changed.InsertRange(at, random.Next(4) switch { 0 => [0x80], 1 => [0xC0, 0x80], 2 => [0xED, 0xA0, 0x80], _ => new byte[] { 0xFF, 0xFE } });
                break;
            default:
                return OfBits(bytes, random);
        }

        return [.. changed];

        byte[] RandomBytes(int count)
        {
            var drawn = new byte[count];
            random.NextBytes(drawn);
            return drawn;
        }
    }

    /// <summary>Up to five bits that flip.</summary>
    public static byte[] OfBits(byte[] bytes, Random random)
    {
        byte[] changed = [.. bytes];
        for (int flips = random.Next(1, 6); flips > 0 && changed.Length > 0; flips--)
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
        return changed;
    }

    /// <summary>A zip with one of its entries changed and everything about it right again, so that no reader stops before it has read it.</summary>
    /// <param name="zip">The zip.</param>
    /// <param name="choose">Chooses among the names of its entries.</param>
    /// <param name="change">Changes the bytes.</param>
    public static byte[] OfEntry(byte[] zip, Func<string[], string> choose, Func<byte[], byte[]> change)
    {
        var changed = new MemoryStream();
        using (var source = new ZipArchive(new MemoryStream(zip), ZipArchiveMode.Read))
        using (var target = new ZipArchive(changed, ZipArchiveMode.Create, leaveOpen: true))
        {
            string chosen = choose([.. source.Entries.Select(entry => entry.FullName)]);
            foreach (var entry in source.Entries)
            {
                using var from = entry.Open();
                using var to = target.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open();
                var bytes = new MemoryStream();
                from.CopyTo(bytes);
                to.Write(entry.FullName == chosen ? change(bytes.ToArray()) : bytes.ToArray());
            }
        }

        return changed.ToArray();
    }

    // Latin-1 keeps bytes that are no UTF-8 as they are
    private static byte[] OfLines(byte[] text, string separator, Random random)
    {
        var lines = Encoding.Latin1.GetString(text).Split('\n').ToList();
        int line = random.Next(lines.Count), other = random.Next(lines.Count);
        string[] fields = lines[line].Split(separator);
        int field = random.Next(fields.Length);
        string end = "\n";
        switch (random.Next(17))
        {
            case 0:
                lines.RemoveAt(line);
                break;
            case 1:
                lines.Insert(other, lines[line]);
                break;
            case 2:
                (lines[line], lines[other]) = (lines[other], lines[line]);
                break;
            case 3:
                lines[line] = "";
                break;
            case 4:
                end = random.Next(3) switch { 0 => "\r", 1 => "\n\n", _ => "\r\n" };
                break;
            case 5:
                lines[line] += "\r";
                break;
            case 6:
                lines[0] = Latin1(random.Next(3) switch { 0 => [0xEF, 0xBB, 0xBF], 1 => [0xFF, 0xFE], _ => [0xFE, 0xFF] }) + lines[0];
                break;
            case 7:
                lines[line] = string.Join(separator, fields.Append("1"));
                break;
            case 8:
                lines[line] = string.Join(separator, fields.Where((_, i) => i != field));
                break;
            case 9:
                for (int i = 0; i < lines.Count; i++)
                    lines[i] = lines[i].Replace(separator, random.Next(3) switch { 0 => ";", 1 => "\t", _ => "::" }, StringComparison.Ordinal);
                break;
            case 10:
                (fields[field], fields[0]) = (fields[0], fields[field]);
                lines[line] = string.Join(separator, fields);
                break;
            case 11:
                lines[line] = new string((char)random.Next(32, 127), random.Next(1, 300_000));
                break;
            default:
                fields[field] = Latin1(Encoding.UTF8.GetBytes(StrangeFields[random.Next(StrangeFields.Length)]));
                lines[random.Next(8) == 0 ? 0 : line] = string.Join(separator, fields);
                break;
        }

        return Encoding.Latin1.GetBytes(string.Join(end, lines));

        static string Latin1(byte[] bytes) => Encoding.Latin1.GetString(bytes);
    }
}
