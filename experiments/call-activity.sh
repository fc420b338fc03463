#!/usr/bin/env bash
# Make the training set of the embedded model, and the model, again. Takes about a quarter of an hour on two cores.
# Usage: experiments/call-activity.sh DATA [FOLDER FOR THE RESULTS]     (DATA holds esc10/, zebra-finch/ and boobook/)
# The model is WORK/call-activity; to ship it: cp WORK/call-activity/* models/call-activity/
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$1
work=${2:-work/call-activity}
recipe=${RECIPE:-call-activity}
hours=${HOURS:-4.5}
set=$work/set-of-$hours-h
mkdir -p "$work"

if [ ! -e "$set" ]; then
    rm -rf "$set.partial"
    python "$here/call_activity.py" "$data" "$set.partial" --hours "$hours" --seed 1
    mv "$set.partial" "$set"
fi
detector extract "$set/annotations.csv" "$set" -r "$recipe" -o "$work/clips" --fully-annotated \
    --background "$set/background" --split "$set/splits.csv" --negatives 300 --plot "$work/clips.png" --force
detector train "$work/clips" -o "$work/call-activity" --about "$here/call-activity.toml" \
    --licence "CC BY-SA 4.0 (made sounds, and recordings under MIT, CC BY 3.0 and CC BY-SA 4.0: see below)" --resume --force
