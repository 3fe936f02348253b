using System.CommandLine;
using Soco.Reports;
using Soco.Vision.IO;

namespace Soco.Cli.Commands;

/// <summary><c>soco report RUN|DIR</c>: a page with all that is known of a run, or of the runs in a folder.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("RUN|DIR") { Description = "A run folder, or a folder that holds run folders, such as that of soco compare." };
        var output = new Option<string?>("--out") { Description = "The page. Default: report.html in the folder.", HelpName = "FILE.html" };
        var command = new Command("report", "Make a page of a run: what was run, what came out, curves and pictures.") { run, output };
        command.SetAction(request =>
        {
            OutputFolder.MakeFor(request.GetValue(output));
            Console.WriteLine($"Report: {Report.Save(request.GetValue(run)!, request.GetValue(output))}");
            return 0;
        });
        return command;
    }
}
