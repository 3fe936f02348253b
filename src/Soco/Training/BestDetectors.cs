using Soco.Runs;

namespace Soco.Training;

/// <summary>
/// The detectors of a run's best evaluations, each in a file that holds its AP. The files are the only list: a run that was killed and
/// repeats an evaluation writes the same file again.
/// </summary>
/// <param name="folder">The run.</param>
/// <param name="count">Detectors to keep; 1: none here, as the best one is the run's weights.</param>
internal sealed class BestDetectors(RunFolder folder, int count)
{
    /// <summary>
    /// Writes a detector where it is among the best, and deletes the one that no longer is. Of equal ones the earlier stays.
    /// </summary>
    /// <param name="step">The step that it is of.</param>
    /// <param name="score">Its AP.</param>
    /// <param name="save">Writes it to a path.</param>
    public void Offer(long step, double score, Action<string> save)
    {
        if (count == 1)
        {
            return;
        }

        (long Step, double Score)[] ranked =
        [
            .. folder
                .BestDetectorSteps()
                .Where(kept => kept < step)
                .Select(kept => (kept, DetectorWeights.ScoreOf(folder.BestDetectorPath(kept))))
                .Append((step, score))
                .OrderByDescending(kept => kept.Item2)
                .ThenBy(kept => kept.Item1),
        ];
        HashSet<long> best = [.. ranked.Take(count).Select(kept => kept.Step)];
        if (best.Contains(step))
        {
            Directory.CreateDirectory(folder.BestPath);
            save(folder.BestDetectorPath(step));
        }

        foreach (long other in folder.BestDetectorSteps().Where(kept => !best.Contains(kept)))
        {
            File.Delete(folder.BestDetectorPath(other));
        }
    }
}
