using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;
using Soco.Vision.Imaging;

namespace Soco.Vision.Sources;

/// <summary>
/// The images in a zip, stored or deflated, zip64 too (PKWARE APPNOTE 6.3.10). Each is read by its place in the file, so threads neither
/// wait for each other nor hold a directory each, as they would with <see cref="ZipArchive"/>.
/// </summary>
internal sealed class ZipImageSource : ImageSource
{
    private readonly SafeFileHandle _file;
    private readonly ZipEntry[] _entries;

    internal ZipImageSource(string path)
    {
        _file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            _entries = ImageNames.Ordered(ZipDirectory.Read(_file, path, ImageNames.OfEntry), entry => entry.Name);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public override int Count => _entries.Length;

    public override string NameOf(int index) => _entries[index].Name;

    public override byte[] ReadBytes(int index)
    {
        ZipEntry entry = _entries[index];
        // The local header repeats the name, and may hold other extra fields than the directory does.
        byte[] header = StoredRange.Read(_file, entry.HeaderOffset, 30, entry.Name);
        if (!header.AsSpan().StartsWith("PK\u0003\u0004"u8))
        {
            throw new UnreadableImageException(entry.Name, "the zip is damaged: the image is not where its directory says");
        }

        int skip = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26)) + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
        byte[] stored = StoredRange.Read(_file, entry.HeaderOffset + 30 + skip, entry.StoredLength, entry.Name);
        byte[] bytes = (entry.IsEncrypted, entry.Method) switch
        {
            (true, _) => throw new UnreadableImageException(entry.Name, "the zip is encrypted"),
            (_, 0) => stored,
            (_, 8) => Inflate(stored, entry),
            _ => throw new UnreadableImageException(
                entry.Name,
                $"the zip uses compression method {entry.Method}; stored and deflate can be read"
            ),
        };
        return Crc32.HashToUInt32(bytes) == entry.Crc32
            ? bytes
            : throw new UnreadableImageException(
                entry.Name,
                "the zip is damaged: the image is not what was packed (its checksum does not match)"
            );
    }

    public override void Dispose()
    {
        _file.Dispose();
        base.Dispose();
    }

    private static byte[] Inflate(byte[] stored, ZipEntry entry)
    {
        // Deflate cannot shrink more than 1032 to 1; a header that states more would only make us allocate.
        if (entry.Length < 0 || entry.Length > Math.Min(Array.MaxLength, 1032L * stored.Length))
        {
            throw new UnreadableImageException(entry.Name, "the zip is damaged: it states a length that its bytes cannot give");
        }

        try
        {
            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)entry.Length);
            using var inflate = new DeflateStream(new MemoryStream(stored), CompressionMode.Decompress);
            inflate.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new UnreadableImageException(entry.Name, "the zip is damaged: the image cannot be inflated", error);
        }
    }
}
