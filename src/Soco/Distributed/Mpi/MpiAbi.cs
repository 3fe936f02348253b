namespace Soco.Distributed.Mpi;

/// <summary>
/// The constants of an MPI library. Handles of Open MPI are addresses of its symbols, those of MPICH and its kin are integers, and MPI 5
/// fixes one set (MPI 5.0, chapter 20). All fit a register, so that one set of signatures calls all three.
/// </summary>
/// <param name="World">MPI_COMM_WORLD.</param>
/// <param name="Byte">MPI_BYTE.</param>
/// <param name="Float">MPI_FLOAT.</param>
/// <param name="Double">MPI_DOUBLE.</param>
/// <param name="Sum">MPI_SUM.</param>
/// <param name="InPlace">MPI_IN_PLACE.</param>
/// <param name="StatusIgnore">MPI_STATUS_IGNORE.</param>
/// <param name="Serialized">MPI_THREAD_SERIALIZED.</param>
internal sealed record MpiAbi(nint World, nint Byte, nint Float, nint Double, nint Sum, nint InPlace, nint StatusIgnore, int Serialized)
{
    /// <summary>MPICH since 3.1, Intel MPI and MVAPICH, which share it (MPICH ABI compatibility initiative).</summary>
    public static MpiAbi Mpich { get; } = new(0x44000000, 0x4c00010d, 0x4c00040a, 0x4c00080b, 0x58000003, -1, 1, 2);

    /// <summary>MPI 5's own.</summary>
    public static MpiAbi Standard { get; } = new(0x101, 0x247, 0x210, 0x214, 0x21, 1, 0, 2048);

    /// <summary>Open MPI 4 and 5.</summary>
    /// <param name="address">Finds a symbol.</param>
    public static MpiAbi OpenMpi(Func<string, nint> address) =>
        new(
            address("ompi_mpi_comm_world"),
            address("ompi_mpi_byte"),
            address("ompi_mpi_float"),
            address("ompi_mpi_double"),
            address("ompi_mpi_op_sum"),
            1,
            0,
            2
        );
}
