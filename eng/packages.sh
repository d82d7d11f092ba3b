#!/usr/bin/env bash
# Finds out, by restoring, whether the package feeds of this machine carry Microsoft.ML and TorchSharp. Where they do not, switches the
# build to the stand-ins of eng/offline and installs what those need (Debian, as root). Says in one line what it found.
# run.sh and test.sh source it; delete eng/offline/.enabled to have it look again.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
enabled="$repository/eng/offline/.enabled"

command -v dotnet >/dev/null || { echo "The .NET 10 SDK is needed: 'dotnet' was not found on the PATH." >&2; exit 1; }

if [ ! -f "$enabled" ]; then
    log=$(mktemp)
    if dotnet restore "$repository/src/Microsoft.ML.NegativeFeedback" -p:OfflinePackages=false -v q --nologo >"$log" 2>&1; then
        rm -f "$log"
        echo "Packages: Microsoft.ML and TorchSharp from the package feed."
        return 0 2>/dev/null || exit 0
    fi
    if ! grep -qE 'NU110[1-3]' "$log"; then
        echo "Restoring failed for another reason than a missing package:" >&2
        cat "$log" >&2
        exit 1
    fi
    rm -f "$log"
fi

# what the stand-ins are built from: libtorch with a fast BLAS, a C++ compiler, and npm for ONNX Runtime's binding
missing=()
command -v g++ >/dev/null || missing+=(g++)
[ -f /usr/include/ATen/ATen.h ] || missing+=(libtorch-dev)
compgen -G '/usr/lib/*/openblas-openmp/libblas.so.3' >/dev/null || missing+=(libopenblas0-openmp)
command -v npm >/dev/null || missing+=(nodejs npm)
if [ ${#missing[@]} -gt 0 ]; then
    echo "Installing for the offline packages: ${missing[*]}"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 || {
        echo "Installing ${missing[*]} failed. Install them by hand (apt-get install ${missing[*]}), or use a package feed with Microsoft.ML and TorchSharp." >&2
        exit 1
    }
fi
touch "$enabled"
echo "Packages: the feed lacks Microsoft.ML or TorchSharp; using the offline stand-ins of eng/offline."
