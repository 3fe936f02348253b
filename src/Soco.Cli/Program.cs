using Soco.Cli;
using Soco.Cli.Terminal;

ProcessGroup.PrepareConsole();
LastingWriter.Install();
return SocoCommandLine.Run(args);
