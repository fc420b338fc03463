"""ESC-10: one class a clip, five published folds."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import soundfile

from detector.evaluation.figures import Figure
from trials.trial import SCORES, Ask, Bench, Figures, Trial, rows, write_annotations, write_splits

FOLDS = ("1", "2", "3", "4", "5")
NO_LABEL = ("recording", "channel", "start_s", "end_s")


def scored_fold(fold: str, development: bool) -> str:
    """Name the fold that is scored: the fold itself, in development the next one, so that all are scored once."""
    return str(int(fold) % len(FOLDS) + 1) if development else fold


def trials(ask: Ask) -> list[Trial]:
    """Hold each fold out in turn; learn from all others, in development without the one that is scored, either."""
    folder = ask.data / "esc10"
    meta = rows(folder / "meta.csv")
    ends = {row["file"]: soundfile.info(folder / row["file"]).duration for row in meta}
    found = []
    for fold in FOLDS:
        scored = scored_fold(fold, ask.development)
        learnt = [row for row in meta if row["fold"] not in (fold, scored)]
        spans = [(row["file"], 0.0, ends[row["file"]], row["class"]) for row in learnt]
        annotations = write_annotations(ask.tables / fold / "annotations.csv", spans)
        splits = write_splits(ask.tables / fold / "splits.csv", {row["file"]: "train" for row in learnt})
        clips = tuple(folder / row["file"] for row in meta if row["fold"] == scored)
        words = (annotations, folder, "--split", splits)
        found.append(Trial(fold, words, clips, ("--scores", SCORES), "CC BY 3.0, as the recordings"))
    return found


def measure(ask: Ask, _part: str, scan: Path) -> Figures:
    """Accuracy: a clip is of the class that has the highest score, averaged over windows."""
    classes = {Path(row["file"]).name: row["class"] for row in rows(ask.data / "esc10" / "meta.csv")}
    scores: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(scan / SCORES):
        scores[Path(row["recording"]).name].append(row)
    labels = [name for name in next(iter(scores.values()))[0] if name not in NO_LABEL]
    means = {
        name: np.mean([[float(row[label]) for label in labels] for row in of], axis=0) for name, of in scores.items()
    }
    right = [labels[int(np.argmax(mean))] == classes[name] for name, mean in means.items()]
    return {"accuracy": Figure(float(np.mean(right))), "clips": Figure(len(right))}


ESC10 = Bench("esc10", "esc10", (0,), ("accuracy",), trials, measure)
