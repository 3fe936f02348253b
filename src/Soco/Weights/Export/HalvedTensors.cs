using Soco.Vision;
using static TorchSharp.torch;

namespace Soco.Weights.Export;

/// <summary>The tensors of a source, float32 rounded to float16: half the bytes, 11 bits of precision.</summary>
/// <param name="source">The tensors.</param>
internal sealed class HalvedTensors(INamedTensors source) : INamedTensors
{
    public IReadOnlyList<string> Names => source.Names;

    public IReadOnlyList<long> Shape(string name) => source.Shape(name);

    public ScalarType DType(string name) => source.DType(name) is ScalarType.Float32 ? ScalarType.Float16 : source.DType(name);

    public Tensor Read(string name)
    {
        if (source.DType(name) is not ScalarType.Float32)
        {
            return source.Read(name);
        }

        using Tensor whole = source.Read(name);
        Tensor halved = whole.to(ScalarType.Float16);
        using Tensor finite = halved.isfinite(),
            before = whole.isfinite();
        return finite.bytes.SequenceEqual(before.bytes) ? halved : throw Overflow(halved, name);
    }

    public void CopyInto(string name, Tensor target)
    {
        using Tensor value = Read(name);
        target.copy_(value);
    }

    private static SocoRequestException Overflow(Tensor halved, string name)
    {
        halved.Dispose();
        return new SocoRequestException($"{name} has values above 65,504, which float16 cannot hold: leave --float16 out.");
    }
}
