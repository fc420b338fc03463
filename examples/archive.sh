#!/usr/bin/env bash
# Scan an archive of any size in a shell pipeline: name the recordings with find, count the detections with awk.
# Usage: examples/archive.sh FOLDER [FOLDER FOR THE RESULTS]
set -euo pipefail
archive=${1:-$(cd "$(dirname "$0")" && pwd)/recordings}
work=${2:-work/archive}
mkdir -p "$work"

find "$archive" -type f \( -iname '*.wav' -o -iname '*.flac' \) | sort |
    detector scan - -m "${MODEL:-call-activity}" --effort "$work/effort.csv" --force |
    tee "$work/detections.csv" |
    awk -F, 'NR > 1 { calls[$1]++ } END { for (recording in calls) print calls[recording] "\t" recording }' |
    sort -rn > "$work/counts.tsv"
head -n 10 "$work/counts.tsv"
