#!/usr/bin/env bash
# From annotated recordings to a table of detections, on the made sounds in examples/recordings.
# Usage: examples/quick-start.sh [FOLDER FOR THE RESULTS]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-work/quick-start}
recipe=${RECIPE:-$here/recipes/quick-start.toml}
mkdir -p "$work"

detector extract "$here/recordings" "$here/recordings" -r "$recipe" -o "$work/clips" \
    --rename '*=call' --fully-annotated --fractions 0.6,0.2,0.2 --plot "$work/clips.png" --force
detector train "$work/clips" -o "$work/model" --force
detector scan "$here/recordings" -m "$work/model" --effort "$work/effort.csv" --force > "$work/detections.csv"
head -n 5 "$work/detections.csv"
