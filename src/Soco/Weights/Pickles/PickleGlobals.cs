using System.Collections.Frozen;

namespace Soco.Weights.Pickles;

/// <summary>
/// What the names in a pickle stand for: a list of the few that weights need. Any other name stands for an object without content, save
/// those of programs that run something, which end the reading. Nothing is ever called: what <c>getattr</c> would give, as optimizers and
/// schedules have it beside the model, is such an object too.
/// </summary>
internal sealed class PickleGlobals
{
    /// <summary>Modules that no weights need and that hostile pickles ask for; with all that is inside of them.</summary>
    private static readonly FrozenSet<string> s_refusedModules = FrozenSet.Create(
        "os",
        "posix",
        "nt",
        "subprocess",
        "_posixsubprocess",
        "commands",
        "popen2",
        "pty",
        "sys",
        "site",
        "runpy",
        "importlib",
        "imp",
        "zipimport",
        "pkgutil",
        "pip",
        "shutil",
        "tempfile",
        "socket",
        "urllib",
        "http",
        "ftplib",
        "smtplib",
        "requests",
        "webbrowser",
        "ctypes",
        "_ctypes",
        "multiprocessing",
        "asyncio",
        "signal",
        "atexit",
        "pickle",
        "_pickle",
        "cPickle",
        "marshal",
        "code",
        "codeop",
        "operator",
        "_operator",
        "inspect",
        "linecache",
        "pdb",
        "bdb",
        "timeit",
        "cProfile",
        "profile",
        "trace"
    );

    /// <summary>Names that no weights need, in modules that weights do need.</summary>
    private static readonly FrozenSet<string> s_refusedNames = FrozenSet.Create(
        "builtins.eval",
        "builtins.exec",
        "builtins.execfile",
        "builtins.compile",
        "builtins.__import__",
        "builtins.setattr",
        "builtins.delattr",
        "builtins.open",
        "builtins.file",
        "builtins.input",
        "builtins.breakpoint",
        "builtins.globals",
        "builtins.locals",
        "builtins.vars",
        "builtins.apply",
        "builtins.map",
        "builtins.filter",
        "builtins.reload",
        "builtins.memoryview",
        "torch.load",
        "torch.hub.load",
        "torch.hub.load_state_dict_from_url",
        "torch.jit.load",
        "numpy.load",
        "numpy.testing._private.utils.runstring",
        "functools.reduce"
    );

    private readonly PickleBudget _budget;
    private readonly Func<PickleString, object?> _loadNested;

    /// <param name="budget">The memory that the values may take.</param>
    /// <param name="loadNested">Reads a torch file that stands in a string: <c>torch.storage._load_from_bytes</c>.</param>
    public PickleGlobals(PickleBudget budget, Func<PickleString, object?> loadNested) => (_budget, _loadNested) = (budget, loadNested);

    /// <summary>A class or function by its name.</summary>
    /// <exception cref="RefusedException">It runs something.</exception>
    public static PickleGlobal Name(string module, string name)
    {
        // Python 2's name of the module of built-in functions.
        var global = new PickleGlobal(module == "__builtin__" ? "builtins" : module, name);
        string package = module.Split('.')[0];
        return s_refusedModules.Contains(package) || s_refusedNames.Contains(global.FullName)
            ? throw new RefusedException($"it asks for {module}.{name}, which can run other programs or code")
            : global;
    }

    /// <summary>What a call gives.</summary>
    /// <param name="callee">What is called.</param>
    /// <param name="arguments">With what.</param>
    public object? Make(object? callee, object?[] arguments)
    {
        if (callee is not PickleGlobal global)
        {
            return callee is PickleObject ? callee : throw new FormatException("it calls what is no function");
        }

        return global.FullName switch
        {
            "collections.OrderedDict" or "collections.defaultdict" or "builtins.dict" => DictionaryOf(arguments),
            "builtins.bytes" or "builtins.bytearray" or "_codecs.encode" => (object?)BytesOf(arguments) ?? new PickleObject(global),
            "torch.Size" => arguments is [PickleTuple or PickleList] ? arguments[0] : throw Unfit(global),
            "torch._utils._rebuild_tensor" or "torch._utils._rebuild_tensor_v2" => RebuildTensor(global, arguments),
            "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" => arguments is [var data, ..]
                ? data
                : throw Unfit(global),
            "torch._tensor._rebuild_from_type_v2" or "torch._tensor._rebuild_from_type" => arguments
                is [var function, _, PickleTuple of, ..]
                ? Make(function, of.Items)
                : throw Unfit(global),
            "torch._utils._rebuild_device_tensor_from_numpy"
            or "torch._utils._rebuild_device_tensor_from_cpu_tensor"
            or "torch._utils._rebuild_xla_tensor" => arguments is [var values, ..] ? values : throw Unfit(global),
            "torch.storage._load_from_bytes" => arguments is [PickleString file] ? _loadNested(file) : throw Unfit(global),
            "numpy.core.multiarray._reconstruct" or "numpy._core.multiarray._reconstruct" => new NumpyArray(),
            "numpy.core.numeric._frombuffer" or "numpy._core.numeric._frombuffer" => NumpyArray.FromBuffer(arguments, _budget),
            "numpy.dtype" => NumpyType.From(arguments),
            _ => new PickleObject(global),
        };
    }

    /// <summary>Gives an object its state. Only numpy's have one that tensors need.</summary>
    public void Build(object? target, object? state)
    {
        switch (target, state)
        {
            case (NumpyArray array, PickleTuple values):
                array.Build(values.Items, _budget);
                break;
            case (NumpyType type, PickleTuple values):
                type.Build(values.Items);
                break;
        }
    }

    /// <summary>Bytes, or text whose letters are bytes.</summary>
    private static PickleString? BytesOf(object?[] arguments) =>
        arguments switch
        {
            [] => new PickleString(default, StringForm.Raw),
            [PickleString { Form: StringForm.Raw or StringForm.StringEscapes } bytes] => bytes,
            [PickleString text, var encoding] when PickleString.TextOf(encoding) is "latin1" or "latin-1" => text,
            _ => null,
        };

    /// <summary>Python 2 gives an ordered dictionary its entries as a list of pairs.</summary>
    private PickleDictionary DictionaryOf(object?[] arguments)
    {
        var dictionary = new PickleDictionary();
        if (arguments is [PickleList pairs])
        {
            _budget.Charge(pairs.Items.Count * PickleBudget.Entry);
            dictionary.Items.AddRange(
                pairs
                    .Items.Select(PickleValues.ItemsOf)
                    .Where(pair => pair is [_, _])
                    .Select(pair => KeyValuePair.Create(pair![0], pair[1]))
            );
        }

        return dictionary;
    }

    private object RebuildTensor(PickleGlobal global, object?[] arguments)
    {
        switch (arguments)
        {
            case [TorchStorage storage, long offset, var size, var strides, ..]
                when PickleValues.NumbersOf(size, _budget) is { } shape && PickleValues.NumbersOf(strides, _budget) is { } steps:
                return new StoredTensor(storage, shape, steps, offset);
            case [PickleObject, ..]:
                // A storage of a type that Soco has no tensors of.
                return new PickleObject(global);
            default:
                throw Unfit(global);
        }
    }

    private static FormatException Unfit(PickleGlobal global) => new($"it calls {global.FullName} with values that do not belong there");
}
