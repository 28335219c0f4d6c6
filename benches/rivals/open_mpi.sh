#!/usr/bin/env bash
# Times all-reduce in Open MPI with each of its algorithms, all ranks on this machine.
#
#   open_mpi.sh RANKS REPETITIONS BYTES...
#
# Prints "bytes,algorithm,microseconds" lines. Exits with 3 if Open MPI is not installed.
set -euo pipefail
command -v mpicc >/dev/null && command -v mpirun >/dev/null || exit 3
ranks=$1 repetitions=$2
shift 2
program=$(mktemp)
trap 'rm -f "$program"' EXIT
mpicc -O2 -o "$program" "$(dirname "$0")/all_reduce.c"

# Numbers of Open MPI's tuned component; 0 is its own choice.
algorithms=(default basic_linear nonoverlapping recursive_doubling ring segmented_ring rabenseifner)
for number in 0 3 4 5 6; do
    # The segmented ring is wrong for fewer elements than ranks, and no faster below a segment.
    mpirun --allow-run-as-root --oversubscribe -np "$ranks" \
        --mca coll_tuned_use_dynamic_rules 1 --mca coll_tuned_allreduce_algorithm "$number" \
        "$program" "$repetitions" "$@" 2>/dev/null |
        sed "s/,/,${algorithms[number]},/"
done
