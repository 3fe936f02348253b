using System.Buffers.Binary;
using System.Text;

namespace Soco.Tensors.Native;

/// <summary>
/// Lets a shared library load where the system's libstdc++ lacks one symbol version that the library imports for one symbol only
/// (ELF gABI and the GNU symbol versioning extension, 64-bit little endian). Three fields change: the needed version is marked weak in
/// <c>.gnu.version_r</c>, and the undefined symbol takes the name and the version of another imported function, which takes its calls.
/// </summary>
internal static class ElfSymbolVersionPatch
{
    private const uint SectionDynamicSymbols = 11;
    private const uint SectionVersionNeeds = 0x6ffffffe;
    private const uint SectionVersions = 0x6fffffff;
    private const ushort WeakFlag = 2;
    private const int SymbolSize = 24;

    /// <summary>Edits the image of a library in place.</summary>
    /// <param name="elf">The whole file.</param>
    /// <param name="version">The version to make weak, such as GLIBCXX_3.4.32.</param>
    /// <param name="symbol">The only symbol that may ask for it; undefined in the library and harmless when its calls go elsewhere.</param>
    /// <param name="standIn">An imported function that may be called with no arguments.</param>
    /// <returns>True when the image was edited; false when it does not need that version or was edited before.</returns>
    /// <exception cref="InvalidDataException">
    /// The image is not such an ELF file, or more than the one symbol asks for the version.
    /// </exception>
    public static bool Apply(Span<byte> elf, string version, string symbol, string standIn)
    {
        Sections sections = Sections.Find(elf);
        if (!TryFindVersionNeed(elf, sections, version, out int auxiliary))
        {
            return false;
        }

        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(elf[(auxiliary + 4)..]);
        if ((flags & WeakFlag) != 0)
        {
            return false;
        }

        ushort needed = BinaryPrimitives.ReadUInt16LittleEndian(elf[(auxiliary + 6)..]);
        int undefined = -1;
        int replacement = -1;
        int count = sections.Symbols.Size / SymbolSize;
        for (int i = 1; i < count; i++)
        {
            Span<byte> entry = elf.Slice(sections.Symbols.Offset + i * SymbolSize, SymbolSize);
            bool imported = BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]) == 0;
            string name = ReadName(elf, sections.Strings, BinaryPrimitives.ReadUInt32LittleEndian(entry));
            if ((VersionOf(elf, sections, i) & 0x7fff) == needed)
            {
                if (!imported || name != symbol)
                {
                    throw new InvalidDataException($"{name} asks for {version} too.");
                }

                undefined = i;
            }
            else if (imported && name == standIn)
            {
                replacement = i;
            }
        }

        if (undefined < 0 || replacement < 0)
        {
            throw new InvalidDataException($"{(undefined < 0 ? symbol : standIn)} is not among the imported symbols.");
        }

        BinaryPrimitives.WriteUInt16LittleEndian(elf[(auxiliary + 4)..], (ushort)(flags | WeakFlag));
        elf.Slice(sections.Symbols.Offset + replacement * SymbolSize, 4).CopyTo(elf[(sections.Symbols.Offset + undefined * SymbolSize)..]);
        elf.Slice(sections.Versions.Offset + replacement * 2, 2).CopyTo(elf[(sections.Versions.Offset + undefined * 2)..]);
        return true;
    }

    private static bool TryFindVersionNeed(ReadOnlySpan<byte> elf, Sections sections, string version, out int auxiliary)
    {
        // Elf64_Verneed: version, count, file, aux, next; Elf64_Vernaux: hash, flags, other, name, next.
        int need = sections.Needs.Offset;
        while (true)
        {
            int count = BinaryPrimitives.ReadUInt16LittleEndian(elf[(need + 2)..]);
            auxiliary = need + (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(need + 8)..]);
            for (int i = 0; i < count; i++)
            {
                if (ReadName(elf, sections.Strings, BinaryPrimitives.ReadUInt32LittleEndian(elf[(auxiliary + 8)..])) == version)
                {
                    return true;
                }

                auxiliary += (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(auxiliary + 12)..]);
            }

            int next = (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(need + 12)..]);
            if (next == 0)
            {
                return false;
            }

            need += next;
        }
    }

    private static ushort VersionOf(ReadOnlySpan<byte> elf, Sections sections, int symbol) =>
        BinaryPrimitives.ReadUInt16LittleEndian(elf[(sections.Versions.Offset + 2 * symbol)..]);

    private static string ReadName(ReadOnlySpan<byte> elf, Section strings, uint offset)
    {
        ReadOnlySpan<byte> tail = elf.Slice(strings.Offset + (int)offset, strings.Size - (int)offset);
        return Encoding.ASCII.GetString(tail[..tail.IndexOf((byte)0)]);
    }

    private readonly record struct Section(int Offset, int Size, int Link);

    private readonly record struct Sections(Section Symbols, Section Strings, Section Versions, Section Needs)
    {
        public static Sections Find(ReadOnlySpan<byte> elf)
        {
            if (elf.Length < 64 || !elf[..4].SequenceEqual("\u007fELF"u8) || elf[4] != 2 || elf[5] != 1)
            {
                throw new InvalidDataException("Not a 64-bit little-endian ELF file.");
            }

            int table = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf[0x28..]);
            int entrySize = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3a..]);
            int count = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3c..]);
            Section? symbols = null,
                versions = null,
                needs = null;
            for (int i = 0; i < count; i++)
            {
                switch (BinaryPrimitives.ReadUInt32LittleEndian(elf[(table + i * entrySize + 4)..]))
                {
                    case SectionDynamicSymbols:
                        symbols = Read(elf, table, entrySize, i);
                        break;
                    case SectionVersions:
                        versions = Read(elf, table, entrySize, i);
                        break;
                    case SectionVersionNeeds:
                        needs = Read(elf, table, entrySize, i);
                        break;
                }
            }

            if (symbols is null || versions is null || needs is null)
            {
                throw new InvalidDataException("The ELF file has no versioned dynamic symbols.");
            }

            return new Sections(symbols.Value, Read(elf, table, entrySize, symbols.Value.Link), versions.Value, needs.Value);
        }

        private static Section Read(ReadOnlySpan<byte> elf, int table, int entrySize, int index)
        {
            ReadOnlySpan<byte> header = elf.Slice(table + index * entrySize, entrySize);
            return new Section(
                (int)BinaryPrimitives.ReadUInt64LittleEndian(header[24..]),
                (int)BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
                (int)BinaryPrimitives.ReadUInt32LittleEndian(header[40..])
            );
        }
    }
}
