namespace Soco.Benchmarks;

/// <summary>Timings that anyone can repeat: one command for each part of the program that has a time to keep.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        switch (args)
        {
            case ["proposals", string folder]:
                ProposalBenchmark.Run(folder, resultFile: null);
                return 0;
            case ["proposals", string folder, "--out", string resultFile]:
                ProposalBenchmark.Run(folder, resultFile);
                return 0;
            case ["pretrain-step", string arch, string batch, string threads, string python, .. string[] rest]:
                PretrainStepBenchmark.Run(arch, int.Parse(batch), int.Parse(threads), python, rest is ["--out", string stepFile] ? stepFile : null);
                return 0;
            case ["load", string python, .. string[] rest]:
                LoadBenchmark.Run(python, rest is ["--out", string loadFile] ? loadFile : null);
                return 0;
            case ["load-once", string file]:
                LoadBenchmark.RunOnce(file);
                return 0;
            default:
                Console.Error.WriteLine("Usage: proposals FOLDER [--out RESULT.json] | pretrain-step ARCH BATCH THREADS PYTHON [--out RESULT.json] | load PYTHON [--out RESULT.json]");
                return 2;
        }
    }
}
