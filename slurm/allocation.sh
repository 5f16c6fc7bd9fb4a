#!/bin/bash
# sbatch slurm/allocation.sh [what to make]
# The whole workflow inside one job: no queue and no start of Snakemake for each short run.
# Options of the command line win: sbatch --partition=general --account=physics123 --cpus-per-task=32 ...
#SBATCH --job-name=lgi
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=16G
#SBATCH --time=4:00:00
# As Ctrl-C a minute before the end: what is complete stays, and the same command goes on from there.
#SBATCH --signal=B:INT@60
exec .venv/bin/snakemake --cores "$SLURM_CPUS_PER_TASK" "$@"
