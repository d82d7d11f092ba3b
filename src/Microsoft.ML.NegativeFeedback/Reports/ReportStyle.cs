namespace Microsoft.ML.NegativeFeedback.Reports;

/// <summary>
/// How pages look. Colours differ in lightness as well as in hue and stand out from the background by at least 3 to 1 in light and dark,
/// and lines differ in their marks too, so that no series is told by its hue alone.
/// </summary>
internal static class ReportStyle
{
    public const string LightBackground = "#ffffff";

    public const string DarkBackground = "#16181d";

    public static readonly string[] LightColours =
        ["#1d5fbf", "#c4560a", "#0d7d5a", "#8a3fb8", "#b3261e", "#6b7280", "#97740a", "#0a7a91"];

    public static readonly string[] DarkColours =
        ["#7db2ff", "#ff9d57", "#4fd1a5", "#cf9bf2", "#ff8a80", "#aab2c0", "#e3c04f", "#5ad0e6"];

    /// <summary>The class of a series' colour; after the last colour the first comes again.</summary>
    public static string ColourOf(int series) => $"s{series % LightColours.Length}";

    /// <summary>The style sheet. It holds none of the characters that XML would escape and HTML would not unescape.</summary>
    public static string Sheet { get; } = $$"""

        :root { color-scheme: light dark; --back: {{LightBackground}}; --text: #1b1d22; --faint: #5b6270; --grid: #d9dce3; {{Variables(LightColours)}} }
        @media (prefers-color-scheme: dark) {
          :root { --back: {{DarkBackground}}; --text: #e8eaf0; --faint: #a4abba; --grid: #3a3f4b; {{Variables(DarkColours)}} }
        }
        body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 52rem; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.7rem; line-height: 1.25; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
        figure { margin: 1.5rem 0; } figcaption { font-weight: 600; }
        svg { display: block; width: 100%; height: auto; }
        svg text { font: 12px system-ui, sans-serif; fill: var(--text); } svg text.faint { fill: var(--faint); }
        .grid { stroke: var(--grid); } .axis { stroke: var(--faint); } .line { fill: none; stroke-width: 2; } .spread { stroke-width: 1.5; }
        {{ColourRules()}}
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0.5rem 0; padding: 0; font-size: 0.9rem; }
        .legend svg { display: inline-block; width: 28px; height: 12px; margin-right: 0.4rem; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; margin: 0.5rem 0 1rem; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; padding-bottom: 0.3rem; }
        th, td { padding: 0.25rem 0.75rem; text-align: right; border-bottom: 1px solid var(--grid); }
        th:first-child { text-align: left; } tbody th { font-weight: 400; }
        summary { cursor: pointer; color: var(--faint); font-size: 0.9rem; }

        """;

    private static string Variables(string[] colours) => string.Join(" ", colours.Select((colour, i) => $"--s{i}: {colour};"));

    private static string ColourRules()
        => string.Join("\n", LightColours.Select((_, i) => $".s{i} {{ stroke: var(--s{i}); fill: var(--s{i}); }}"));
}
