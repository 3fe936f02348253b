using System.Diagnostics;
using Soco.Vision;
using Soco.Weights.Safetensors;
using static TorchSharp.torch;

namespace Soco.Tests.Weights;

public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void On_a_full_disk_the_previous_checkpoint_stays_readable()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Mounting a small disk needs Linux and root.");
        string disk = Directory.CreateDirectory(_folder.File("disk")).FullName;
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk), "Mounting is not allowed here.");
        try
        {
            string path = Path.Combine(disk, "step.safetensors");
            using Tensor small = ones(1000);
            using Tensor large = ones(1_000_000);
            SafetensorsWriter.Write(path, [("a", small)]);

            var error = Assert.Throws<SocoRunException>(() => SafetensorsWriter.Write(path, [("a", large)]));

            Assert.EndsWith("the previous file is intact.", error.Message, StringComparison.Ordinal);
            Assert.Equal([path], Directory.GetFiles(disk));
            using SafetensorsFile file = SafetensorsFile.Open(path);
            using Tensor read = file.Read("a");
            Assert.Equal(1000, read.numel());
        }
        finally
        {
            Run("umount", disk);
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
