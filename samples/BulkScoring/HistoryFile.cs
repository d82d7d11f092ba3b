using Parquet;
using Parquet.Schema;

namespace BulkScoring;

/// <summary>What a user did, oldest first: a row of a partition.</summary>
public sealed class UserHistory
{
    public long User { get; set; }

    public int[] Items { get; set; } = [];

    /// <summary>+1 liked, −1 skipped, 0 neither.</summary>
    public float[] Feedback { get; set; } = [];
}

/// <summary>
/// A Parquet file with histories: <c>User</c> Int64, <c>Items</c> a list of Int32, <c>Feedback</c> a list of Single, as long. Other columns are not read. A row group at a time is in memory.
/// </summary>
internal sealed class HistoryFile : IAsyncDisposable
{
    private static readonly DataField<long> UserField = new(nameof(UserHistory.User));
    private static readonly ListField ItemsField = ListColumn.FieldOf<int>(nameof(UserHistory.Items));
    private static readonly ListField FeedbackField = ListColumn.FieldOf<float>(nameof(UserHistory.Feedback));

    private readonly string _path;
    private readonly ParquetReader _reader;
    private readonly DataField _user, _items, _feedback;

    private HistoryFile(string path, ParquetReader reader)
    {
        (_path, _reader) = (path, reader);
        _user = Find(UserField.Name, typeof(long), isList: false);
        _items = Find(ItemsField.Name, typeof(int), isList: true);
        _feedback = Find(FeedbackField.Name, typeof(float), isList: true);
    }

    public static ParquetSchema Schema { get; } = new(UserField, ItemsField, FeedbackField);

    public int RowGroupCount => _reader.RowGroupCount;

    public long RowCount => _reader.RowGroups.Sum(group => group.RowCount);

    /// <summary>Opens a file and checks its columns.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="InvalidDataException">It is no Parquet file, has no rows, or lacks a column of the right type.</exception>
    public static async Task<HistoryFile> OpenAsync(string path, CancellationToken cancellation)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}' with histories.", path);
        ParquetReader reader;
        try
        {
            reader = await ParquetReader.CreateAsync(path, cancellationToken: cancellation);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new InvalidDataException($"'{path}' is no Parquet file that can be read: {error.Message}", error);
        }

        try
        {
            var file = new HistoryFile(path, reader);
            return file.RowCount > 0 ? file : throw new InvalidDataException($"'{path}' has no rows.");
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes a row group.</summary>
    public static async Task WriteAsync(ParquetWriter writer, IReadOnlyList<UserHistory> rows, CancellationToken cancellation)
    {
        using var group = writer.CreateRowGroup();
        await group.WriteAsync<long>(UserField, rows.Select(row => row.User).ToArray(), cancellationToken: cancellation);
        await ListColumn.WriteAsync(group, ItemsField, [.. rows.Select(row => row.Items)], cancellation);
        await ListColumn.WriteAsync(group, FeedbackField, [.. rows.Select(row => row.Feedback)], cancellation);
        group.CompleteValidate();
    }

    /// <summary>Reads a row group.</summary>
    /// <exception cref="InvalidDataException">It is damaged, a value is missing, or a row has another number of items than of feedback.</exception>
    public async Task<UserHistory[]> ReadAsync(int rowGroup, CancellationToken cancellation)
    {
        using var group = _reader.OpenRowGroupReader(rowGroup);
        long[] users = await Named(UserField.Name, ListColumn.ReadValuesAsync<long>(group, _user, cancellation));
        int[][] items = await Named(ItemsField.Name, ListColumn.ReadListsAsync<int>(group, _items, cancellation));
        float[][] feedback = await Named(FeedbackField.Name, ListColumn.ReadListsAsync<float>(group, _feedback, cancellation));
        var rows = new UserHistory[users.Length];
        for (int row = 0; row < rows.Length; row++)
        {
            if (items[row].Length != feedback[row].Length)
                throw new InvalidDataException($"'{_path}': user {users[row]} has {items[row].Length} items and {feedback[row].Length} values of feedback; there must be one beside each item.");
            rows[row] = new UserHistory { User = users[row], Items = items[row], Feedback = feedback[row] };
        }

        return rows;

        async Task<T> Named<T>(string column, Task<T> reading)
        {
            try
            {
                return await reading;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                throw new InvalidDataException($"'{_path}': column '{column}' of row group {rowGroup} cannot be read: {error.Message}", error);
            }
        }
    }

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    private DataField Find(string name, Type type, bool isList)
    {
        string expected = isList ? $"a list of {type.Name}" : type.Name;
        var field = _reader.Schema.Fields.FirstOrDefault(field => field.Name == name)
            ?? throw new InvalidDataException($"'{_path}' has no column '{name}', which must be {expected}; it has {string.Join(", ", _reader.Schema.Fields.Select(other => $"'{other.Name}'"))}.");
        var (data, hasLists) = field is ListField list ? (list.Item as DataField, true) : (field as DataField, field is DataField { IsArray: true });
        if (data?.ClrType == type && hasLists == isList)
            return data;
        string found = data is null ? $"a {field.SchemaType}" : hasLists ? $"a list of {NameOf(data.ClrType)}" : NameOf(data.ClrType);
        throw new InvalidDataException($"'{_path}': column '{name}' is {found}; it must be {expected}.");

        static string NameOf(Type type) => type == typeof(ReadOnlyMemory<char>) ? nameof(String) : type.Name;
    }
}
