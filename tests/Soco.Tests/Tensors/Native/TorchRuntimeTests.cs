using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Soco.Tensors.Native;
using TorchSharp;

namespace Soco.Tests.Tensors.Native;

public partial class TorchRuntimeTests
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Symbol = "_ZSt21ios_base_library_initv";
    private const string StandIn = "_ZNSt6chrono3_V212steady_clock3nowEv";

    [ModuleInitializer]
    internal static void ReadyTorch() => TorchRuntime.LimitSpinning();

    [Fact]
    public void A_tensor_can_be_made_on_this_system()
    {
        using torch.Tensor sum = torch.ones(3).sum();
        Assert.Equal(3f, sum.item<float>());
    }

    [Fact]
    public void Threads_that_wait_soon_sleep_unless_the_user_says_otherwise()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "GNU OpenMP is Linux's.");
        string? policy = Environment.GetEnvironmentVariable("OMP_WAIT_POLICY"),
            asked = Environment.GetEnvironmentVariable("GOMP_SPINCOUNT");

        Assert.Equal(asked ?? (policy is null ? TorchRuntime.SpinCount : null), Marshal.PtrToStringUTF8(NativeVariable("GOMP_SPINCOUNT")));
    }

    [Fact]
    public void The_edit_changes_the_three_fields_and_nothing_else()
    {
        ElfSample sample = ElfSample.Build(Version, Symbol, StandIn);
        byte[] edited = (byte[])sample.Bytes.Clone();

        Assert.True(ElfSymbolVersionPatch.Apply(edited, Version, Symbol, StandIn));

        byte[] expected = (byte[])sample.Bytes.Clone();
        BinaryPrimitives.WriteUInt16LittleEndian(expected.AsSpan(sample.VersionFlags), 2);
        expected.AsSpan(sample.StandInEntry, 4).CopyTo(expected.AsSpan(sample.SymbolEntry));
        expected.AsSpan(sample.StandInVersion, 2).CopyTo(expected.AsSpan(sample.SymbolVersion));
        Assert.Equal(expected, edited);
        Assert.NotEqual(sample.Bytes, edited);
    }

    [Fact]
    public void An_edited_library_is_left_alone()
    {
        byte[] library = ElfSample.Build(Version, Symbol, StandIn).Bytes;
        Assert.True(ElfSymbolVersionPatch.Apply(library, Version, Symbol, StandIn));
        byte[] once = (byte[])library.Clone();

        Assert.False(ElfSymbolVersionPatch.Apply(library, Version, Symbol, StandIn));
        Assert.Equal(once, library);
    }

    [Fact]
    public void A_library_that_does_not_need_the_version_is_left_alone()
    {
        byte[] library = ElfSample.Build("GLIBCXX_3.4.30", Symbol, StandIn).Bytes;
        byte[] before = (byte[])library.Clone();

        Assert.False(ElfSymbolVersionPatch.Apply(library, Version, Symbol, StandIn));
        Assert.Equal(before, library);
    }

    [Fact]
    public void Another_symbol_of_that_version_is_refused_before_anything_changes()
    {
        byte[] library = ElfSample.Build(Version, "_ZSomethingElse", StandIn).Bytes;
        byte[] before = (byte[])library.Clone();

        Assert.Throws<InvalidDataException>(() => ElfSymbolVersionPatch.Apply(library, Version, Symbol, StandIn));
        Assert.Equal(before, library);
    }

    [Fact]
    public void What_is_not_an_ELF_file_is_refused() =>
        Assert.Throws<InvalidDataException>(() => ElfSymbolVersionPatch.Apply(new byte[100], Version, Symbol, StandIn));

    [Fact]
    [SupportedOSPlatform("linux")]
    public void The_copy_is_replaced_and_a_hard_link_to_the_original_stays()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Hard links and file modes are tested on Linux.");
        }

        string folder = Directory.CreateTempSubdirectory("soco-elf").FullName;
        try
        {
            byte[] original = ElfSample.Build(Version, Symbol, StandIn).Bytes;
            string cached = Path.Combine(folder, "cached.so");
            string copy = Path.Combine(folder, "libLibTorchSharp.so");
            File.WriteAllBytes(cached, original);
            File.SetUnixFileMode(cached, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using (var link = System.Diagnostics.Process.Start("ln", [cached, copy]))
            {
                link.WaitForExit();
            }

            Assert.Equal(copy, TorchRuntime.Edited(copy, folder));
            Assert.Equal(copy, TorchRuntime.Edited(copy, folder));

            Assert.Equal(original, File.ReadAllBytes(cached));
            Assert.NotEqual(original, File.ReadAllBytes(copy));
            Assert.Equal(File.GetUnixFileMode(cached), File.GetUnixFileMode(copy));
            Assert.Equal(2, Directory.GetFiles(folder).Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void A_library_that_cannot_be_replaced_is_edited_in_a_cache_folder_beside_its_neighbors()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Links are tested on Linux.");
        using var folder = new TemporaryFolder();
        string original = folder.File("libLibTorchSharp.so");
        File.WriteAllText(original, "before");
        File.WriteAllText(folder.File("libtorch.so"), "neighbor");

        string edited = TorchRuntime.CopyToCache(original, "after"u8.ToArray(), folder.File("cache"));

        Assert.Equal(
            ["after", "neighbor", "before"],
            new[] { edited, Path.Combine(Path.GetDirectoryName(edited)!, "libtorch.so"), original }.Select(File.ReadAllText)
        );
        Assert.Equal(edited, TorchRuntime.CopyToCache(original, "after"u8.ToArray(), folder.File("cache")));
        Assert.NotEqual(edited, TorchRuntime.CopyToCache(original, "later"u8.ToArray(), folder.File("cache")));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void Where_the_library_cannot_be_replaced_the_edited_copy_is_the_one_to_load()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "File modes are tested on Linux.");
        using var folder = new TemporaryFolder();
        byte[] original = ElfSample.Build(Version, Symbol, StandIn).Bytes;
        string library = folder.File("libLibTorchSharp.so");
        File.WriteAllBytes(library, original);

        // Root may write anywhere, so a folder takes the place of the temporary file.
        Directory.CreateDirectory(folder.File($".libLibTorchSharp.so.{Environment.ProcessId}.tmp"));
        string edited = TorchRuntime.Edited(library, folder.File("cache"));

        Assert.Equal(original, File.ReadAllBytes(library));
        Assert.StartsWith(folder.File("cache"), edited, StringComparison.Ordinal);
        Assert.NotEqual(original, File.ReadAllBytes(edited));
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint NativeVariable(string name);

    /// <summary>The smallest ELF file with two imported symbols, one of which asks for the given version.</summary>
    private sealed record ElfSample(
        byte[] Bytes,
        int VersionFlags,
        int SymbolEntry,
        int StandInEntry,
        int SymbolVersion,
        int StandInVersion
    )
    {
        public static ElfSample Build(string version, string symbol, string standIn)
        {
            var strings = new MemoryStream();
            uint Add(string text)
            {
                uint at = (uint)strings.Position;
                strings.Write(Encoding.ASCII.GetBytes(text + '\0'));
                return at;
            }

            Add("");
            uint symbolName = Add(symbol),
                standInName = Add(standIn),
                versionName = Add(version),
                otherVersion = Add("GLIBCXX_3.4.19");
            var elf = new byte[1024];
            int symbols = 64,
                versions = symbols + 3 * 24,
                needs = versions + 8,
                text = needs + 16 + 2 * 16,
                headers = 600;
            "\u007fELF"u8.CopyTo(elf);
            elf[4] = 2;
            elf[5] = 1;
            Write64(0x28, headers);
            Write16(0x3a, 64);
            Write16(0x3c, 5);
            Write32(symbols + 24, symbolName);
            Write32(symbols + 48, standInName);
            Write16(versions + 2, 18);
            Write16(versions + 4, 20);
            Write16(needs, 1);
            Write16(needs + 2, 2);
            Write32(needs + 8, 16);
            WriteNeed(needs + 16, 20, otherVersion, 16);
            WriteNeed(needs + 32, 18, versionName, 0);
            strings.ToArray().CopyTo(elf, text);
            WriteSection(1, 11, symbols, 72, 4);
            WriteSection(2, 0x6fffffff, versions, 6, 1);
            WriteSection(3, 0x6ffffffe, needs, 48, 4);
            WriteSection(4, 3, text, (int)strings.Length, 0);
            return new ElfSample(elf, needs + 32 + 4, symbols + 24, symbols + 48, versions + 2, versions + 4);

            void Write16(int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(at), (ushort)value);
            void Write32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(at), value);
            void Write64(int at, int value) => BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(at), (ulong)value);
            void WriteNeed(int at, int other, uint name, uint next)
            {
                Write16(at + 6, other);
                Write32(at + 8, name);
                Write32(at + 12, next);
            }

            void WriteSection(int index, uint type, int offset, int size, uint link)
            {
                int at = headers + 64 * index;
                Write32(at + 4, type);
                Write64(at + 24, offset);
                Write64(at + 32, size);
                Write32(at + 40, link);
            }
        }
    }
}
