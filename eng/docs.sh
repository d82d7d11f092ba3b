#!/usr/bin/env bash
# Writes the API reference and the pages of docs to artifacts/docs, with docfx: a broken link or reference is an error. eng/docs.sh --serve shows them at http://localhost:8080.
set -euo pipefail
cd "$(dirname "$0")/.."
source eng/packages.sh
dotnet tool restore
rm -rf artifacts/docs artifacts/api
exec dotnet docfx docfx.json --warningsAsErrors "$@"
