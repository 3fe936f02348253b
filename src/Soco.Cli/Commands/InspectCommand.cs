using System.CommandLine;
using Soco.Cli.Terminal;
using Soco.Runs;
using Soco.Vision;
using Soco.Vision.Proposals.Storage;
using Soco.Weights;
using Spectre.Console;

namespace Soco.Cli.Commands;

/// <summary>
/// <c>soco inspect RUN|FILE</c>: the kind of a file, its tensors and shapes; recipe and progress of a run; how many boxes proposals have.
/// </summary>
internal static class InspectCommand
{
    private const int PlainWidth = 160;

    public static Command Create()
    {
        var path = new Argument<string>("RUN|FILE")
        {
            Description = "A run folder, a checkpoint, a file of weights of any kind that Soco reads, or proposals.",
        };
        var command = new Command("inspect", "List the tensors, shapes, recipe and progress of a run or a file, or count proposals.")
        {
            path,
        };
        command.SetAction(request => Inspect(request.GetValue(path)!));
        return command;
    }

    private static int Inspect(string path)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = PlainWidth;
        }

        if (ProposalStore.IsStore(path))
        {
            InspectProposals(path);
        }
        else if (Directory.Exists(path))
        {
            InspectRun(RunFolder.Open(path));
        }
        else if (File.Exists(path))
        {
            InspectFile(path);
        }
        else
        {
            throw new SocoRequestException($"There is no {path}; name a run folder, a file of weights or proposals.");
        }

        return 0;
    }

    private static void InspectProposals(string path)
    {
        var store = ProposalStore.Load(path);
        Console.WriteLine($"Proposals {path}");
        Console.WriteLine(
            store.Strategy is { } strategy
                ? $"{strategy}: {store.Parameters}"
                : "JSON in the authors' form, which does not say how they were made"
        );
        Console.WriteLine(
            $"{store.Count:N0} images, {store.BoxCount:N0} boxes, {(double)store.BoxCount / Math.Max(1, store.Count):0.0} an image, {store.CountWithoutBoxes():N0} images without any"
        );
        if (store.ClippedBoxes + store.DroppedBoxes > 0)
        {
            Console.WriteLine(
                $"{store.ClippedBoxes:N0} boxes reached out of their image and were cut, {store.DroppedBoxes:N0} had no area or no number and were left out"
            );
        }
    }

    private static void InspectRun(RunFolder folder)
    {
        AnsiConsole.WriteLine($"Run {folder.Root}");
        if (File.Exists(folder.RecipePath))
        {
            AnsiConsole.WriteLine();
            AnsiConsole.WriteLine("Recipe");
            AnsiConsole.WriteLine(folder.ReadRecipe().ToYaml().TrimEnd());
        }

        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine("Progress");
        string? last = folder.FindLast();
        if (last is null)
        {
            bool isFinished = File.Exists(folder.WeightsPath);
            AnsiConsole.WriteLine(isFinished ? "finished; its checkpoints have been removed" : "no checkpoint yet");
            if (isFinished)
            {
                AnsiConsole.WriteLine();
                InspectFile(folder.WeightsPath);
            }

            return;
        }

        using (Checkpoint checkpoint = Checkpoint.Open(last))
        {
            TrainingState state = checkpoint.State;
            AnsiConsole.WriteLine(
                $"step {state.Step}, epochs done {state.Epoch}, images a step {state.Batch}, images in all {state.Dataset.Count}"
            );
        }

        if (File.Exists(folder.LogPath) && RunLog.Read(folder.LogPath) is { Count: > 0 } log)
        {
            IReadOnlyDictionary<string, double> line = log[^1];
            AnsiConsole.WriteLine(
                $"last logged step {line["step"]}: "
                    + string.Join(", ", line.Where(v => v.Key is not "step").Select(v => $"{v.Key} {v.Value:g5}"))
            );
        }

        AnsiConsole.WriteLine($"checkpoints: {string.Join(", ", folder.CheckpointSteps().Select(step => $"step {step}"))}");
        AnsiConsole.WriteLine();
        InspectFile(last);
    }

    private static void InspectFile(string path)
    {
        using WeightsFile file = WeightsFile.Open(path);
        AnsiConsole.WriteLine($"File {path}");
        AnsiConsole.WriteLine($"{Describe(file.Container)}, {Describe(file.Format, file.Kind)}");
        foreach ((string key, string value) in file.Metadata)
        {
            AnsiConsole.WriteLine(PlainText.Of($"{key}: {value}"));
        }

        foreach (WrapperKey wrapper in file.Wrappers)
        {
            AnsiConsole.WriteLine(PlainText.Of($"{wrapper.Key}: {wrapper.Content}"));
        }

        INamedTensors tensors = file.Stored;
        var table = new Table().AddColumns("tensor", "shape", "type", "values").Border(TableBorder.Simple);
        long values = 0;
        foreach (string name in tensors.Names)
        {
            long count = tensors.Shape(name).Aggregate(1L, (a, b) => a * b);
            values += count;
            table.AddRow(
                PlainText.Cell(name),
                PlainText.Cell($"[{string.Join(", ", tensors.Shape(name))}]"),
                tensors.DType(name).ToString(),
                count.ToString("N0")
            );
        }

        AnsiConsole.Write(table);
        foreach (WrapperKey entry in file.LeftOut)
        {
            AnsiConsole.WriteLine(PlainText.Of($"left out: {entry.Key}, {entry.Content}"));
        }

        AnsiConsole.WriteLine($"{tensors.Names.Count} tensors, {values:N0} values, {new FileInfo(path).Length / 1e6:0.0} MB");
    }

    private static string Describe(WeightsContainer container) =>
        container switch
        {
            WeightsContainer.Safetensors => "safetensors",
            WeightsContainer.TorchZip => "torch file (zip, since 1.6)",
            WeightsContainer.TorchLegacy => "torch file (before 1.6)",
            WeightsContainer.Onnx => "model in ONNX",
            _ => "pickle",
        };

    private static string Describe(WeightsFormat format, WeightsKind kind) =>
        (format, kind) switch
        {
            (WeightsFormat.Other, _) => "names of no framework that Soco knows",
            (WeightsFormat.Soco, WeightsKind.Pretrained) => "a pretrained network under Soco's names, which are the authors'",
            (_, WeightsKind.Backbone) => $"a backbone under {Owner(format)} names",
            (_, WeightsKind.Pretrained) => $"backbone, FPN and box head under {Owner(format)} names",
            _ => $"a detector under {Owner(format)} names",
        };

    private static string Owner(WeightsFormat format) =>
        format switch
        {
            WeightsFormat.Soco => "Soco's",
            WeightsFormat.Torchvision => "torchvision's",
            WeightsFormat.Detectron2 => "detectron2's",
            _ => "mmdetection's",
        };
}
