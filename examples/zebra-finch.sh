#!/usr/bin/env bash
# Syllables of a zebra finch: train on the recordings that recordings.csv names for it, scan those it keeps for testing.
# Usage: examples/zebra-finch.sh DATA [FOLDER FOR THE RESULTS]     (DATA holds zebra-finch/)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$1/zebra-finch
work=${2:-work/zebra-finch}
recipe=${RECIPE:-$here/recipes/zebra-finch.toml}
mkdir -p "$work"

detector extract "$data/annotations.csv" "$data" -r "$recipe" -o "$work/clips" --rename '*=syllable' \
    --background-label n --fully-annotated --split "$data/recordings.csv" --plot "$work/clips.png" --force
detector train "$work/clips" -o "$work/model" --licence 'MIT, as the recordings' --force
awk -F, -v data="$data" '$2 == "test" { print data "/" $1 }' "$data/recordings.csv" |
    detector scan - -m "$work/model" --effort "$work/effort.csv" --force > "$work/detections.csv"
head -n 5 "$work/detections.csv"
