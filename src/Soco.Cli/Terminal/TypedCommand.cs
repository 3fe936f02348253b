using Soco.Distributed;

namespace Soco.Cli.Terminal;

/// <summary>The command of this process, as it was typed.</summary>
internal static class TypedCommand
{
    /// <summary>The command, quoted as a shell takes it.</summary>
    public static string Text => string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Prepend("soco").Select(ShellCommand.Quoted));

    /// <summary>Says how an interrupted job goes on.</summary>
    /// <param name="interruption">What interrupted it.</param>
    /// <returns>The exit code.</returns>
    public static int GoOnWith(Interruption interruption)
    {
        if (ProcessGroup.Current.IsFirst())
        {
            Console.Error.WriteLine(
                $"Go on with: {(ProcessGroup.Current.IsShared() ? $"mpirun -n {ProcessGroup.Current.Size} " : "")}{PlainText.Of(Text)}"
            );
        }

        return interruption.ExitCode;
    }
}
