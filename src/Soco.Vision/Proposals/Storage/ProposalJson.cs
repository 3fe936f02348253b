using System.Text.Json;
using Soco.Vision.IO;

namespace Soco.Vision.Proposals.Storage;

/// <summary>
/// The authors' proposal file: one JSON object, <c>name without folder and extension -> [[x, y, w, h], ...]</c>. Read and written as a
/// stream: a file for all of ImageNet is about a gigabyte.
/// </summary>
internal static class ProposalJson
{
    /// <summary>The name of an image in such a file.</summary>
    public static string KeyOf(string imageName) => Path.GetFileNameWithoutExtension(imageName);

    /// <summary>Writes a file, whole or not at all.</summary>
    public static void Write(string path, IEnumerable<(string Key, IReadOnlyList<BoxXywh> Boxes)> images) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var writer = new Utf8JsonWriter(stream);
                writer.WriteStartObject();
                foreach ((string key, IReadOnlyList<BoxXywh> boxes) in images)
                {
                    writer.WriteStartArray(key);
                    foreach (BoxXywh box in boxes)
                    {
                        writer.WriteStartArray();
                        writer.WriteNumberValue(box.X);
                        writer.WriteNumberValue(box.Y);
                        writer.WriteNumberValue(box.Width);
                        writer.WriteNumberValue(box.Height);
                        writer.WriteEndArray();
                    }

                    writer.WriteEndArray();
                    if (writer.BytesPending > 1 << 16)
                    {
                        writer.Flush();
                    }
                }

                writer.WriteEndObject();
            }
        );

    /// <summary>
    /// Reads a file and hands out one image after the other: its key, and x, y, w, h of one box after the other, as stored.
    /// </summary>
    /// <exception cref="SocoDataException">Not there, truncated, or of another form.</exception>
    public static void Read(string path, Action<string, List<double>> image)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            new ImageByImage(path, image).Read(stream);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SocoDataException($"{path} does not exist; name a file or folder of proposals.", exception);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new SocoDataException(
                $"{path} cannot be read as JSON ({exception.Message.TrimEnd('.')}); copy or make the file again.",
                exception
            );
        }
    }

    private sealed class ImageByImage(string path, Action<string, List<double>> image)
    {
        private readonly List<double> _numbers = [];
        private readonly NonFiniteNumbers _nonFinite = new();
        private readonly Utf8Pieces _utf8 = new(path);
        private string? _key;
        private int _boxStart = -1;
        private bool _ended;

        public void Read(Stream stream)
        {
            byte[] buffer = new byte[1 << 16];
            int filled = 0;
            var state = new JsonReaderState();
            while (true)
            {
                if (filled == buffer.Length)
                {
                    Array.Resize(ref buffer, 2 * buffer.Length);
                }

                int added = stream.Read(buffer, filled, buffer.Length - filled);
                _utf8.Check(buffer.AsSpan(0, filled + added), added);
                _nonFinite.Replace(buffer.AsSpan(filled, added));
                filled += added;
                var reader = new Utf8JsonReader(buffer.AsSpan(0, filled), isFinalBlock: added == 0, state);
                while (reader.Read())
                {
                    Take(ref reader);
                }

                if (added == 0)
                {
                    return;
                }

                state = reader.CurrentState;
                filled -= (int)reader.BytesConsumed;
                buffer.AsSpan((int)reader.BytesConsumed, filled).CopyTo(buffer);
            }
        }

        private void Take(ref Utf8JsonReader reader)
        {
            switch (reader.TokenType, reader.CurrentDepth)
            {
                case (JsonTokenType.StartObject, 0) when !_ended:
                    break;
                case (JsonTokenType.EndObject, 0):
                    _ended = true;
                    break;
                case (JsonTokenType.PropertyName, 1):
                    _key = JsonText.Of(reader);
                    _numbers.Clear();
                    break;
                case (JsonTokenType.StartArray, 1):
                    break;
                case (JsonTokenType.EndArray, 1):
                    image(_key!, _numbers);
                    break;
                case (JsonTokenType.StartArray, 2):
                    _boxStart = _numbers.Count;
                    break;
                case (JsonTokenType.Number, 3):
                    _numbers.Add(reader.GetDouble());
                    break;
                case (JsonTokenType.EndArray, 2) when _numbers.Count == _boxStart + 4:
                    break;
                case (JsonTokenType.EndArray, 2):
                    throw new SocoDataException(
                        $"{path}: a box of {_key} has {_numbers.Count - _boxStart} numbers instead of x, y, w, h; make the file again."
                    );
                default:
                    throw new SocoDataException(
                        $"{path}: {(_key is null ? "the file" : _key)} is not of the form name -> [[x, y, w, h], ...]; "
                            + "give a file of proposals, or a COCO file to the option that takes annotations."
                    );
            }
        }
    }
}
