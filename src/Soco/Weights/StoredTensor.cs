using static TorchSharp.torch;

namespace Soco.Weights;

/// <summary>A tensor in a file: where its storage lies, and which of its elements are the tensor's.</summary>
internal sealed class StoredTensor
{
    /// <summary>How many elements a tensor may have beyond those of its storage.</summary>
    private const long MostRepeated = 1 << 18;

    /// <summary>As many as libtorch computes with.</summary>
    private const int MostSides = 64;

    private readonly IStorage _storage;
    private readonly long[] _strides;
    private readonly long _first;
    private readonly bool _isContiguous;

    /// <param name="storage">The storage.</param>
    /// <param name="shape">The tensor's sides.</param>
    /// <param name="strides">Steps between neighbors along each side, in elements.</param>
    /// <param name="first">Its first element in the storage.</param>
    /// <exception cref="FormatException">Not all of it is in the storage.</exception>
    public StoredTensor(IStorage storage, long[] shape, long[] strides, long first)
    {
        (_storage, Shape, _strides, _first) = (storage, shape, strides, first);
        Count = CountOf(shape);
        if (shape.Length != strides.Length || first < 0 || strides.Any(stride => stride < 0))
        {
            throw new FormatException(
                $"a tensor has the shape {ShapeText.Of(shape)}, the strides {ShapeText.Of(strides)} and the offset {first}"
            );
        }

        UInt128 last = (UInt128)first;
        for (int i = 0; i < shape.Length; i++)
        {
            // The sum of 64 products of two numbers below 2^63.
            last = UInt128.Min(last + (UInt128)Math.Max(shape[i] - 1, 0) * (UInt128)strides[i], UInt128.MaxValue / 2);
        }

        if (Count > 0 && last >= (UInt128)storage.Count)
        {
            throw new FormatException($"a tensor {ShapeText.Of(shape)} reaches element {last} of a storage of {storage.Count}");
        }

        // A stride of 0 repeats elements, so a few bytes could ask for any amount of memory.
        if (Count > storage.Count + MostRepeated)
        {
            throw new FormatException($"a tensor {ShapeText.Of(shape)} repeats a storage of {storage.Count} elements");
        }

        Reach = Count == 0 ? 0 : (long)last - first + 1;
        _isContiguous =
            Count == 0 || ContiguousStrides(shape).Zip(strides, shape).All(side => side.Third == 1 || side.First == side.Second);
    }

    public ScalarType DType => _storage.DType;

    public long[] Shape { get; }

    public long Count { get; }

    /// <summary>Elements from the first to the last one.</summary>
    private long Reach { get; }

    /// <summary>The elements of a shape.</summary>
    /// <exception cref="FormatException">No file has so many, or it is no shape.</exception>
    public static long CountOf(long[] shape)
    {
        UInt128 count = 1;
        foreach (long side in shape)
        {
            count *= (UInt128)Math.Max(side, 1);
            if (side < 0 || count > long.MaxValue || shape.Length > MostSides)
            {
                throw new FormatException($"a tensor has the shape {ShapeText.Of(shape)}, and no file so many elements");
            }
        }

        return shape.Contains(0) ? 0 : (long)count;
    }

    /// <summary>The strides of a tensor whose elements lie one after the other, the last side first.</summary>
    public static long[] ContiguousStrides(long[] shape)
    {
        var strides = new long[shape.Length];
        long step = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = step;
            step = unchecked(step * Math.Max(shape[i], 1));
        }

        return strides;
    }

    /// <summary>Reads it to the CPU. The caller disposes it.</summary>
    public Tensor Read()
    {
        Tensor tensor = empty(Shape, DType);
        try
        {
            CopyInto(tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Copies it into a tensor of the same shape.</summary>
    public void CopyInto(Tensor target)
    {
        using IDisposable noGradients = no_grad();
        if (_isContiguous && target.device_type == TorchSharp.DeviceType.CPU && target.dtype == DType && target.is_contiguous())
        {
            _storage.Read(_first, target);
            return;
        }

        using Tensor reach = empty(_isContiguous ? Count : Reach, DType);
        _storage.Read(_first, reach);
        using Tensor read = reach.as_strided(Shape, _isContiguous ? ContiguousStrides(Shape) : _strides);
        target.copy_(read);
    }
}

/// <summary>Elements of one type, one after the other, that tensors may share.</summary>
internal interface IStorage
{
    ScalarType DType { get; }

    /// <summary>Elements.</summary>
    long Count { get; }

    /// <summary>Fills a contiguous CPU tensor of the storage's type with the elements from a place on.</summary>
    void Read(long first, Tensor target);
}

/// <summary>A storage that lies in a file as it lies in memory.</summary>
internal sealed class FileStorage : IStorage
{
    private readonly FileRange _range;

    /// <exception cref="FormatException">The range holds fewer elements.</exception>
    public FileStorage(FileRange range, ScalarType type, long count)
    {
        if (count < 0 || (UInt128)count * (UInt128)ElementTypes.BytesOf(type) > (UInt128)range.Length)
        {
            throw new FormatException($"a storage of {count} elements has {range.Length} bytes");
        }

        (_range, DType, Count) = (range, type, count);
    }

    public ScalarType DType { get; }

    public long Count { get; }

    public void Read(long first, Tensor target)
    {
        long offset = first * ElementTypes.BytesOf(DType);
        TensorBytes.Walk(
            target,
            bytes =>
            {
                _range.Read(offset, bytes);
                offset += bytes.Length;
            }
        );
    }
}
