#!/usr/bin/env bash
# Packs both packages, with their symbols, into artifacts/packages. Where the feed lacks the two packages that have stand-ins, what comes out is for trying out only, and its version says so.
# Further arguments go to dotnet pack: eng/pack.sh -p:RepositoryUrl=https://…
set -euo pipefail
cd "$(dirname "$0")/.."
source eng/packages.sh
projects=(src/Microsoft.ML.NegativeFeedback src/Microsoft.ML.NegativeFeedback.AutoML)
options=()
if [ -f eng/stand-ins/.enabled ]; then
    projects+=(eng/stand-ins/Microsoft.ML.Recommender eng/stand-ins/Microsoft.ML.AutoML)
    options+=(-p:PackForTest=standins)
fi
# the same commit gives the same packages, to the bit
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
rm -rf artifacts/packages
for project in "${projects[@]}"; do
    # built apart, so that no path of this machine gets into what is packed, nor this build's output into the way of others
    dotnet pack "$project" -c Release --nologo -v quiet --artifacts-path artifacts/pack -o artifacts/packages -p:ContinuousIntegrationBuild=true ${options[@]+"${options[@]}"} "$@"
done
ls artifacts/packages
