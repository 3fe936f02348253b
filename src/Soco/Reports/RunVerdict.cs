using System.Xml.Linq;
using Soco.Recipes;
using Soco.Reports.Html;
using static Soco.Reports.Html.Markup;

namespace Soco.Reports;

/// <summary>The first screen of a run: whether it worked, what came out, how long it took.</summary>
internal static class RunVerdict
{
    /// <summary>What the loss of a pair of views is where both networks say the same of every box: twice -2.</summary>
    public const double PerfectPairLoss = -4;

    // Shares r of 1/sqrt(d), the most there can be. The mean cosine of unrelated boxes is then at most 1 - r^2: 0.84 and 0.99 here.
    private const double HealthySpread = 0.4;
    private const double CollapsedSpread = 0.1;

    // In fewer directions than this the features differ by hardly more than one property of a box.
    private const double LeastRank = 2;

    /// <summary>A run in two or three words.</summary>
    public static string Kind(RunReading run) =>
        run.Recipe switch
        {
            PretrainingRecipe recipe => $"Pretraining · {RecipeValue.Format(recipe.Method)} · {recipe.ArchName}",
            DetectionRecipe recipe => $"Fine-tuning · {RecipeValue.Format(recipe.Method)} · {recipe.ArchName}",
            _ => "A run",
        };

    /// <summary>How the run stands, with a sign and a color.</summary>
    public static XElement State(RunReading run)
    {
        (string look, string text) = run.State switch
        {
            RunState.Completed => ("good", "✓ Finished"),
            RunState.Stopped => ("good", "✓ Stopped as asked"),
            RunState.Interrupted => ("fair", "‖ Interrupted"),
            RunState.Failed => ("bad", "✕ Failed"),
            RunState.Running => ("fair", "… Running"),
            RunState.Broken => ("fair", "‖ Broken off"),
            _ => ("fair", "‖ End unknown"),
        };
        return El("span", Class($"state {look}"), text);
    }

    /// <summary>The run in a few sentences.</summary>
    public static XElement Sentences(RunReading run) => El("p", Class("verdict"), State(run), Progress(run), " ", Outcome(run));

    /// <summary>The spread of the embeddings as a share of the most that there can be; null where the log does not tell.</summary>
    public static double? SpreadShare(RunReading run) =>
        run.Recipe is PretrainingRecipe recipe && run.Last("embedding_std") is { } spread
            ? spread * Math.Sqrt(recipe.Model.ProjectorOut)
            : null;

    /// <summary>
    /// The mean cosine of what the two networks say of the same box; null where the log does not tell, or the loss is another.
    /// </summary>
    public static double? Agreement(RunReading run) =>
        run.Recipe is PretrainingRecipe { Objective.Kind: ObjectiveKind.Cosine } ? PairLoss(run) / PerfectPairLoss : null;

    /// <summary>
    /// Among how many boxes as likely as each other an object is told: the exponential of InfoNCE's mean cross entropy; null where the log
    /// does not tell, or the loss is another.
    /// </summary>
    public static double? Choices(RunReading run) =>
        run.Recipe is PretrainingRecipe { Objective: { Kind: ObjectiveKind.Infonce } objective } && PairLoss(run) is { } loss
            ? Math.Exp(loss / EntropyWeight(objective))
            : null;

    /// <summary>
    /// What a nat of cross entropy adds to the loss of a pair of views: two directions, each times twice the temperature.
    /// </summary>
    public static double EntropyWeight(ObjectiveRecipe objective) => 4 * objective.Temperature;

    /// <summary>
    /// The share of labelled objects that a linear classifier tells from the features of the head, or where there is none of C5, and from
    /// those of a fresh network; null where the run was not probed.
    /// </summary>
    public static (string Place, double Pretrained, double Fresh)? Probe(RunReading run) =>
        new[] { ("head", "the head"), ("c5", "C5") }
            .Select(place => (place.Item2, run.Curve($"probe_{place.Item1}"), run.Curve($"probe_{place.Item1}_fresh")))
            .Where(curves => curves.Item2.Count > 0 && curves.Item3.Count > 0)
            .Select(curves => ((string, double, double)?)(curves.Item1, curves.Item2[^1].Y, curves.Item3[^1].Y))
            .FirstOrDefault();

    /// <summary>What came out, in a few words.</summary>
    public static string Result(RunReading run) => Results(run).Select(tile => $"{tile.Name} {tile.Value}").FirstOrDefault("–");

    /// <summary>The figures of the first screen.</summary>
    public static XElement Tiles(RunReading run) =>
        El(
            "dl",
            Class("tiles"),
            Results(run)
                .Concat(Costs(run))
                .Select(tile =>
                    El(
                        "div",
                        El("dt", tile.Name),
                        El("dd", Class("value"), tile.Value),
                        tile.Note.Length > 0 ? El("dd", Class("note"), tile.Note) : null
                    )
                )
        );

    private static string Progress(RunReading run)
    {
        string steps = run.TotalSteps > 0 ? $"{Show.Count(run.Steps)} of {Show.Count(run.TotalSteps)}" : Show.Count(run.Steps);
        return run.State switch
        {
            RunState.Completed => $": all {Show.Count(run.Steps, "step")} in {Durations.Format(run.Duration)}.",
            RunState.Stopped => $" at step {steps}; without --steps the same command goes on.",
            RunState.Interrupted => $" at step {steps} and saved; the same command goes on.",
            RunState.Failed => $" after step {steps}: {run.Record.Sessions[^1].Error}",
            RunState.Running => $": step {steps} when this page was made.",
            RunState.Broken =>
                $" at step {steps}: no end was written down, as after a kill; the same command goes on from the last checkpoint.",
            _ => $": {steps} steps are logged, and nothing tells how they ended.",
        };
    }

