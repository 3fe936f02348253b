using System.Text.Json;
using static TorchSharp.torch;

namespace Soco.Weights.Safetensors;

/// <summary>One tensor of a file: bytes [<paramref name="Begin"/>, <paramref name="End"/>) of its data.</summary>
internal readonly record struct SafetensorsEntry(ScalarType DType, long[] Shape, long Begin, long End);

/// <summary>
/// The JSON header of a safetensors file: <c>name -> {dtype, shape, data_offsets}</c> and a map of strings, <c>__metadata__</c>.
/// The tensors must cover the data from its first byte to its last, without holes or overlaps, as the format asks.
/// </summary>
internal sealed class SafetensorsHeader
{
    public const int PrefixLength = 8;
    public const long MaxLength = 100_000_000;
    private const string MetadataKey = "__metadata__";

    public required Dictionary<string, SafetensorsEntry> Entries { get; init; }

    public required Dictionary<string, string> Metadata { get; init; }

    /// <param name="json">The header.</param>
    /// <param name="dataLength">Bytes of the file after the header.</param>
    /// <exception cref="FormatException">What is wrong, as the middle of a sentence.</exception>
    public static SafetensorsHeader Parse(ReadOnlyMemory<byte> json, long dataLength)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            return Parse(document.RootElement, dataLength);
        }
        catch (JsonException error)
        {
            throw new FormatException("its header is not JSON", error);
        }
        catch (InvalidOperationException error)
        {
            // Text with half a surrogate pair, or a value of another kind than the format's.
            throw new FormatException("its header does not have the form of a safetensors header", error);
        }
    }

    /// <summary>The header's bytes, length first, padded so that the data starts at a multiple of 8.</summary>
    public byte[] ToBytes()
    {
        using var buffer = new MemoryStream();
        buffer.Write(stackalloc byte[PrefixLength]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (Metadata.Count > 0)
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string key, string value) in Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            foreach ((string name, SafetensorsEntry entry) in Entries.OrderBy(pair => (pair.Value.Begin, pair.Value.End)))
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", ElementTypes.Of(entry.DType).Safetensors);
                WriteNumbers(json, "shape", entry.Shape);
                WriteNumbers(json, "data_offsets", [entry.Begin, entry.End]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % PrefixLength != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        byte[] bytes = buffer.ToArray();
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes, bytes.Length - PrefixLength);
        return bytes;
    }

    private static SafetensorsHeader Parse(JsonElement root, long dataLength)
    {
        var entries = new Dictionary<string, SafetensorsEntry>();
        var metadata = new Dictionary<string, string>();
        bool hasMetadata = false;
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name != MetadataKey)
            {
                Demand(entries.TryAdd(property.Name, ParseEntry(property)), $"it lists the tensor {property.Name} twice");
                continue;
            }

            Demand(!hasMetadata, $"it has {MetadataKey} twice");
            hasMetadata = true;
            foreach (JsonProperty pair in property.Value.EnumerateObject())
            {
                Demand(metadata.TryAdd(pair.Name, pair.Value.GetString() ?? ""), $"its metadata has {pair.Name} twice");
            }
        }

        long reached = 0;
        foreach ((string name, SafetensorsEntry entry) in entries.OrderBy(pair => (pair.Value.Begin, pair.Value.End)))
        {
            Demand(entry.Begin >= reached, $"the tensor {name} overlaps another one");
            Demand(entry.Begin == reached, $"there is a hole before the tensor {name}");
            Demand(entry.End <= dataLength, $"the tensor {name} ends at byte {entry.End} of the data, which has {dataLength} bytes");
            reached = entry.End;
        }

        Demand(reached == dataLength, $"{dataLength - reached} bytes at its end belong to no tensor");
        return new SafetensorsHeader { Entries = entries, Metadata = metadata };
    }

    private static SafetensorsEntry ParseEntry(JsonProperty property)
    {
        string name = property.Name;
        string typeName = property.Value.TryGetProperty("dtype", out JsonElement dtype) ? dtype.GetString() ?? "" : "";
        ScalarType type =
            ElementTypes.OfSafetensors(typeName)
            ?? throw new FormatException($"the tensor {name} has elements of the unknown type \"{typeName}\"");
        long[] shape = Numbers(property, "shape");
        long[] offsets = Numbers(property, "data_offsets");
        Demand(offsets.Length == 2 && offsets[0] <= offsets[1], $"the tensor {name} has no valid data_offsets");

        UInt128 bytes = (UInt128)ElementTypes.BytesOf(type);
        foreach (long side in shape)
        {
            // No file is that long, and the product of two such numbers still fits.
            bytes *= (UInt128)side;
            Demand(bytes <= long.MaxValue, $"the tensor {name} is larger than any file");
        }

        Demand(
            bytes == (UInt128)(offsets[1] - offsets[0]),
            $"the tensor {name} of {typeName} [{string.Join(", ", shape)}] needs {bytes} bytes but has {offsets[1] - offsets[0]}"
        );
        return new SafetensorsEntry(type, shape, offsets[0], offsets[1]);
    }

    private static long[] Numbers(JsonProperty property, string key)
    {
        Demand(property.Value.TryGetProperty(key, out JsonElement list), $"the tensor {property.Name} has no {key}");
        return
        [
            .. list.EnumerateArray()
                .Select(item =>
                    item.TryGetInt64(out long value) && value >= 0
                        ? value
                        : throw new FormatException($"the tensor {property.Name} has {item.GetRawText()} in its {key}")
                ),
        ];
    }

    private static void WriteNumbers(Utf8JsonWriter json, string key, long[] values)
    {
        json.WriteStartArray(key);
        foreach (long value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private static void Demand(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FormatException(otherwise);
        }
    }
}
