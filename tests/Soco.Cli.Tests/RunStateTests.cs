using System.Diagnostics;
using Soco.Campaigns;
using Soco.Weights;

namespace Soco.Cli.Tests;

/// <summary>What a run folder holds is what the run left, or a sentence says what is other.</summary>
public sealed class RunStateTests : IClassFixture<CommandLineFixture>
{
    private readonly CommandLineFixture _fixture;

    public RunStateTests(CommandLineFixture fixture)
    {
        _fixture = fixture;
        if (!Directory.Exists(fixture.In("first")))
        {
            // The weights of step 2, and those of the end.
            Assert.Equal(0, Pretrain("first", "--steps", "2").ExitCode);
            File.Copy(fixture.In("first/weights.safetensors"), fixture.In("early.safetensors"));
            Assert.Equal(0, Pretrain("first").ExitCode);
        }
    }

    [Fact]
    public void A_run_that_was_killed_before_it_wrote_its_weights_writes_them_when_it_goes_on()
    {
        string run = Copy("unfinished");
        byte[] weights = File.ReadAllBytes(In(run, "weights.safetensors"));
        File.Delete(In(run, "weights.safetensors"));
        File.Delete(In(run, "report.html"));
        Assert.Equal(0, Pretrain(run).ExitCode);
        Assert.Equal(weights, File.ReadAllBytes(In(run, "weights.safetensors")));
        Assert.True(File.Exists(In(run, "report.html")));

        // Weights of an earlier step are taken by nobody.
        File.Copy(_fixture.In("early.safetensors"), In(run, "weights.safetensors"), overwrite: true);
        Assert.Equal(
            0,
            _fixture.Run("export", _fixture.In(run), "--to", "safetensors", "--out", _fixture.In("exported.safetensors")).ExitCode
        );
        Assert.Equal(0, Pretrain(run).ExitCode);
        Assert.Equal(weights, File.ReadAllBytes(In(run, "weights.safetensors")));
        using WeightsFile exported = WeightsFile.Open(_fixture.In("exported.safetensors")),
            last = WeightsFile.Open(In(run, "weights.safetensors")),
            early = WeightsFile.Open(_fixture.In("early.safetensors"));
        Assert.Equal(Bytes(last), Bytes(exported));
        Assert.NotEqual(Bytes(early), Bytes(exported));

        static byte[] Bytes(WeightsFile file)
        {
            using TorchSharp.torch.Tensor tensor = file.Read("encoder.conv1.weight");
            return tensor.bytes.ToArray();
        }
    }

    [Theory]
    [InlineData("There is no CUDA device here", "--set", "device=cuda")]
    [InlineData("holds a run of another recipe (optimizer.base_lr: 0.5 -> 0.25)", "--set", "optimizer.base_lr=0.25")]
    public void A_refused_command_changes_nothing(string sentence, params string[] flags) =>
        Refused(Copy("refused"), sentence, _fixture.Images, flags);

    [Fact]
    public void Other_images_or_other_contents_are_refused_and_nothing_is_written()
    {
        string others = _fixture.In("others"),
            swapped = _fixture.In("swapped");
        Directory.CreateDirectory(others);
        Directory.CreateDirectory(swapped);
        string[] images = [.. Directory.GetFiles(_fixture.Images).Order()];
        foreach ((int place, string image) in images.Index())
        {
            File.Copy(image, Path.Combine(others, place == 0 ? "another.png" : Path.GetFileName(image)));
            File.Copy(images[(place + 1) % images.Length], Path.Combine(swapped, Path.GetFileName(image)));
        }

        Refused(Copy("of-others"), "was trained on 9 images, and these are 8 or others", others);
        Refused(Copy("of-swapped"), "was trained on images of the same names and other contents", swapped);
    }

    [Fact]
    public void A_recipe_that_was_edited_is_refused()
    {
        string run = Copy("edited"),
            recipe = In(run, "recipe.yaml");
        File.WriteAllText(recipe, File.ReadAllText(recipe).Replace("base_lr: 0.5", "base_lr: 0.75"));
        (int exitCode, _, string error) = _fixture.Run("pretrain", _fixture.Images, "--out", _fixture.In(run));
        Assert.Equal(2, exitCode);
        Assert.Contains("is not what the checkpoints were trained with (optimizer.base_lr: 0.5 -> 0.75)", error);
    }

