#!/usr/bin/env bash
# The main job, from a log of views to recommendations: on a simulated feed (samples/QuickStart), or with arguments on a MovieLens-1M folder (samples/MovieLens).
set -euo pipefail
sample=samples/QuickStart
if [[ $# -gt 0 ]]; then
    sample=samples/MovieLens
fi
for argument in "$@"; do
    if [[ $argument == --help || $argument == -h ]]; then
        cat <<'END'
Usage: ./run.sh                  the quick start: trains and evaluates on a simulated short-video feed
       ./run.sh --data DIR …     PNFRec and its baselines on a MovieLens-1M folder, as published; all arguments go to samples/MovieLens:

END
        break
    fi
done

# what arguments name is in the caller's folder
repository=$(cd "$(dirname "$0")" && pwd)
source "$repository/eng/packages.sh"
# idle OpenMP threads sleep instead of spinning: libtorch and ONNX Runtime share the cores
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
exec dotnet run -c Release --project "$repository/$sample" -- "$@"
