using Microsoft.Playwright;

namespace Serving.Tests;

/// <summary>The page, as its user sees it.</summary>
[Collection(ServiceTests.Name)]
public sealed class PageTests(TinyModels models)
{
    [ChromiumFact]
    public async Task What_is_liked_or_skipped_goes_to_the_history_and_the_list_changes()
    {
        await using var service = await RunningService.Start("--model", models.First);
        await service.View("ann", "5");
        await using var browser = await Browser.Start();
        var page = await browser.Open(new Uri(service.Address, "/?user=ann"));

        await Assertions.Expect(page.Locator("#history li")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("#recommended li")).ToHaveCountAsync(10);
        await Assertions.Expect(page.Locator("#version")).ToHaveTextAsync(service.ModelVersion);

        string liked = await First(page);
        await page.GetByRole(AriaRole.Button, new() { Name = $"Like {liked}", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("#history li").First).ToContainTextAsync("liked");
        await Assertions.Expect(page.Locator("#history li").First).ToHaveAttributeAsync("data-item", liked);
        await Assertions.Expect(page.Locator($"#recommended li[data-item='{liked}']")).ToHaveCountAsync(0);

        string skipped = await First(page);
        await page.GetByRole(AriaRole.Button, new() { Name = $"Skip {skipped}", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("#history li").First).ToContainTextAsync("skipped");
        await Assertions.Expect(page.Locator($"#recommended li[data-item='{skipped}']")).ToHaveCountAsync(0);

        // the page shows what the service knows
        Assert.Equal([("5", 1), (liked, 1), (skipped, -1)], (await service.History("ann")).Select(view => (view.Item, (int)view.Feedback)).OrderBy(view => view.Item != "5"));
        var recommended = await page.Locator("#recommended li").EvaluateAllAsync<string[]>("rows => rows.map(row => row.dataset.item)");
        Assert.Equal((await service.Recommend("ann")).Items.Select(item => item.Item), recommended);
    }

    [ChromiumFact]
    public async Task Another_user_can_be_chosen_ids_are_text_and_errors_are_shown()
    {
        await using var service = await RunningService.Start("--model", models.First, "--rate", "5");
        await service.View("<b>bob", "<img src=x onerror=document.title=1>");
        await using var browser = await Browser.Start();
        var page = await browser.Open(service.Address);
        await Assertions.Expect(page.Locator("#recommended li")).ToHaveCountAsync(10);

        await page.GetByLabel("User").FillAsync("<b>bob");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Assertions.Expect(page.Locator("#history .item")).ToHaveTextAsync("<img src=x onerror=document.title=1>");
        await Assertions.Expect(page).ToHaveTitleAsync("Recommendations");

        await service.Stop();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
    }

    private static async Task<string> First(IPage page) => (await page.Locator("#recommended li").First.GetAttributeAsync("data-item"))!;

    private sealed class Browser(IPlaywright playwright, IBrowser browser) : IAsyncDisposable
    {
        private readonly List<string> _errors = [];

        public static async Task<Browser> Start()
        {
            // on a machine with other work, too
            Assertions.SetDefaultExpectTimeout(60_000);
            var playwright = await Playwright.CreateAsync();
            return new Browser(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = ChromiumFactAttribute.Path,
                // Chromium's sandbox refuses root, which containers often are
                Args = Environment.UserName == "root" ? ["--no-sandbox"] : [],
            }));
        }

        public async Task<IPage> Open(Uri address)
        {
            var page = await browser.NewPageAsync();
            page.PageError += (_, error) => _errors.Add(error);
            await page.GotoAsync(address.ToString());
            return page;
        }

        public async ValueTask DisposeAsync()
        {
            await browser.DisposeAsync();
            playwright.Dispose();
            Assert.Empty(_errors);
        }
    }
}

/// <summary>A fact about the page, skipped where there is no Chromium.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute() => Skip = Path is null ? "there is no chromium or google-chrome on the PATH" : null;

    public static string? Path { get; } = Programs.Find("chromium") ?? Programs.Find("chromium-browser") ?? Programs.Find("google-chrome");
}

/// <summary>Programs of the system.</summary>
internal static class Programs
{
    /// <summary>Where a program is; null: not on the PATH.</summary>
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