    [Fact]
    public void A_damaged_checkpoint_is_told_of_and_the_one_before_it_goes_on_to_the_same_end()
    {
        string run = Copy("damaged"),
            last = In(run, "checkpoints/step-00000004.safetensors");
        byte[] weights = File.ReadAllBytes(In(run, "weights.safetensors")),
            bytes = File.ReadAllBytes(last);
        bytes[^100] ^= 4;
        File.WriteAllBytes(last, bytes);
        (int exitCode, _, string error) = Pretrain(run);
        Assert.True(exitCode == 0, error);
        Assert.Contains("Left out a newer checkpoint", error);
        Assert.Contains("(the checksum differs)", error);
        Assert.Equal(weights, File.ReadAllBytes(In(run, "weights.safetensors")));
    }

    [Fact]
    public void A_run_that_starts_from_weights_keeps_them_from_before_its_first_step()
    {
        string[] request =
        [
            "pretrain",
            _fixture.Images,
            .. TinyRuns.Pretrain,
            "--epochs",
            "2",
            "--proposals",
            _fixture.In("first/proposals"),
        ];
        using (
            Process process = _fixture.Start([.. request, "--out", _fixture.In("started"), "--weights", _fixture.In("early.safetensors")])
        )
        {
            while (!File.Exists(_fixture.In("started/checkpoints/step-00000000.safetensors")) && !process.HasExited)
            {
                Thread.Sleep(5);
            }

            process.Kill();
            process.WaitForExit();
        }

        Assert.Equal(0, _fixture.Run([.. request, "--out", _fixture.In("started"), "--steps", "1"]).ExitCode);
        Assert.Equal(
            0,
            _fixture
                .Run([.. request, "--out", _fixture.In("started-whole"), "--steps", "1", "--weights", _fixture.In("early.safetensors")])
                .ExitCode
        );
        Assert.Equal(
            File.ReadAllBytes(_fixture.In("started-whole/weights.safetensors")),
            File.ReadAllBytes(_fixture.In("started/weights.safetensors"))
        );
    }

    [Fact]
    public void A_console_without_room_ends_no_run()
    {
        string command = string.Join(
            ' ',
            new[]
            {
                "dotnet",
                Path.Combine(AppContext.BaseDirectory, "Soco.Cli.dll"),
                "proposals",
                _fixture.Images,
                "--out",
                _fixture.In("unheard"),
            }.Select(ShellCommand.Quoted)
        );
        using var process = Process.Start("sh", ["-c", $"{command} > /dev/full 2> /dev/full"]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        Assert.True(File.Exists(_fixture.In("unheard/part-00000.parquet")));
    }

    private void Refused(string run, string sentence, string images, params string[] flags)
    {
        string before = Contents(run);
        (int exitCode, _, string error) = _fixture.Run([
            "pretrain",
            images,
            "--out",
            _fixture.In(run),
            .. TinyRuns.Pretrain,
            "--epochs",
            "2",
            .. flags,
        ]);
        Assert.Equal(2, exitCode);
        Assert.Contains(sentence, error);
        Assert.Equal(before, Contents(run));
    }

    private string Contents(string run) =>
        string.Join(
            '\n',
            Directory
                .EnumerateFiles(_fixture.In(run), "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(path => $"{path} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}")
        );

    private (int ExitCode, string Output, string Error) Pretrain(string run, params string[] flags) =>
        _fixture.Run(["pretrain", _fixture.Images, "--out", _fixture.In(run), .. TinyRuns.Pretrain, "--epochs", "2", .. flags]);

    private string In(string run, string file) => Path.Combine(_fixture.In(run), file);

    private string Copy(string name)
    {
        foreach (string file in Directory.EnumerateFiles(_fixture.In("first"), "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_fixture.In(name), Path.GetRelativePath(_fixture.In("first"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }

        return name;
    }
}
