using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Soco.Reports;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.IO;

namespace Soco.Cli.Watching;

/// <summary>
/// The report of a folder that may change, made again only when it is asked for and a file has changed. Nothing is written. Thread-safe.
/// </summary>
/// <param name="folder">A run folder, or one that holds runs.</param>
internal sealed class WatchedPage(string folder)
{
    private const string BodyEnd = "</body>";

    /// <summary>Of the time at most one part in so many goes into pages: the training needs the cores.</summary>
    private const int Rest = 10;

    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(2);

    /// <summary>A process that is killed changes no file: that it has ended shows after this time.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    /// <summary>Checkpoints and TensorBoard's events are not in the page, and a report that someone makes does not change it.</summary>
    private static readonly string[] s_unseen = ["checkpoints", "events", RunFolder.ReportName];

    private static readonly EnumerationOptions s_files = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 5,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.None,
    };

    private static readonly string s_script = Script();

    private readonly Lock _gate = new();
    private byte[] _page = [];
    private string _tag = "";
    private string _stamp = "";
    private long _made;
    private TimeSpan _took;

    /// <summary>The page in UTF-8 and its ETag.</summary>
    /// <exception cref="SocoException">There is no run, or not any more; results that the page needs are damaged.</exception>
    public (byte[] Page, string Tag) Current()
    {
        lock (_gate)
        {
            TimeSpan age = _page.Length == 0 ? TimeSpan.MaxValue : Stopwatch.GetElapsedTime(_made);
            if (age > s_shortest && age > Rest * _took)
            {
                string stamp = Stamp();
                if (age > s_longest || stamp != _stamp)
                {
                    Make(stamp);
                }
            }

            return (_page, _tag);
        }
    }

    private void Make(string stamp)
    {
        long began = Stopwatch.GetTimestamp();
        using var stream = new MemoryStream();
        Report.Write(folder, stream);
        string text = Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
        int end = text.LastIndexOf(BodyEnd, StringComparison.Ordinal);
        _page = Encoding.UTF8.GetBytes($"{text[..end]}<script>{s_script}</script>{text[end..]}");
        _tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(_page))[..16]}\"";
        (_stamp, _made, _took) = (stamp, Stopwatch.GetTimestamp(), Stopwatch.GetElapsedTime(began));
    }

    /// <summary>Names, lengths and times of the files that a page may show.</summary>
    private string Stamp()
    {
        var stamp = new StringBuilder();
        try
        {
            foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*", s_files))
            {
                string name = Path.GetRelativePath(folder, file.FullName);
                if (
                    !name.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal)
                    && !name.Split(Path.DirectorySeparatorChar).Any(s_unseen.Contains)
                )
                {
                    stamp.Append(name).Append(' ').Append(file.Length).Append(' ').Append(file.LastWriteTimeUtc.Ticks).Append('\n');
                }
            }
        }
        catch (IOException)
        {
            // A file was replaced meanwhile, or the folder is gone: the page is made again, and says so.
            stamp.Append(Stopwatch.GetTimestamp());
        }

        return stamp.ToString();
    }

    private static string Script()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Soco.Cli.watch.js")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
