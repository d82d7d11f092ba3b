#!/usr/bin/env bash
# The packages' public members stand in src/*/PublicAPI.*.txt; the build says RS0016 where one is missing and RS0017 where one is gone.
#   eng/public-api.sh           writes down what is public now; what was published before (PublicAPI.Shipped.txt) stays, and what of it is gone remains an error
#   eng/public-api.sh shipped   after a version was published: what PublicAPI.Unshipped.txt has moves to PublicAPI.Shipped.txt
set -euo pipefail
cd "$(dirname "$0")/.."
source eng/packages.sh
case ${1:-} in
    '' | shipped) ;;
    *) sed -n '2,4s/^# *//p' "$0" >&2; exit 2 ;;
esac
header='#nullable enable'
for folder in src/*/; do
    shipped=${folder}PublicAPI.Shipped.txt unshipped=${folder}PublicAPI.Unshipped.txt
    if [ "${1:-}" = shipped ]; then
        removed=$(sed -n 's/^\*REMOVED\*//p' "$unshipped")
        { echo "$header"; grep -hv '^[#*]' "$shipped" "$unshipped" | grep -vxF "$removed" | LC_ALL=C sort -u; } >"$shipped.whole"
        mv "$shipped.whole" "$shipped"
        echo "$header" >"$unshipped"
    else
        { echo "$header"; grep '^\*REMOVED\*' "$unshipped" || true; } >"$unshipped.whole"
        mv "$unshipped.whole" "$unshipped"
        dotnet format analyzers "$folder" --diagnostics RS0016
    fi
done
