using System.Runtime.InteropServices;
using Google.Protobuf;
using Soco.Vision;
using Soco.Weights.Onnx;

namespace Soco.Deployment;

/// <summary>An element type of ONNX; the numbers are the format's.</summary>
internal enum OnnxType
{
    Float = 1,
    UInt8 = 2,
    Int64 = 7,
    Float16 = 10,
    Double = 11,
}

/// <summary>
/// A graph of ONNX in the making. Each method adds one operator and gives the name of its result; constants and weights become
/// initializers.
/// Operators mean what https://onnx.ai/onnx/operators says of the operator set that the graph asks for.
/// </summary>
/// <param name="operatorSet">Version of the operator set.</param>
/// <param name="halves">
/// Whether weights are float16, and with them the arithmetic between <see cref="Narrow"/> and <see cref="Wide"/>.
/// </param>
internal sealed class OnnxGraph(int operatorSet, bool halves)
{
    private const int IrVersion = 8;

    private readonly GraphProto _graph = new() { Name = "soco" };
    private readonly Dictionary<string, string> _constants = [];
    private readonly HashSet<string> _weights = [];

    /// <summary>The type of weights.</summary>
    public OnnxType WeightType => halves ? OnnxType.Float16 : OnnxType.Float;

    /// <summary>Adds an input.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its elements.</param>
    /// <param name="sides">Numbers, or names of sides that vary.</param>
    public string Input(string name, OnnxType type, params object[] sides)
    {
        _graph.Input.Add(Value(name, type, sides));
        return name;
    }

    /// <summary>Makes a value an output, under a name of its own.</summary>
    public void Output(string value, string name, OnnxType type, params object[] sides)
    {
        var node = new NodeProto { OpType = "Identity", Name = name };
        node.Input.Add(value);
        node.Output.Add(name);
        _graph.Node.Add(node);
        _graph.Output.Add(Value(name, type, sides));
    }

    /// <summary>Weights in the graph's type of weights; added once, however often they are asked for.</summary>
    /// <param name="name">Their name.</param>
    /// <param name="read">Gives the values, the last side first.</param>
    /// <param name="shape">The sides.</param>
    /// <exception cref="SocoRequestException">float16 cannot hold a value.</exception>
    public string Weights(string name, Func<float[]> read, params IEnumerable<long> shape)
    {
        if (!_weights.Add(name))
        {
            return name;
        }

        float[] values = read();
        if (!halves)
        {
            return Initializer(name, OnnxType.Float, MemoryMarshal.AsBytes(values.AsSpan()), shape);
        }

        Half[] narrow = Array.ConvertAll(values, value => (Half)value);
        return Array.Exists(narrow, Half.IsInfinity)
            ? throw new SocoRequestException($"{name} has values above 65,504, which float16 cannot hold: leave --float16 out.")
            : Initializer(name, OnnxType.Float16, MemoryMarshal.AsBytes(narrow.AsSpan()), shape);
    }

    /// <summary>A float32 scalar.</summary>
    public string Number(float value) => Constant($"number {value:R}", OnnxType.Float, MemoryMarshal.AsBytes<float>(new[] { value }), []);

    /// <summary>A float64 scalar.</summary>
    public string Precise(double value) =>
        Constant($"double {value:R}", OnnxType.Double, MemoryMarshal.AsBytes<double>(new[] { value }), []);

    /// <summary>A float32 table.</summary>
    public string Numbers(float[] values, params long[] shape) =>
        Constant(
            $"numbers {string.Join(' ', values)} [{string.Join(' ', shape)}]",
            OnnxType.Float,
            MemoryMarshal.AsBytes(values.AsSpan()),
            shape
        );

    /// <summary>A list of whole numbers.</summary>
    public string Integers(params long[] values) =>
        Constant($"integers {string.Join(' ', values)}", OnnxType.Int64, MemoryMarshal.AsBytes(values.AsSpan()), [values.Length]);

    /// <summary>A whole number.</summary>
    public string Integer(long value) => Constant($"integer {value}", OnnxType.Int64, MemoryMarshal.AsBytes<long>(new[] { value }), []);

    /// <summary>Adds an operator with one result.</summary>
    /// <param name="type">Its name in ONNX.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="attributes">Its attributes: a number, a text, or numbers.</param>
    public string Apply(string type, string[] inputs, params (string Name, object Value)[] attributes) =>
        Apply(type, 1, inputs, attributes)[0];

    /// <summary>Adds an operator with several results.</summary>
    public string[] Apply(string type, int results, string[] inputs, params (string Name, object Value)[] attributes)
    {
        string name = $"{type}_{_graph.Node.Count}";
        string[] outputs = results == 1 ? [name] : [.. Enumerable.Range(0, results).Select(i => $"{name}_{i}")];
        var node = new NodeProto { OpType = type, Name = name };
        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        node.Attribute.AddRange(attributes.Select(attribute => Attribute(attribute.Name, attribute.Value)));
        _graph.Node.Add(node);
        return outputs;
    }

