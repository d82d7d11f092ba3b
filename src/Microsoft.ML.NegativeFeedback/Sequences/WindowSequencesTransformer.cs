using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Sequences;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Groups a labelled log by user. A row of its output is made of many rows of its input, so that it is no row-to-row mapper and takes
/// no part in serving: a prediction engine gets histories.
/// </summary>
public sealed class WindowSequencesTransformer : ITransformer
{
    private readonly IHost _host;
    private readonly WindowSequencesOptions _options;

    internal WindowSequencesTransformer(IHost host, WindowSequencesOptions options) => (_host, _options) = (host, options);

    /// <summary>False: rows are grouped.</summary>
    public bool IsRowToRowMapper => false;

    /// <summary>The schema of the sequences.</summary>
    /// <param name="inputSchema">The schema of the log.</param>
    /// <exception cref="ArgumentException">A column is missing or of a type that cannot be read.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return SequenceDataView.CreateSchema(ColumnsOf(_options.LogColumns.Require(inputSchema)));
    }

    /// <summary>
    /// The sequences. The log is read when their first row is asked for, once; they stay in memory, at five bytes an interaction (13
    /// with times), four or eight a value of <see cref="WindowSequencesOptions.SequenceColumnNames"/> and 24 a row (a window of a stride is one); until they are cut, the log takes
    /// some 32 bytes an interaction more. They can be shuffled and read by several cursors.
    /// </summary>
    /// <param name="input">The labelled log.</param>
    /// <returns>Reading it throws <see cref="InvalidDataException"/> where the log is empty, a user is missing, a feedback is none of
    /// +1, −1 and 0 (NaN included), or a Single of a further column is not finite.</returns>
    /// <exception cref="ArgumentException">A column is missing or of a type that cannot be read.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var columns = _options.LogColumns.Require(input.Schema);
        return new SequenceDataView([.. ColumnsOf(columns)], () => Cut(input, columns));
    }

    /// <summary>Not supported: see <see cref="IsRowToRowMapper"/>.</summary>
    /// <param name="inputSchema">Not read.</param>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema)
        => throw new InvalidOperationException(
            "WindowSequences groups rows and maps no single row. Serve with the chain that starts at the histories.");

    void ICanSaveModel.Save(ModelSaveContext ctx)
        => throw new NotSupportedException(
            "WindowSequences cannot be saved: it prepares training data and takes no part in serving. "
            + "Save the chain that starts at the histories (MapValueToKey, trainer, MapKeyToValue).");

    private SequenceStore Cut(IDataView input, InteractionColumns columns)
    {
        using var channel = _host.Start("Reading");
        var users = InteractionLog.Read(input, columns, _options.CancellationToken).GroupByUser();
        var windows = new WindowCutter(users, _options);
        var store = windows.Cut();
        if (windows.UsersLeftOut > 0)
        {
            channel.Info(MessageSensitivity.None, "{0}", $"{windows.UsersLeftOut} of {users.Users.Count} users are left out: they have fewer than "
                + $"{_options.MinimumInteractionCount} interactions, {_options.MinimumPositiveCount} positives or {_options.MinimumNegativeCount} negatives.");
        }

        return store;
    }

    private IEnumerable<SequenceColumn> ColumnsOf(InteractionColumns log)
        => SequenceColumns.Of(log, _options.ItemsColumnName, _options.FeedbackSequenceColumnName, _options.TimesColumnName);
}
