using Soco.Cli;
using Soco.Cli.Terminal;

LastingWriter.Install();
return SocoCommandLine.Run(args);
