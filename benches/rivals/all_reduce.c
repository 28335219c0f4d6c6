/* Times MPI_Allreduce of f32 sums: one line "bytes,microseconds" per size given in bytes, the least
 * time over a number of repetitions, each the time of its slowest rank. Buffers are touched first. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    int repetitions = atoi(argv[1]);
    for (int i = 2; i < argc; i++) {
        long bytes = atol(argv[i]);
        int count = (int)(bytes / sizeof(float));
        float *in = malloc(bytes), *out = malloc(bytes);
        for (int j = 0; j < count; j++) {
            in[j] = (float)(rank + j % 7);
            out[j] = 0;
        }
        double best = 1e9;
        for (int repetition = 0; repetition < repetitions + 2; repetition++) {
            MPI_Barrier(MPI_COMM_WORLD);
            double start = MPI_Wtime();
            MPI_Allreduce(in, out, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
            double own = MPI_Wtime() - start, slowest;
            MPI_Allreduce(&own, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
            if (repetition >= 2 && slowest < best) {
                best = slowest;
            }
        }
        if (rank == 0) {
            printf("%ld,%.2f\n", bytes, best * 1e6);
        }
        free(in);
        free(out);
    }
    MPI_Finalize();
    return 0;
}
