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
                PretrainStepBenchmark.Run(arch, int.Parse(batch), int.Parse(threads), python, rest is ["--out", string file] ? file : null);
                return 0;
            case ["detector", string batch, string threads, .. string[] rest]:
                DetectorBenchmark.Run(int.Parse(batch), int.Parse(threads), rest is [string peer, ..] ? peer : null, rest is [_, "--out", string target] ? target : null);
                return 0;
            default:
                Console.Error.WriteLine("Usage: proposals FOLDER [--out RESULT.json] | pretrain-step ARCH BATCH THREADS PYTHON [--out RESULT.json] | detector BATCH THREADS [PYTHON [--out RESULT.json]]");
                return 2;
        }
    }
}
