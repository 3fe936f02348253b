

using Soco.Cli.Terminal;
using Soco.Reports;

namespace Soco.Cli.Jobs;

/// <summary>The page at the end of a run, or of a comparison.</summary>
internal static class ReportJob
{
    /// <summary>Makes the page and says where it is. A page that cannot be made takes nothing from what was trained, so it is no failure.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="narration">How much is said.</param>
    public static void Save(string path, Narration narration)
    {
        try
        {
            narration.Say($"Report: {Report.Save(path)}");
        }
        catch (Exception error)
        {
            // Whatever it is: it must not hide how the run itself ended.
            Console.Error.WriteLine($"The report could not be made: {error.Message}");
        }
    }
}
