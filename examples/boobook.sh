#!/usr/bin/env bash
# Boobook owl calls in field recordings. The tables' Annotation column is empty, so the label comes from here; sites,
# which the file names begin with, are kept in one split; what neg_2's tables box, between calls that no table has, is confusing, not
# a call, and nothing is known of the rest; neg_1 is free of calls.
# Usage: examples/boobook.sh DATA [FOLDER FOR THE RESULTS]     (DATA holds boobook/)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$1/boobook
work=${2:-work/boobook}
recipe=${RECIPE:-$here/recipes/boobook.toml}
mkdir -p "$work"

detector extract "$data/positive" "$data" -r "$recipe" -o "$work/clips" --label boobook --fully-annotated \
    --background "$data/negative/neg_1" --confusing "$data/negative/neg_2" --negatives 8 \
    --group '^(.+?_[0-9]+_[0-9]+)_' --plot "$work/clips.png" ${SPLIT:+--split "$SPLIT"} --force
detector train "$work/clips" -o "$work/model" --licence 'CC BY-SA 4.0, as the recordings' --force
find "$data" -name '*.flac' | sort |
    detector scan - -m "$work/model" --scores "$work/scores.csv" --effort "$work/effort.csv" --force > "$work/detections.csv"
head -n 5 "$work/detections.csv"
