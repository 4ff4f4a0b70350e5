#!/bin/sh
# As kubernetes.yaml, for Slurm: an array of eight tasks on a file system that all of them see.
#SBATCH --job-name=cutaway
#SBATCH --array=0-7
#SBATCH --cpus-per-task=2
cd "$SLURM_SUBMIT_DIR" || exit 2
cutaway scan --from images.txt --format json \
  --shard "$SLURM_ARRAY_TASK_ID/8" --shard-by base \
  --cache-dir cache --resume "part-$SLURM_ARRAY_TASK_ID.jsonl"
status=$?
case $status in 0|1|5) exit 0 ;; *) exit $status ;; esac
