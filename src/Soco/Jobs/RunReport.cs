using Soco.Reports;

namespace Soco.Jobs;

/// <summary>The page at the end of a run, or of a comparison.</summary>
public static class RunReport
{
    /// <summary>
    /// Writes the page and reports where it is. Failing to write it does not affect the training, so it is only a warning.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="progress">Receives the path of the page, or the warning.</param>
    public static void Save(string path, IProgress<JobEvent>? progress) => Save(path, new JobReporter(progress));

    /// <summary>
    /// Writes the page and reports where it is. Failing to write it does not affect the training, so it is only a warning.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="reporter">Receives the path, or the warning.</param>
    internal static void Save(string path, JobReporter reporter)
    {
        try
        {
            reporter.Say($"Report: {Report.Save(path)}");
        }
        catch (Exception error)
        {
            // Whatever it is: it must not hide how the run itself ended.
            reporter.Warn($"The report could not be made: {error.Message}");
        }
    }
}
