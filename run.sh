#!/usr/bin/env bash
# The main job, from a log of views to recommendations: on a simulated feed, or with --data DIR on a MovieLens-1M folder.
# ./run.sh --help tells the arguments.
set -euo pipefail
usage() {
    cat <<'END'
Usage: ./run.sh                       the quick start: trains and evaluates on a simulated short-video feed
       ./run.sh --data DIR [OPTION]   PNFRec and its baselines on a MovieLens-1M folder, as published
With --data:
  --data DIR         folder with ratings.dat
  --model NAME       pnfrec (default), pnfrec_pn, pnfrec_pc, sasrec_p, sasrec, sasrec_c
  --seed N           default 1
  --epochs N         at most so many; default 100
  --threads N        default: torch decides
  --checkpoint FILE  write a checkpoint after every epoch, and go on from it where it exists
  --output DIR       where the model is written; default output
END
}

sample=samples/QuickStart
for argument in "$@"; do
    case $argument in
        --help | -h) usage; exit ;;
        --data | --data=*) sample=samples/MovieLens ;;
    esac
done
if [[ $sample == samples/QuickStart && $# -gt 0 ]]; then
    echo "Without --data there are no arguments, but '$1' is given." >&2
    usage >&2
    exit 2
fi

cd "$(dirname "$0")"
source eng/packages.sh
# idle OpenMP threads sleep instead of spinning: libtorch and ONNX Runtime share the cores
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
exec dotnet run -c Release --project "$sample" -- "$@"
