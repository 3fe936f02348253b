using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Soco.Campaigns;

namespace Soco.Cli.Tests;

/// <summary><c>soco report --watch</c>: a page of a run that changes.</summary>
public sealed partial class WatchTests(CommandLineFixture fixture) : IClassFixture<CommandLineFixture>, IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    private readonly HttpClient _browser = new();

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task The_page_of_a_finished_run_changes_with_its_log_and_nothing_is_written()
    {
        string run = fixture.In("finished"),
            log = Path.Combine(run, "log.jsonl");
        (int exitCode, _, string error) = fixture.Run(["pretrain", fixture.Images, "--out", run, .. TinyRuns.Pretrain, "--epochs", "2"]);
        Assert.True(exitCode == 0, error);
        File.Delete(Path.Combine(run, "report.html"));
        string[] before = Files(run);
        using Process watch = fixture.Start("report", run, "--watch");
        Uri address = await AddressOf(watch);

        using HttpResponseMessage first = await Ask(address);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Contains(
            "all 4 steps",
            await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        using HttpResponseMessage same = await Ask(address, request => request.Headers.IfNoneMatch.Add(first.Headers.ETag!));
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        Assert.Equal(before, Files(run));

        await File.AppendAllTextAsync(log, "{\"step\": 5, \"lo\n", TestContext.Current.CancellationToken);
        await Until(address, "1 line of the log is damaged");
        Assert.Equal(
            before.Where(file => !file.StartsWith("log.jsonl", StringComparison.Ordinal)),
            Files(run).Where(file => !file.StartsWith("log.jsonl", StringComparison.Ordinal))
        );

        (exitCode, _, error) = fixture.Run("report", run, "--watch", "--port", $"{address.Port}");
        Assert.Equal(2, exitCode);
        Assert.Equal(
            $"soco: Port {address.Port} is in use by another program: name another one with --port, or none for any free one.",
            error.Trim()
        );
        End(watch);
    }

    [Fact]
    public async Task The_page_of_a_run_under_way_follows_it()
    {
        string run = fixture.In("running");
        using Process training = fixture.Start(["pretrain", fixture.Images, "--out", run, .. TinyRuns.Pretrain, "--epochs", "100000"]);
        await Wait(() =>
            Task.FromResult(File.Exists(Path.Combine(run, "log.jsonl")) && File.ReadLines(Path.Combine(run, "log.jsonl")).Skip(1).Any())
        );
        using Process watch = fixture.Start("report", run, "--watch");
        Uri address = await AddressOf(watch);

        await Until(address, "Running");
        using HttpResponseMessage first = await Ask(address);
        await Wait(async () => (await Ask(address)).Headers.ETag!.Tag != first.Headers.ETag!.Tag);

        Interrupt(training);
        CommandLineFixture.Finish(training);
        await Until(address, "Interrupted");
        End(watch);
    }

    [Fact]
    public async Task Only_browsers_of_this_machine_get_the_page_and_nothing_but_the_page()
    {
        string run = fixture.In("guarded");
        Directory.CreateDirectory(run);
        await File.WriteAllTextAsync(Path.Combine(run, "recipe.yaml"), "", TestContext.Current.CancellationToken);
        using Process watch = fixture.Start("report", run, "--watch");
        Uri address = await AddressOf(watch);
        Assert.Equal("127.0.0.1", address.Host);

        Assert.Equal(HttpStatusCode.OK, await Status(address, host: $"localhost:{address.Port}"));
        Assert.Equal(HttpStatusCode.Forbidden, await Status(address, host: "evil.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await Status(address, host: $"localhost.evil.example:{address.Port}"));
        Assert.Equal(HttpStatusCode.NotFound, await Status(new Uri(address, "recipe.yaml")));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, await Status(address, method: HttpMethod.Post));

        Directory.Delete(run, recursive: true);
        await Wait(async () => await Status(address) == HttpStatusCode.ServiceUnavailable);
        End(watch);
    }

    [Theory]
    [InlineData("--port 5 is that of --watch", "--port", "5")]
    [InlineData("--out page.html has no place beside it", "--watch", "--out", "page.html")]
    [InlineData("--port 70000 is not possible", "--watch", "--port", "70000")]
    [InlineData("is no folder", "--watch")]
    public void A_wrong_request_is_one_sentence(string said, params string[] flags)
    {
        (int exitCode, _, string error) = fixture.Run(["report", "nowhere", .. flags]);

        Assert.Equal(2, exitCode);
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    private static async Task<Uri> AddressOf(Process watch)
    {
        string? line = await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(s_longest);
        return new Uri(Address().Match(line ?? await watch.StandardError.ReadToEndAsync()).Value);
    }

    private async Task<HttpResponseMessage> Ask(Uri address, Action<HttpRequestMessage>? prepare = null, HttpMethod? method = null)
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, address);
        prepare?.Invoke(request);
        return await _browser.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private async Task<HttpStatusCode> Status(Uri address, string? host = null, HttpMethod? method = null)
    {
        using HttpResponseMessage answer = await Ask(address, request => request.Headers.Host = host, method);
        return answer.StatusCode;
    }

    private Task Until(Uri address, string text) =>
        Wait(async () =>
            (await _browser.GetStringAsync(address, TestContext.Current.CancellationToken)).Contains(text, StringComparison.Ordinal)
        );

    private static async Task Wait(Func<Task<bool>> isTrue)
    {
        long began = Stopwatch.GetTimestamp();
        while (!await isTrue())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < s_longest, "What was waited for did not come.");
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    private static void End(Process watch)
    {
        Interrupt(watch);
        (int exitCode, _, string error) = CommandLineFixture.Finish(watch);
        Assert.Equal((0, ""), (exitCode, error));
    }

    private static void Interrupt(Process process)
    {
        using Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        kill.WaitForExit();
    }

    private static string[] Files(string folder) =>
        [
            .. new DirectoryInfo(folder)
                .EnumerateFiles("*", SearchOption.AllDirectories)
                .Select(file => $"{Path.GetRelativePath(folder, file.FullName)} {file.Length} {file.LastWriteTimeUtc:O}")
                .Order(),
        ];

    [GeneratedRegex("http://[^ ]+")]
    private static partial Regex Address();
}
