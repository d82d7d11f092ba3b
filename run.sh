#!/usr/bin/env bash
# The main job, from a log of views to recommendations: on a simulated feed, or with --data DIR on a MovieLens-1M folder.
# Everything after that goes to the sample (./run.sh --help).
set -euo pipefail
cd "$(dirname "$0")"
source eng/packages.sh
sample=samples/QuickStart
for argument in "$@"; do
    case $argument in --data | --data=*) sample=samples/MovieLens ;; esac
done
# idle OpenMP threads sleep instead of spinning: libtorch and ONNX Runtime share the cores
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
exec dotnet run -c Release --project "$sample" -- "$@"
