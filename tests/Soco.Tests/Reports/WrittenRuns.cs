using System.Globalization;
using System.Text.Json;
using Soco.Recipes;
using Soco.Reports;
using Soco.Runs;
using Soco.Vision.Imaging;
using Soco.Vision.Random;

namespace Soco.Tests.Reports;

/// <summary>Run folders as training leaves them, written down by hand.</summary>
internal static class WrittenRuns
{
    public static readonly PretrainingRecipe Pretraining = new()
    {
        Arch = Backbone.Resnet18,
        Batch = 32,
        Epochs = 40,
        Model = new() { ProjectorOut = 100 },
    };

    public static readonly DetectionRecipe Finetuning = new()
    {
        Arch = Backbone.Resnet18,
        Batch = 4,
        Iterations = 60,
    };

    /// <summary>A pretraining whose embeddings end with a spread; one tenth is the most that 100 dimensions can have.</summary>
    public static RunFolder WritePretraining(
        string path,
        int steps = 240,
        TrainingOutcome? outcome = TrainingOutcome.Completed,
        double spread = 0.07,
        string? error = null,
        double? rank = null,
        PretrainingRecipe? recipe = null
    )
    {
        RunFolder folder = Begin(path, recipe ?? Pretraining, steps, 240, outcome, error);
        File.WriteAllLines(
            folder.LogPath,
            Enumerable
                .Range(1, steps)
                .Select(step =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{{\"step\":{step},\"epoch\":1,\"loss\":{(recipe is null ? -6.8 * Math.Min(1, step / 50.0) : 3.2)},\"loss_1_2\":-3.4,\"loss_1_3\":-3.4,\"lr\":0.1,\"ema_momentum\":0.99,\"matched_pairs\":5,"
                    )
                    + string.Create(
                        CultureInfo.InvariantCulture,
                        $"\"gradient_norm\":{1 + step % 9},\"embedding_std\":{spread},{(rank is { } known ? $"\"feature_rank\":{known:0.0}," : "")}\"images_per_s\":7.5,\"memory_mb\":900,\"projector_std\":[0.1,0.2]}}"
                    )
                )
        );
        Picture(folder, "views-1.png", 300, 240);
        return folder;
    }

    /// <summary>A fine-tuning with evaluations and pictures of finds; a class may be called anything.</summary>
    public static RunFolder WriteFinetuning(string path, string className = "cat")
    {
        RunFolder folder = Begin(path, Finetuning, 60, 60, TrainingOutcome.Completed, null);
        File.WriteAllLines(
            folder.LogPath,
            Enumerable
                .Range(1, 60)
                .SelectMany(step =>
                    new[]
                    {
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{{\"step\":{step},\"epoch\":1,\"loss\":{2.0 / step},\"loss_cls\":{1.0 / step},\"lr\":0.01,\"gradient_norm\":3,\"images_per_s\":2}}"
                        ),
                        step % 20 == 0
                            ? string.Create(
                                CultureInfo.InvariantCulture,
                                $"{{\"step\":{step},\"ap\":{step / 200.0},\"ap50\":{step / 100.0}}}"
                            )
                            : "",
                    }
                )
                .Where(line => line.Length > 0)
        );
        File.WriteAllText(
            folder.EvaluationPath,
            JsonSerializer.Serialize(
                new
                {
                    step = 60,
                    images = 9,
                    errors = new
                    {
                        score = 0.42,
                        found = 30,
                        missed = 12,
                        false_alarms = 5,
                        precision = 0.86,
                        recall = 0.71,
                        classes = new[]
                        {
                            new
                            {
                                id = 2,
                                name = className,
                                score = 0.375,
                            },
                        },
                    },
                    bbox = new
                    {
                        type = "bbox",
                        numbers = new Dictionary<string, double>
                        {
                            ["AP"] = 0.3,
                            ["AP50"] = 0.6,
                            ["AP75"] = 0.2,
                        },
                        categories = new object[]
                        {
                            new Dictionary<string, object>
                            {
                                ["id"] = 1,
                                ["name"] = "rare",
                                ["objects"] = 0,
                                ["AP"] = -1,
                                ["AP50"] = -1,
                                ["AP75"] = -1,
                            },
                            new Dictionary<string, object>
                            {
                                ["id"] = 2,
                                ["name"] = className,
                                ["objects"] = 42,
                                ["AP"] = 0.3,
                                ["AP50"] = 0.6,
                                ["AP75"] = 0.2,
                                ["AR"] = 0.45,
                            },
                        },
                    },
                }
            )
        );
        FoundPicture[] found =
        [
            new("found-1.png", "worst.jpg", 9, 4, 1, false),
            new("found-2.png", "second.jpg", 5, 1, 0, false),
            new("found-3.png", "middling.jpg", 3, 0, 1, true),
        ];
        new FoundPictures(0.42, found).Save(folder.FoundPath);
        foreach (FoundPicture picture in found)
        {
            Picture(folder, picture.Picture, 600, 200);
        }

        Picture(folder, "labels-1.png", 300, 200);
        return folder;
    }

    /// <summary>A picture that does not compress to nothing.</summary>
    public static void Picture(RunFolder folder, string name, int width, int height)
    {
        var image = new RgbImage(width, height);
        var random = new CounterRandom(1, 0, 0, 0);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)(i / 3 % width / 8 * 8 + random.NextDouble() * 16);
        }

        ImageWriter.SavePng(image, Path.Combine(folder.PicturesPath, name));
    }

    private static RunFolder Begin(string path, Recipe recipe, long steps, long total, TrainingOutcome? outcome, string? error)
    {
        RunFolder folder = RunFolder.Create(path);
        folder.WriteRecipe(recipe);
        var started = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        bool ended = outcome is not null || error is not null;
        folder.WriteRecord(
            new RunRecord
            {
                TotalSteps = total,
                Images = 205,
                Sessions =
                [
                    new RunSession
                    {
                        Command = "soco pretrain 'my images' --out run",
                        Version = "0.1.0+0123456789abcdef",
                        Machine = new Machine
                        {
                            Processor = "A Processor",
                            Cores = 2,
                            MemoryGib = 23.5,
                            System = "A System",
                            Runtime = ".NET",
                        },
                        Threads = 2,
                        Device = "cpu",
                        Started = started,
                        Ended = ended ? started.AddMinutes(52) : null,
                        LastStep = ended ? steps : null,
                        Outcome = outcome,
                        Error = error,
                    },
                ],
            }
        );
        return folder;
    }
}