    private static IEnumerable<object> Outcome(RunReading run)
    {
        if (run.Recipe is DetectionRecipe)
        {
            yield return run.Evaluation?.Errors is { } errors
                ? $"At a score of {Show.Fixed(errors.Score, 2)} and above the best detector finds {Show.Count(errors.Found)} of {Show.Count(errors.Found + errors.Missed, "object")}, "
                    + $"with {Show.Count(errors.FalseAlarms, "false alarm")}."
            : run.Names("ap").Count > 0 ? ""
            : "It was not evaluated while it trained.";
            yield break;
        }

        string? learned =
            Agreement(run) is { } agreement ? $"Views of the same object agree to {Show.Fixed(agreement, 2)} (mean cosine, 1 is perfect)"
            : Choices(run) is { } choices ? $"An object is told from those of other images as among {Show.Fixed(choices, 1)} (1 is certain)"
            : null;
        if (learned is not null)
        {
            yield return learned;
            yield return SpreadShare(run) is >= HealthySpread
            && run.Last("feature_rank") is null or >= LeastRank
            && !(Probe(run) is var (_, known, unlearned) && known <= unlearned)
                ? ", and different objects stay apart: no collapse."
                : ". ";
        }

        if (SpreadShare(run) is < HealthySpread and var share)
        {
            yield return share < CollapsedSpread
                ? El(
                    "span",
                    Class("bad"),
                    "The embeddings have collapsed: they are nearly the same for every object, and worth nothing to a detector (docs/collapse.md)."
                )
                : El(
                    "span",
                    Class("fair"),
                    $"The embeddings keep {Show.Fixed(100 * share, 0)}\u00a0% of the spread they could have: watch whether it goes on falling (docs/collapse.md)."
                );
        }
        else if (run.Last("feature_rank") is < LeastRank and var rank)
        {
            yield return El(
                "span",
                Class("bad"),
                $"The features differ in {Show.Fixed(rank, 1)} directions: hardly more than one property of a box is left, whatever the spread says (docs/collapse.md)."
            );
        }

        if (Probe(run) is var (place, told, fresh))
        {
            string sentence =
                $" A linear classifier tells {Show.Hundredths(told)}\u00a0% of the labelled objects from features of {place}, {Show.Hundredths(fresh)}\u00a0% from a fresh network's";
            yield return told > fresh
                ? sentence + "."
                : El("span", Class("fair"), sentence + ": it has learned nothing yet that tells them better.");
        }
    }

    private static double? PairLoss(RunReading run) => run.Names("loss_1_").Count is > 0 and var pairs ? run.Last("loss") / pairs : null;

    private static IEnumerable<(string Name, string Value, string Note)> Results(RunReading run)
    {
        if (run.Evaluation is { } evaluation)
        {
            foreach (
                (string what, EvaluationReading.MeasuredType? type) in new[] { ("boxes", evaluation.Bbox), ("masks", evaluation.Segm) }
            )
            {
                if (type is not null)
                {
                    yield return (
                        $"AP of {what}",
                        Show.Hundredths(type.Numbers.GetValueOrDefault("AP", -1)),
                        $"AP50 {Show.Hundredths(type.Numbers.GetValueOrDefault("AP50", -1))}, AP75 {Show.Hundredths(type.Numbers.GetValueOrDefault("AP75", -1))}; "
                            + $"best, at step {Show.Count(evaluation.Step)}"
                    );
                }
            }
        }
        else if (run.Recipe is PretrainingRecipe recipe)
        {
            if (Agreement(run) is { } agreement)
            {
                yield return ("Agreement of views", Show.Fixed(agreement, 2), $"mean cosine; loss {Show.Number(run.Last("loss")!.Value)}");
            }

            if (Choices(run) is { } choices)
            {
                yield return (
                    "Choices left",
                    Show.Fixed(choices, 1),
                    $"among which an object is told, 1 is certain; loss {Show.Number(run.Last("loss")!.Value)}"
                );
            }

            if (run.Last("embedding_std") is { } spread)
            {
                yield return (
                    "Embedding spread",
                    Show.Number(spread),
                    $"{Show.Number(1 / Math.Sqrt(recipe.Model.ProjectorOut))} is the most, 0 a collapse"
                );
            }
        }
        else if (run.Last("loss") is { } loss)
        {
            yield return (
                "Loss",
                Show.Number(loss),
                run.Curve("loss") is [var first, ..] ? $"{Show.Number(first.Y)} at step {Show.Count((long)first.X)}" : ""
            );
        }
    }

    private static IEnumerable<(string Name, string Value, string Note)> Costs(RunReading run)
    {
        int sessions = run.Record.Sessions.Count;
        if (run.Duration > TimeSpan.Zero)
        {
            yield return ("Training time", Durations.Format(run.Duration), sessions > 1 ? $"in {sessions} sessions" : "");
        }

        if (run.Median("images_per_s") is { } speed)
        {
            yield return (
                "Speed",
                $"{Show.Number(speed)}",
                "images/s, median"
                    + (
                        run.Record.Sessions.LastOrDefault() is { } session
                            ? $"; {session.Device}, {Show.Count(session.Threads, "thread")}"
                            : ""
                    )
            );
        }

        if (run.Record.Images > 0)
        {
            yield return (
                "Images",
                Show.Count(run.Record.Images),
                run.Skipped > 0 ? $"{Show.Count(run.Skipped)} could not be used, see skipped.csv" : ""
            );
        }
        else if (run.Skipped > 0)
        {
            yield return ("Skipped images", Show.Count(run.Skipped), "could not be used, see skipped.csv");
        }
    }
}
