#!/usr/bin/env bash
# Asks the package feed by a restore whether it has Microsoft.ML.Recommender and Microsoft.ML.AutoML, and switches the build to the stand-ins where it lacks them.
# run.sh and test.sh source it. It installs nothing.
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
enabled="$repository/eng/stand-ins/.enabled"
command -v dotnet >/dev/null || { echo "The .NET 10 SDK is needed: 'dotnet' was not found on the PATH." >&2; exit 1; }
if [ ! -f "$enabled" ]; then
    log=$(dotnet restore "$repository/src/Microsoft.ML.NegativeFeedback.AutoML" -p:UseStandIns=false -v q --nologo 2>&1) || {
        if grep -E 'error NU11' <<<"$log" | grep -qvE 'Microsoft\.ML\.(Recommender|AutoML)' || ! grep -qE 'error NU110[1-3]' <<<"$log"; then
            printf 'Restoring failed for another reason than the two packages that have a stand-in:\n%s\n' "$log" >&2
            exit 1
        fi
        touch "$enabled"
    }
fi
if [ -f "$enabled" ]; then
    echo "Packages: the feed lacks Microsoft.ML.Recommender or Microsoft.ML.AutoML; using eng/stand-ins for the two."
fi
