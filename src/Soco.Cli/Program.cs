using Soco.Cli;
using Soco.Cli.Terminal;
using Soco.Tensors.Native;

TorchRuntime.LimitSpinning();
ProcessGroup.PrepareConsole();
LastingWriter.Install();
return SocoCommandLine.Run(args);
