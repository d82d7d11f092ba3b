namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>
/// Quoted fields as RFC 4180 has them: a field that begins with a quotation mark ends behind the next one that is not doubled, and may
/// hold separators and line breaks until then. A quotation mark within any other field means nothing.
/// </summary>
internal static class QuotedFields
{
    private const byte Quote = (byte)'"';
    private const byte LineFeed = (byte)'\n';

    /// <summary>
    /// The place of the separator or line feed that ends the field at <paramref name="start"/>; the length of the text where neither
    /// comes, −1 where the text ends within quotation marks.
    /// </summary>
    public static int EndOfField(ReadOnlySpan<byte> text, int start, byte separator)
    {
        int place = start;
        if (place < text.Length && text[place] == Quote)
        {
            do
            {
                int length = text[(place + 1)..].IndexOf(Quote);
                if (length < 0)
                    return -1;
                place += length + 2;
            }
            while (place < text.Length && text[place] == Quote);
        }

        int rest = text[place..].IndexOfAny(separator, LineFeed);
        return rest < 0 ? text.Length : place + rest;
    }

    /// <summary>The place of the line feed that ends the record at the start of the text, or what <see cref="EndOfField"/> gives instead.</summary>
    public static int EndOfRecord(ReadOnlySpan<byte> text, byte separator)
    {
        int end = EndOfField(text, 0, separator);
        while (end >= 0 && end < text.Length && text[end] != LineFeed)
            end = EndOfField(text, end + 1, separator);
        return end;
    }

    /// <summary>The field without the quotation marks around it; doubled ones within it stay doubled, for no text is read.</summary>
    public static ReadOnlySpan<byte> Unquote(ReadOnlySpan<byte> field)
        => field.Length >= 2 && field[0] == Quote && field[^1] == Quote ? field[1..^1] : field;
}
