#!/usr/bin/env bash
# Builds everything and passes the tests; further arguments go to dotnet test: ./test.sh --filter FullyQualifiedName~Sequences
set -euo pipefail
cd "$(dirname "$0")"
source eng/packages.sh
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
# dotnet test builds what the tests need; the other samples and the benchmarks must build as well
dotnet build Microsoft.ML.NegativeFeedback.sln -c Release --nologo -v quiet
# one project after another: each takes all the cores
exec dotnet test Microsoft.ML.NegativeFeedback.sln -c Release --nologo -m:1 "$@"