    public string Add(string left, string right) => Apply("Add", [left, right]);

    public string Subtract(string left, string right) => Apply("Sub", [left, right]);

    public string Multiply(string left, string right) => Apply("Mul", [left, right]);

    public string Divide(string left, string right) => Apply("Div", [left, right]);

    public string Smaller(string left, string right) => Apply("Min", [left, right]);

    public string Larger(string left, string right) => Apply("Max", [left, right]);

    public string Relu(string value) => Apply("Relu", [value]);

    public string Concatenate(int axis, params string[] values) =>
        values.Length == 1 ? values[0] : Apply("Concat", values, ("axis", (long)axis));

    public string Gather(string values, string indices, int axis = 0) => Apply("Gather", [values, indices], ("axis", (long)axis));

    /// <summary>From one place to another along an axis, the second left out.</summary>
    public string Slice(string value, long start, long end, long axis) =>
        Apply("Slice", [value, Integers(start), Integers(end), Integers(axis)]);

    public string Reshape(string value, params long[] shape) => Apply("Reshape", [value, Integers(shape)]);

    public string Transpose(string value, params long[] order) => Apply("Transpose", [value], ("perm", order));

    public string WithSide(string value, params long[] axes) => Apply("Unsqueeze", [value, Integers(axes)]);

    public string WithoutSide(string value, params long[] axes) => Apply("Squeeze", [value, Integers(axes)]);

    public string Cast(string value, OnnxType type) => Apply("Cast", [value], ("to", (long)type));

    /// <summary>The value in the type of the weights.</summary>
    public string Narrow(string value) => halves ? Cast(value, OnnxType.Float16) : value;

    /// <summary>The value in float32.</summary>
    public string Wide(string value) => halves ? Cast(value, OnnxType.Float) : value;

    /// <summary>The sides from one to another, as a list; the second left out.</summary>
    public string Sides(string value, int start, int end) => Apply("Shape", [value], ("start", (long)start), ("end", (long)end));

    /// <summary>The largest along the last axis, and where they are: at most so many.</summary>
    /// <param name="values">[n].</param>
    /// <param name="most">A whole number.</param>
    public (string Values, string Places) Top(string values, long most)
    {
        string[] top = Apply(
            "TopK",
            2,
            [values, Smaller(Integers(most), Sides(values, 0, 1))],
            ("axis", -1L),
            ("largest", 1L),
            ("sorted", 1L)
        );
        return (top[0], top[1]);
    }

    /// <summary>The places of the elements of a list that are true.</summary>
    public string Places(string flags) => WithoutSide(Apply("NonZero", [flags]), 0);

    /// <summary>The finished model.</summary>
    /// <param name="description">What it is, for people.</param>
    /// <param name="metadata">What programs read.</param>
    public ModelProto ToModel(string description, IEnumerable<(string Key, string Value)> metadata)
    {
        var model = new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "Soco",
            ProducerVersion = typeof(OnnxGraph).Assembly.GetName().Version?.ToString(3) ?? "",
            DocString = description,
            Graph = _graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = operatorSet });
        model.MetadataProps.AddRange(metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        return model;
    }

    private static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case long number:
                (attribute.I, attribute.Type) = (number, 2);
                break;
            case float number:
                (attribute.F, attribute.Type) = (number, 1);
                break;
            case string text:
                (attribute.S, attribute.Type) = (ByteString.CopyFromUtf8(text), 3);
                break;
            case long[] numbers:
                attribute.Ints.AddRange(numbers);
                attribute.Type = 7;
                break;
            default:
                throw new ArgumentException($"{name} is a {value.GetType().Name}.", nameof(value));
        }

        return attribute;
    }

    private static ValueInfoProto Value(string name, OnnxType type, object[] sides)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(
            sides.Select(side =>
                side is string free
                    ? new TensorShapeProto.Types.Dimension { DimParam = free }
                    : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(side) }
            )
        );
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape },
            },
        };
    }

    private string Constant(string key, OnnxType type, ReadOnlySpan<byte> bytes, IEnumerable<long> shape)
    {
        if (!_constants.TryGetValue(key, out string? name))
        {
            _constants[key] = name = Initializer($"constant_{_constants.Count}", type, bytes, shape);
        }

        return name;
    }

    private string Initializer(string name, OnnxType type, ReadOnlySpan<byte> bytes, IEnumerable<long> shape)
    {
        var tensor = new TensorProto
        {
            Name = name,
            DataType = (int)type,
            RawData = ByteString.CopyFrom(bytes),
        };
        tensor.Dims.AddRange(shape);
        _graph.Initializer.Add(tensor);
        return name;
    }
}
