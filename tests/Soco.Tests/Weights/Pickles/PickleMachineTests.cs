using System.Text;
using Soco.Tensors;
using Soco.Vision;
using Soco.Weights;
using Soco.Weights.Pickles;

namespace Soco.Tests.Weights.Pickles;

/// <summary>Pickles as Python's pickletools would write them out, opcode by opcode.</summary>
public sealed class PickleMachineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<FileBytes> _open = [];

    public void Dispose()
    {
        _open.ForEach(file => file.Dispose());
        _folder.Dispose();
    }

    [Theory]
    [InlineData("I42\n.", 42L)]
    [InlineData("I01\n.", true)]
    [InlineData("I00\n.", false)]
    [InlineData("L-7L\n.", -7L)]
    [InlineData("K\u00ff.", 255L)]
    [InlineData("M\u0001\u0002.", 513L)]
    [InlineData("J\u00fe\u00ff\u00ff\u00ff.", -2L)]
    [InlineData("\u008a\u0001\u00ff.", -1L)]
    [InlineData("\u008a\u0002\u00ff\u0000.", 255L)]
    [InlineData("\u008a\u0000.", 0L)]
    [InlineData("\u008b\u0002\u0000\u0000\u0000\u0000\u0001.", 256L)]
    [InlineData("F1.5\n.", 1.5)]
    [InlineData("G\u003f\u00f8\u0000\u0000\u0000\u0000\u0000\u0000.", 1.5)]
    [InlineData("N.", null)]
    [InlineData("\u0080\u0002\u0088.", true)]
    [InlineData("K\u0001K\u00020.", 1L)]
    [InlineData("K\u0001(K\u0002K\u00031.", 1L)]
    [InlineData("K\u0009q\u00050h\u0005.", 9L)]
    [InlineData("K\u0009p300\n0g300\n.", 9L)]
    [InlineData("K\u0009\u00940h\u0000.", 9L)]
    public void Numbers_and_the_memo(string pickle, object? expected) => Assert.Equal(expected, Read(pickle));

    [Theory]
    [InlineData("X\u0003\u0000\u0000\u0000a\u00c3\u00a9.", "a\u00e9")]
    [InlineData("\u008c\u0002ab.", "ab")]
    [InlineData("Va\\u00e9b\n.", "a\u00e9b")]
    [InlineData("S'a\\x41\\n\\\\'\n.", "aA\n\\")]
    [InlineData("S\"it's\"\n.", "it's")]
    [InlineData("U\u0002a\u00e9.", "a\u00e9")]
    [InlineData("C\u0000.", "")]
    public void Text(string pickle, string expected) => Assert.Equal(expected, PickleString.TextOf(Read(pickle)));

    [Fact]
    public void Collections_of_every_protocol()
    {
        Assert.Equal([1L, 2L], Assert.IsType<PickleTuple>(Read("K\u0001K\u0002\u0086.")).Items);
        Assert.Equal([1L, 2L, 3L], Assert.IsType<PickleTuple>(Read("(K\u0001K\u0002K\u0003t.")).Items);
        Assert.Equal([1L, 2L], Assert.IsType<PickleList>(Read("](K\u0001K\u0002e.")).Items);
        Assert.Equal([1L, 2L], Assert.IsType<PickleList>(Read("(lK\u0001aK\u0002a.")).Items);
        Assert.Equal([KeyValuePair.Create<object?, object?>(1L, 2L)], Assert.IsType<PickleDictionary>(Read("(K\u0001K\u0002d.")).Items);
        Assert.Equal([KeyValuePair.Create<object?, object?>(1L, 2L)], Assert.IsType<PickleDictionary>(Read("}K\u0001K\u0002s.")).Items);
        Assert.Equal([1L], Assert.IsType<PickleList>(Read("\u0080\u0004\u008f(K\u0001\u0090.")).Items);
    }

    [Theory]
    [InlineData("cargparse\nNamespace\n)R}U\u0001aK\u0001sb.", "argparse.Namespace")]
    [InlineData("cargparse\nNamespace\n)\u0081}b.", "argparse.Namespace")]
    [InlineData("(K\u0001ifoo\nBar\n.", "foo.Bar")]
    [InlineData("(cfoo\nBar\nK\u0001o.", "foo.Bar")]
    [InlineData("\u0080\u0004\u008c\u0003foo\u008c\u0003Bar\u0093)}\u0092.", "foo.Bar")]
    [InlineData("cfoo\nmake\nK\u0001\u0085RK\u0002\u0085R.", "foo.make")]
    [InlineData("cmy.config\nCfgNode\n)\u0081(U\u0001aK\u0001u}b.", "my.config.CfgNode")]
    [InlineData("cbuiltins\nset\n](K\u0001e\u0085R.", "builtins.set")]
    [InlineData("c__builtin__\ngetattr\n(ctorch.optim.lr_scheduler\nOneCycleLR\nS'_annealing_cos'\ntR.", "builtins.getattr")]
    [InlineData("cbuiltins\ngetattr\n(cbuiltins\ngetattr\nS'x'\ntRS'y'\n\u0085R.", "builtins.getattr")]
    [InlineData("cfunctools\npartial\n(cfoo\nmake\ntR.", "functools.partial")]
    public void What_soco_has_no_use_for_is_an_object_without_content(string pickle, string name) =>
        Assert.Equal(name, Assert.IsType<PickleObject>(Read(pickle)).Class!.FullName);

    [Theory]
    [InlineData("ctorch._tensor\n_rebuild_from_type_v2\n(ccollections\nOrderedDict\ncmy\nSubclass\n)}tR.")]
    public void What_a_subclass_is_made_of_is_taken_without_it(string pickle) => Assert.IsType<PickleDictionary>(Read(pickle));

    [Theory]
    [InlineData("ctorch._utils\n_rebuild_device_tensor_from_numpy\n(I7\nNNNtR.")]
    [InlineData("ctorch._utils\n_rebuild_xla_tensor\n(I7\nNNNtR.")]
    public void A_tensor_of_another_device_is_its_values(string pickle) => Assert.Equal(7L, Read(pickle));

    [Theory]
    [InlineData("cos\nsystem\n(S'echo hello'\ntR.", "os.system")]
    [InlineData("cposix\nsystem\n.", "posix.system")]
    [InlineData("cnt\nsystem\n.", "nt.system")]
    [InlineData("csubprocess\nPopen\n.", "subprocess.Popen")]
    [InlineData("cbuiltins\neval\n.", "builtins.eval")]
    [InlineData("c__builtin__\neval\n.", "__builtin__.eval")]
    [InlineData("cbuiltins\nexec\n.", "builtins.exec")]
    [InlineData("cbuiltins\n__import__\n.", "builtins.__import__")]
    [InlineData("cbuiltins\nopen\n.", "builtins.open")]
    [InlineData("crunpy\nrun_path\n.", "runpy.run_path")]
    [InlineData("cimportlib.util\nspec_from_loader\n.", "importlib.util.spec_from_loader")]
    [InlineData("cshutil\nrmtree\n.", "shutil.rmtree")]
    [InlineData("csocket\nsocket\n.", "socket.socket")]
    [InlineData("cpty\nspawn\n.", "pty.spawn")]
    [InlineData("csys\nexit\n.", "sys.exit")]
    [InlineData("cpickle\nloads\n.", "pickle.loads")]
    [InlineData("ctorch\nload\n.", "torch.load")]
    [InlineData("ccode\nInteractiveInterpreter\n.", "code.InteractiveInterpreter")]
    [InlineData("(S'x'\nios\nsystem\n.", "os.system")]
    [InlineData("\u0080\u0004\u008c\u0002os\u008c\u0006system\u0093.", "os.system")]
    public void What_could_run_something_is_refused_by_name(string pickle, string name) =>
        Assert.Equal(
            $"it asks for {name}, which can run other programs or code",
            Assert.Throws<RefusedException>(() => Read(pickle)).Message
        );

    [Theory]
    [InlineData("", "it ends 1 bytes too soon")]
    [InlineData("K\u0001", "it ends 1 bytes too soon")]
    [InlineData(".", "a value is missing")]
    [InlineData("t.", "a mark is missing")]
    [InlineData("K\u0001(0.", "a value is missing", true)]
    [InlineData("(\u0085.", "a value is missing")]
    [InlineData("h\u0005.", "it takes up value 5, which it never put aside")]
    [InlineData("q\u0005.", "a value is missing")]
    [InlineData("(K\u0001d.", "a dictionary has a key without a value")]
    [InlineData("K\u0001)R.", "it calls what is no function")]
    [InlineData("cfoo\nbar\nK\u0001R.", "a call has no arguments")]
    [InlineData("X\u00ff\u00ff\u00ff\u00ffabc", "it gives 4294967295 as a length at byte 5")]
    [InlineData("\u008e\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ffabc", "it gives 18446744073709551615 as a length at byte 9")]
    [InlineData("T\u00ff\u00ff\u00ff\u00ff.", "it gives 18446744073709551615 as a length at byte 5")]
    [InlineData("X\u0005\u0000\u0000\u0000abc", "it ends 2 bytes too soon")]
    [InlineData("Inine\n.", "a whole number is none")]
    [InlineData("I1", "it ends 1 bytes too soon")]
    [InlineData("g-1\n.", "a whole number is none")]
    [InlineData("S'abc\n.", "a string has no quotes")]
    [InlineData("\u0080\u0009.", "it is written in a protocol that is newer than 5")]
    [InlineData("\u00ff.", "byte 0 of its pickle is ff, which means nothing there")]
    [InlineData("K\u0001Q.", "its pickle refers to something outside of it")]
    [InlineData(
        "ctorch._utils\n_rebuild_tensor_v2\n(K\u0001K\u0002tR.",
        "it calls torch._utils._rebuild_tensor_v2 with values that do not belong there"
    )]
    [InlineData(
        "cnumpy.core.multiarray\n_reconstruct\n)R(K\u0001K\u0002cnumpy\ndtype\n(U\u0002f4tR\u0089U\u0004abcdtb.",
        "an array of numpy has no shape or no bytes"
    )]
    [InlineData(
        "cnumpy.core.multiarray\n_reconstruct\n)R(K\u0001(K\u0002tcnumpy\ndtype\n(U\u0002f4tR\u0089U\u0004abcdtb.",
        "a storage of 2 elements has 4 bytes"
    )]
    [InlineData(
        "cnumpy.core.multiarray\n_reconstruct\n)R(K\u0001(J\u00ff\u00ff\u00ff\u007fJ\u00ff\u00ff\u00ff\u007fJ\u00ff\u00ff\u00ff\u007ftcnumpy\ndtype\n(U\u0002f4tR\u0089U\u0004abcdtb.",
        "a tensor has the shape [2147483647, 2147483647, 2147483647], and no file so many elements"
    )]
    public void What_is_damaged_is_said(string pickle, string reason, bool isRead = false)
    {
        if (isRead)
        {
            Assert.Equal(1L, Read(pickle));
            return;
        }

        Assert.Equal(reason, Assert.Throws<FormatException>(() => Read(pickle)).Message);
    }

    [Fact]
    public void A_number_of_any_length_is_read_without_work()
    {
        Assert.IsType<PickleString>(Read("L" + new string('9', 100_000) + "L\n."));
        Assert.IsType<PickleString>(Read("\u008b\u0010\u0027\u0000\u0000" + new string('\u00ff', 10_000) + "."));
    }

    [Theory]
    [InlineData("]")]
    [InlineData("(")]
    [InlineData("]q\u0001")]
    [InlineData("K\u00012")]
    [InlineData("}(")]
    [InlineData("cf\ng\n")]
    [InlineData(")\u0085\u0085\u0085")]
    public void Values_without_end_are_refused_before_they_fill_the_memory(string opcodes)
    {
        string pickle = string.Concat(Enumerable.Repeat(opcodes, 2_000_000 / opcodes.Length));

        Assert.Contains(
            "more values than a file of its size",
            Assert.Throws<RefusedException>(() => Read(pickle)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_long_list_made_into_many_dictionaries_is_refused()
    {
        string pairs = "](" + string.Concat(Enumerable.Repeat("K\u0001K\u0002\u0086", 2000)) + "eq\u0001";
        string pickle = pairs + string.Concat(Enumerable.Repeat("ccollections\nOrderedDict\nh\u0001\u0085R", 1000));

        Assert.Contains(
            "more values than a file of its size",
            Assert.Throws<RefusedException>(() => Read(pickle)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_large_dictionary_that_stands_in_many_places_is_looked_through_once()
    {
        // Looked through each time it would be 4e8 steps.
        string large = "}q\u0001(" + string.Concat(Enumerable.Range(0, 20_000).Select(_ => "K\u0001K\u0002")) + "u0";
        string many = "}(" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"U\u0005{i:00000}h\u0001")) + "u.";
        string path = _folder.File("many.pkl");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes("\u0080\u0002" + large + many));

        Assert.Contains(
            "it holds no tensors by name, but 00000 (a dictionary of 20000), ",
            Assert.Throws<SocoDataException>(() => WeightsFile.Open(path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_list_that_holds_itself_is_read()
    {
        var list = Assert.IsType<PickleList>(Read("]q\u0001h\u0001a."));

        Assert.Same(list, list.Items.Single());
    }

    private object? Read(string pickle)
    {
        string path = _folder.File("pickle");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(pickle));
        FileBytes file = FileBytes.Open(path);
        _open.Add(file);
        var budget = new PickleBudget(file.Length);
        var globals = new PickleGlobals(budget, _ => throw new FormatException("nested"));
        return new PickleMachine(
            new ByteReader(file.Whole),
            budget,
            globals,
            _ => throw new FormatException("its pickle refers to something outside of it")
        ).Run();
    }
}
