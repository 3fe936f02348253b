using System.Buffers.Binary;
using Google.Protobuf;
using Soco.Vision;
using Soco.Vision.IO;
using Tensorboard;

namespace Soco.Runs;

/// <summary>
/// TensorBoard's event files: records of a length (8 bytes), its checksum (4), an event, and its checksum (4).
/// </summary>
internal static class EventFiles
{
    private const int Before = 12;
    private const int After = 4;

    /// <summary>Drops the events after a step, and what a power cut left half written.</summary>
    /// <param name="folder">Where the files are; it need not be there.</param>
    /// <param name="step">The last step that stays.</param>
    /// <exception cref="SocoRunException">A file cannot be written; it is as it was.</exception>
    public static void DropAfter(string folder, long step)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (string path in Directory.EnumerateFiles(folder, "events.out.tfevents.*", SearchOption.AllDirectories).ToArray())
        {
            byte[] all = File.ReadAllBytes(path);
            (ReadOnlyMemory<byte> Record, Event Content)[] kept = [.. Records(all).Where(record => record.Content.Step <= step)];
            if (kept.All(record => record.Content.Summary is null))
            {
                File.Delete(path);
            }
            else if (kept.Sum(record => record.Record.Length) < all.Length)
            {
                AtomicFile.Write(path, stream => Array.ForEach(kept, record => stream.Write(record.Record.Span)));
            }
        }
    }

    private static IEnumerable<(ReadOnlyMemory<byte> Record, Event Content)> Records(ReadOnlyMemory<byte> file)
    {
        while (
            file.Length >= Before
            && BinaryPrimitives.ReadInt64LittleEndian(file.Span) is var length
            && length >= 0
            && length <= file.Length - Before - After
        )
        {
            ReadOnlyMemory<byte> record = file[..(Before + (int)length + After)];
            Event content;
            try
            {
                content = Event.Parser.ParseFrom(record.Span[Before..^After].ToArray());
            }
            catch (InvalidProtocolBufferException)
            {
                yield break;
            }

            yield return (record, content);
            file = file[record.Length..];
        }
    }
}
