using Soco.Cli;


LastingWriter.Install();
return SocoCommandLine.Run(args);
