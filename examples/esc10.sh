#!/usr/bin/env bash
# ESC-10: folds 1 to 3 train, fold 4 validates, fold 5 tests. A clip has one class from end to end.
# Usage: examples/esc10.sh DATA [FOLDER FOR THE RESULTS]     (DATA holds esc10/)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$1/esc10
work=${2:-work/esc10}
recipe=${RECIPE:-$here/recipes/esc10.toml}
mkdir -p "$work"

python - "$data" "$work" <<'PYTHON'
import sys
import pandas as pd
import soundfile

data, work = sys.argv[1:]
meta = pd.read_csv(f"{data}/meta.csv")
ends = [soundfile.info(f"{data}/{name}").duration for name in meta["file"]]
spans = pd.DataFrame({"recording": meta["file"], "start_s": 0.0, "end_s": ends, "label": meta["class"]})
spans.to_csv(f"{work}/annotations.csv", index=False)
split = meta["fold"].map({4: "validation", 5: "test"}).fillna("train")
pd.DataFrame({"recording": meta["file"], "split": split}).to_csv(f"{work}/splits.csv", index=False)
PYTHON
detector extract "$work/annotations.csv" "$data" -r "$recipe" -o "$work/clips" --split "$work/splits.csv" --force
detector train "$work/clips" -o "$work/model" --licence 'CC BY 3.0, as the recordings' --force
awk -F, -v data="$data" '$2 == 5 { print data "/" $1 }' "$data/meta.csv" |
    detector scan - -m "$work/model" --scores "$work/scores.csv" --effort "$work/effort.csv" --force > "$work/detections.csv"
head -n 5 "$work/detections.csv"
