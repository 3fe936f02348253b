using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Soco.Tensors;

/// <summary>A number in the memory of a tensor that kernels read and write eight at a time, as float32.</summary>
/// <typeparam name="T">The number.</typeparam>
internal unsafe interface IChannelElement<T>
    where T : unmanaged, IChannelElement<T>
{
    /// <summary>Eight numbers.</summary>
    static abstract Vector256<float> Load(T* from);

    /// <summary>Writes eight numbers.</summary>
    static abstract void Store(Vector256<float> values, T* to);

    /// <summary>One number.</summary>
    static abstract float Get(T* from);

    /// <summary>Writes one number.</summary>
    static abstract void Set(float value, T* to);
}

/// <summary>A float32.</summary>
internal readonly unsafe struct FloatElement : IChannelElement<FloatElement>
{
#pragma warning disable CS0169 // Its memory is a tensor's.
    private readonly float _value;
#pragma warning restore CS0169

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(FloatElement* from) => Vector256.Load((float*)from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, FloatElement* to) => values.Store((float*)to);

    public static float Get(FloatElement* from) => *(float*)from;

    public static void Set(float value, FloatElement* to) => *(float*)to = value;
}

/// <summary>A bfloat16: the upper half of a float32, rounded to the nearest, and to even between two.</summary>
internal readonly unsafe struct Bfloat16Element : IChannelElement<Bfloat16Element>
{
#pragma warning disable CS0169 // Its memory is a tensor's.
    private readonly ushort _value;
#pragma warning restore CS0169

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(Bfloat16Element* from)
    {
        if (Avx2.IsSupported)
        {
            return (Avx2.ConvertToVector256Int32((ushort*)from) << 16).AsSingle();
        }

        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.Load((ushort*)from));
        return (Vector256.Create(low, high) << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, Bfloat16Element* to)
    {
        Vector256<uint> bits = values.AsUInt32();
        Vector256<uint> rounded = (bits + Vector256.Create(0x7fffu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        Vector128.Narrow(rounded.GetLower(), rounded.GetUpper()).Store((ushort*)to);
    }

    public static float Get(Bfloat16Element* from) => BitConverter.UInt32BitsToSingle((uint)*(ushort*)from << 16);

    public static void Set(float value, Bfloat16Element* to)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        *(ushort*)to = (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}
