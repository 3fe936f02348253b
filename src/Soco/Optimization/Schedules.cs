using Soco.Recipes;

namespace Soco.Optimization;

/// <summary>What changes over a run, each a pure function of the step (SoCo, arXiv 2106.02637, section 4.1).</summary>
public static class Schedules
{
    /// <summary>
    /// Linear warm-up from <c>peak / multiplier</c> to the peak, then a cosine down to the final rate:
    /// <c>peak / m * ((m - 1) * step / warmupSteps + 1)</c>, then <c>final + (peak - final) * (1 + cos(pi * t)) / 2</c>.
    /// </summary>
    /// <param name="step">Optimizer step, from 0.</param>
    /// <param name="totalSteps">Steps of the whole run, warm-up included.</param>
    /// <param name="warmupSteps">Steps of warm-up; if the run is not longer, it is all warm-up.</param>
    /// <param name="peak">The rate at the end of the warm-up.</param>
    /// <param name="final">The rate at the end of the run.</param>
    /// <param name="warmupMultiplier">The warm-up starts at the peak divided by this.</param>
    public static double LearningRate(long step, long totalSteps, long warmupSteps, double peak, double final, double warmupMultiplier)
    {
        if (step < warmupSteps)
        {
            return peak / warmupMultiplier * ((warmupMultiplier - 1) * step / warmupSteps + 1);
        }

        double progress = totalSteps > warmupSteps ? Math.Min(1, (double)(step - warmupSteps) / (totalSteps - warmupSteps)) : 0;
        return final + (peak - final) * (1 + Math.Cos(Math.PI * progress)) / 2;
    }

    /// <summary>
    /// Linear warm-up from <c>factor * peak</c> to the peak, which then falls at two shares of the run: <c>peak * (factor * (1 - t) +
    /// t)</c> with t = step / warmupSteps, times the decay factor for each share of the run that has passed.
    /// </summary>
    /// <param name="step">Optimizer step, from 0.</param>
    /// <param name="totalSteps">Steps of the whole run.</param>
    /// <param name="schedule">Warm-up and decay.</param>
    /// <param name="peak">The rate after the warm-up.</param>
    public static double SteppedLearningRate(long step, long totalSteps, SgdRecipe schedule, double peak)
    {
        double warm = step < schedule.WarmupSteps ? (double)step / schedule.WarmupSteps : 1;
        int decays =
            (step >= Math.Round(schedule.DecayAt.Low * totalSteps) ? 1 : 0)
            + (step >= Math.Round(schedule.DecayAt.High * totalSteps) ? 1 : 0);
        return peak * (schedule.WarmupFactor * (1 - warm) + warm) * Math.Pow(schedule.DecayFactor, decays);
    }

    /// <summary>
    /// The target network's momentum, <c>1 - (1 - start) * (cos(pi * k / K) + 1) / 2</c>: from <paramref name="start"/> at step 0 to 1.
    /// </summary>
    /// <param name="step">k, the EMA updates already made.</param>
    /// <param name="totalSteps">K, those of the whole run.</param>
    /// <param name="start">The momentum at step 0.</param>
    public static double EmaMomentum(long step, long totalSteps, double start) =>
        1 - (1 - start) * (Math.Cos(Math.PI * step / totalSteps) + 1) / 2;
}
