using System.Diagnostics.CodeAnalysis;
using TorchSharp;
using static TorchSharp.torch;

namespace Soco.Tensors;

/// <summary>
/// Tensors with plain numbers. TorchSharp hands a number to native code as a <see cref="Scalar"/> that nothing but the call holds: when a
/// collection falls into the call, the finalizer frees it under the reader, and a run that has lasted for hours ends with a wrong number or
/// an error from nowhere. Here every scalar lives until its call is over; the operators that hide one are banned (BannedSymbols.txt).
/// </summary>
[SuppressMessage("ApiDesign", "RS0030", Justification = "The one place where numbers become scalars.")]
internal static class Arithmetic
{
    private static readonly Scalar s_one = 1;

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, s_one);

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, double right)
    {
        using Scalar number = right;
        return left.add(number, s_one);
    }

    /// <summary>left + right; whole numbers stay whole.</summary>
    public static Tensor Plus(this Tensor left, long right)
    {
        using Scalar number = right;
        return left.add(number, s_one);
    }

    /// <summary>left + factor * right.</summary>
    public static Tensor Plus(this Tensor left, double factor, Tensor right)
    {
        using Scalar number = factor;
        return left.add(right, number);
    }

    /// <summary>left += right.</summary>
    public static Tensor Add(this Tensor left, Tensor right) => left.add_(right, s_one);

    /// <summary>left += factor * right.</summary>
    public static Tensor Add(this Tensor left, double factor, Tensor right)
    {
        using Scalar number = factor;
        return left.add_(right, number);
    }

    /// <summary>left += 1 for a tensor of int64.</summary>
    public static Tensor Increment(this Tensor left) => left.add_(s_one, s_one);

    /// <summary>left * right.</summary>
    public static Tensor Times(this Tensor left, double right)
    {
        using Scalar number = right;
        return left.mul(number);
    }

    /// <summary>left *= right.</summary>
    public static Tensor Scale(this Tensor left, double right)
    {
        using Scalar number = right;
        return left.mul_(number);
    }

    /// <summary>left / right.</summary>
    public static Tensor DividedBy(this Tensor left, double right)
    {
        using Scalar number = right;
        return left.div(number);
    }

    /// <summary>Whether left is above right, element by element.</summary>
    public static Tensor IsAbove(this Tensor left, double right)
    {
        using Scalar number = right;
        return left.gt(number);
    }
}
