using System.CommandLine;
using System.Net;
using Soco.Cli.Watching;
using Soco.Reports;
using Soco.Vision;
using Soco.Vision.IO;

namespace Soco.Cli.Commands;

/// <summary>
/// <c>soco report RUN|DIR</c>: a page with all that is known of a run, or of the runs in a folder, made once or served while it changes.
/// </summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("RUN|DIR")
        {
            Description = "A run folder, or a folder that holds run folders, such as that of soco compare.",
        };
        var output = new Option<string?>("--out") { Description = "The page. Default: report.html in the folder.", HelpName = "FILE.html" };
        var watch = new Option<bool>("--watch")
        {
            Description = "Serve the page to a browser of this machine until Ctrl-C, and show what is new; no file is written.",
        };
        var port = new Option<int>("--port")
        {
            Description = "With --watch: the port at 127.0.0.1. Default: any free one.",
            HelpName = "N",
        };
        var command = new Command("report", "Make a page of a run: what was run, what came out, curves and pictures.")
        {
            run,
            output,
            watch,
            port,
        };
        command.SetAction(request =>
        {
            (string folder, string? page, int at) = (request.GetValue(run)!, request.GetValue(output), request.GetValue(port));
            Refuse(request.GetValue(watch), page, request.GetResult(port) is { Implicit: false } ? at : null);
            if (request.GetValue(watch))
            {
                Watch(folder, at);
            }
            else
            {
                OutputFolder.MakeFor(page);
                Console.WriteLine($"Report: {Report.Save(folder, page)}");
            }

            return 0;
        });
        return command;
    }

    private static void Refuse(bool watches, string? page, int? port)
    {
        if (watches && page is not null)
        {
            throw new SocoRequestException($"--watch writes no file, so --out {page} has no place beside it: leave out one of them.");
        }

        if (!watches && port is not null)
        {
            throw new SocoRequestException($"--port {port} is that of --watch: add --watch, or leave it out.");
        }

        if (port is < 0 or > IPEndPoint.MaxPort)
        {
            throw new SocoRequestException($"--port {port} is not possible: give a number from 0 (any free port) to {IPEndPoint.MaxPort}.");
        }
    }

    private static void Watch(string folder, int port)
    {
        var page = new WatchedPage(folder);
        page.Current();
        PageServer.Run(page, port, address => Console.WriteLine($"Watching {folder}: {address} (Ctrl-C ends it)"));
    }
}
