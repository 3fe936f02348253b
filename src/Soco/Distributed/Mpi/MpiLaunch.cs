namespace Soco.Distributed.Mpi;

/// <summary>How a launcher of MPI tells the processes that it starts that they are some of many.</summary>
internal static class MpiLaunch
{
    private static readonly string[] s_sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PRTE_NUM_PROCS", "SLURM_STEP_NUM_TASKS"];

    private static readonly string[] s_signs = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"];

    /// <summary>Whether a launcher of Open MPI started this process; MPICH's and Slurm's leave it open.</summary>
    public static bool IsOfOpenMpi => Variable("OMPI_COMM_WORLD_SIZE") is not null;

    /// <summary>Whether a launcher of MPICH, or one that speaks its protocol, started this process.</summary>
    public static bool IsOfMpich => Variable("PMI_RANK") is not null && !IsOfOpenMpi;

    /// <summary>Whether this process is one of several, or was started as one by a launcher of MPI.</summary>
    public static bool IsLaunched => Array.Exists(s_signs, sign => Variable(sign) is not null) || IsOfSlurmAlone;

    /// <summary>The number of processes that the launcher was asked for; 1 where it does not say.</summary>
    public static int AskedSize =>
        s_sizes.Select(name => int.TryParse(Variable(name), out int size) ? size : 1).FirstOrDefault(size => size > 1, 1);

    /// <summary>Slurm started several processes without telling them of each other.</summary>
    private static bool IsOfSlurmAlone =>
        Variable("SLURM_PROCID") is not null && int.TryParse(Variable("SLURM_STEP_NUM_TASKS"), out int tasks) && tasks > 1;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name);
}
