using Soco.Cli;

return SocoCommandLine.Run(args);
