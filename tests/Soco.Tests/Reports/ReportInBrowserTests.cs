using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Soco.Reports;

namespace Soco.Tests.Reports;

/// <summary>The pages in a real browser, where the machine has one.</summary>
public sealed partial class ReportInBrowserTests : IDisposable
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome"];
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void A_page_has_no_error_shows_its_pictures_and_is_no_wider_than_a_phone_or_a_screen()
    {
        string? browser = Browser();
        Assert.SkipWhen(browser is null, $"None of {string.Join(", ", s_names)} is on this machine, so no page is opened.");
        WrittenRuns.WritePretraining(_temporary.File("all/one"));
        WrittenRuns.WriteFinetuning(_temporary.File("all/a-run-with-a-long-name-that-does-not-want-to-be-broken-anywhere-at-all"));
        string page = File.ReadAllText(Report.Save(_temporary.File("all")));

        Seen[] widths = Open(browser, page, 390, 1280);

        Assert.Equal([(390, 390), (1280, 1280)], widths.Select(seen => (seen.Width, seen.Content)));
        Assert.All(
            widths,
            seen =>
            {
                Assert.Empty(seen.Errors);
                Assert.Equal(page.Split("<img ").Length - 1, seen.Pictures);
                Assert.Equal(0, seen.Broken);
                Assert.True(seen.Read, "The curves do not tell their values under the pointer.");
            }
        );
    }

    /// <summary>Opens a page in frames of some widths, moves a pointer over a curve, and says what there is to see.</summary>
    private Seen[] Open(string browser, string page, params int[] widths)
    {
        const string catches = "<head><script>window.errors = []; addEventListener('error', e => errors.push(e.message));</script>";
        string inner = WebUtility.HtmlEncode(page.Replace("<head>", catches, StringComparison.Ordinal)),
            frames = _temporary.File("frames.html");
        File.WriteAllText(
            frames,
            $$"""
            <!DOCTYPE html>
            {{string.Concat(
                widths.Select(width => $"<iframe style=\"width: {width}px; height: 800px; border: 0\" srcdoc=\"{inner}\"></iframe>")
            )}}
            <pre></pre>
            <script>
            onload = () => document.querySelector('pre').textContent = JSON.stringify([...document.querySelectorAll('iframe')].map(frame => {
              const inner = frame.contentDocument, images = [...inner.images], root = inner.documentElement;
              for (const fold of inner.querySelectorAll('details')) fold.open = true;
              const area = inner.querySelector('.area'), box = area.getBoundingClientRect();
              area.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + box.width / 2, clientY: box.top + 5 }));
              return {
                errors: frame.contentWindow.errors, width: root.clientWidth, content: root.scrollWidth,
                pictures: images.length, broken: images.filter(image => !image.complete || !image.naturalWidth).length,
                read: area.closest('.chart').classList.contains('read'),
              };
            }));
            </script>
            """
        );
        var start = new ProcessStartInfo(browser)
        {
            ArgumentList =
            {
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                $"--user-data-dir={_temporary.File("profile")}",
                "--hide-scrollbars",
                "--dump-dom",
                new Uri(frames).AbsoluteUri,
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.BeginErrorReadLine();
        string shown = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return JsonSerializer.Deserialize<Seen[]>(WebUtility.HtmlDecode(Answer().Match(shown).Groups[1].Value), JsonSerializerOptions.Web)!;
    }

    private static string? Browser() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .SelectMany(folder => s_names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);

    [GeneratedRegex("<pre>([^<]+)</pre>")]
    private static partial Regex Answer();

    private sealed record Seen(string[] Errors, int Width, int Content, int Pictures, int Broken, bool Read);
}
