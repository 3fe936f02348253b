using System.Globalization;
using System.Runtime.Intrinsics.X86;
using SkiaSharp;
using Soco.Distributed.Mpi;
using Soco.Recipes;
using Soco.Runs;
using Soco.Tensors;
using Soco.Tensors.Native;
using Soco.Vision;
using Soco.Vision.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Jobs;

/// <summary>How a part of the installation is.</summary>
public enum Health
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Something is slower, or not there that is needed for some work only.</summary>
    Limited,

    /// <summary>Nothing works without it.</summary>
    Broken,
}

/// <summary>What was found of a part of the installation.</summary>
/// <param name="Part">The part, in a word or two.</param>
/// <param name="Health">How it is.</param>
/// <param name="Found">What was found.</param>
/// <param name="Advice">What to do; empty where nothing is to be done.</param>
public sealed record Finding(string Part, Health Health, string Found, string Advice = "");

/// <summary>Looks whether this machine and this installation can do the work, and how fast.</summary>
public sealed class DoctorJob
{
    private const double LeastMemoryGib = 4,
        LeastDiskGib = 2;

    /// <summary>Looks at everything; takes a second or two.</summary>
    /// <param name="folder">Where runs will be written.</param>
    /// <returns>The findings, in the order in which they matter.</returns>
    public IReadOnlyList<Finding> Run(string folder)
    {
        Machine machine = Machine.This();
        return
        [
            new("Soco", Health.Good, Machine.SocoVersion),
            new(".NET", Health.Good, $"{machine.Runtime} on {machine.System}"),
            Processor(machine),
            Memory(machine),
            Torch(),
            Cuda(),
            Images(),
            Disk(folder),
            Mpi(),
        ];
    }

    private static Finding Processor(Machine machine)
    {
        string units =
            NumberFormats.HasBfloat16Units(ComputeDevice.Cpu) ? "AVX-512 and bfloat16 units"
            : Avx512F.IsSupported ? "AVX-512"
            : Avx2.IsSupported ? "AVX2"
            : "";
        string found = $"{machine.Processor}, {Plural.Of(machine.Cores, "core")}{(units.Length > 0 ? $", {units}" : "")}";
        return units.Length > 0
            ? new("processor", Health.Good, found)
            : new("processor", Health.Limited, found, "Without AVX2 everything runs at a fraction of its speed.");
    }

    private static Finding Memory(Machine machine)
    {
        string found = string.Create(CultureInfo.InvariantCulture, $"{machine.MemoryGib} GiB");
        return machine.MemoryGib >= LeastMemoryGib
            ? new("memory", Health.Good, found)
            : new("memory", Health.Limited, found, $"The recipe small needs some {LeastMemoryGib} GiB: take nano, or a smaller batch.");
    }

    private static Finding Torch()
    {
        try
        {
            using DisposeScope scope = NewDisposeScope();
            double sum = ones(2, 3).mm(ones(3, 2)).sum().item<float>();
            return sum == 12
                ? new("libtorch", Health.Good, $"{__version__}, {Plural.Of(get_num_threads(), "thread")}")
                : new(
                    "libtorch",
                    Health.Broken,
                    $"a product of ones has the sum {sum} and not 12",
                    "Install Soco again: the library is damaged."
                );
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return new(
                "libtorch",
                Health.Broken,
                TorchRuntime.LoadError ?? error.GetBaseException().Message.Split('\n')[0],
                "Install Soco again, for this operating system and processor; on musl (Alpine) there is no libtorch."
            );
        }
    }

    private static Finding Cuda()
    {
        try
        {
            return cuda.is_available()
                ? new("CUDA", Health.Good, Plural.Of(cuda.device_count(), "device"))
                : new(
                    "CUDA",
                    Health.Limited,
                    "none",
                    "Everything runs on the processor. A GPU needs its driver and a build with CUDA (README)."
                );
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return new("CUDA", Health.Limited, error.Message.Split('\n')[0], "Everything runs on the processor.");
        }
    }

    private static Finding Images()
    {
        try
        {
            using var bitmap = new SKBitmap(2, 2);
            using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            RgbImage image = ImageDecoder.Decode(data.AsSpan(), "test");
            return new(
                "images",
                Health.Good,
                $"SkiaSharp {typeof(SKBitmap).Assembly.GetName().Version?.ToString(3)} encodes and decodes ({image.Width} x {image.Height})"
            );
        }
        catch (Exception error) when (error is DllNotFoundException or TypeInitializationException or UnreadableImageException)
        {
            return new(
                "images",
                Health.Broken,
                error.Message.Split('\n')[0],
                "Install Soco again: the image library for this system is missing."
            );
        }
    }

    private static Finding Disk(string folder)
    {
        try
        {
            string probe = Path.Combine(folder, Path.GetRandomFileName());
            File.WriteAllText(probe, "");
            File.Delete(probe);
            double free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace / (double)(1L << 30);
            string found = string.Create(CultureInfo.InvariantCulture, $"{free:0.0} GiB free in {Path.GetFullPath(folder)}");
            return free >= LeastDiskGib
                ? new("disk", Health.Good, found)
                : new("disk", Health.Limited, found, "A run keeps two checkpoints of some 0.1 to 0.5 GiB each.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new(
                "disk",
                Health.Limited,
                $"{folder} cannot be written ({error.Message.TrimEnd('.')})",
                "Name an --out folder that can."
            );
        }
    }

    private static Finding Mpi()
    {
        try
        {
            return MpiCollective.InstalledLibrary is { } library
                ? new("MPI", Health.Good, library)
                : new("MPI", Health.Limited, "none", "Needed for several processes only: Debian's openmpi-bin or mpich bring it.");
        }
        catch (SocoException error)
        {
            return new("MPI", Health.Limited, error.Message);
        }
    }
}
