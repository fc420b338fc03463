"""Measure the product on real recordings: run the example pipelines and compare what they find with the annotations.

Usage: python examples/quality.py DATA WORK [zebra-finch] [esc10] [boobook]

Prints one Markdown table. Test recordings are used for nothing but these figures; seeds are fixed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torchmetrics.functional.classification import binary_average_precision

from detector.annotations.formats import read_annotations
from detector.annotations.table import ReadOptions
from detector.evaluation.events import count
from detector.events import Event

HERE = Path(__file__).resolve().parent
DRAWS = 2000  # of the bootstrap


def run(script: str, data: Path, work: Path, **environment: str) -> float:
    """Run an example pipeline; give the seconds that it took."""
    started = time.monotonic()
    work.mkdir(parents=True, exist_ok=True)
    with (work / "log.txt").open("w", encoding="utf-8") as log:
        subprocess.run([HERE / script, data, work], check=True, env=os.environ | environment, stdout=log, stderr=log)
    return time.monotonic() - started


def by_recording(table: Path, recordings: list[Path]) -> dict[str, list[Event]]:
    """Read a table's events by the recording's name."""
    events: dict[str, list[Event]] = defaultdict(list)
    for row in read_annotations(table, recordings, ReadOptions()).annotations:
        assert row.recording is not None
        events[row.recording.name].append(row.event)
    return events


def zebra_finch(data: Path, work: Path) -> list[str]:
    """Syllable or not, everything but `n`: events of the test recordings matched one-to-one."""
    seconds = run("zebra-finch.sh", data, work)
    splits = pd.read_csv(data / "zebra-finch" / "recordings.csv")
    recordings = [data / "zebra-finch" / name for name in splits.loc[splits["split"] == "test", "recording"]]
    reference = {
        name: [Event(e.start_s, e.end_s, "syllable") for e in events if e.label != "n"]
        for name, events in by_recording(data / "zebra-finch" / "annotations.csv", recordings).items()
    }
    estimated = by_recording(work / "detections.csv", recordings)
    rows = []
    for least in (0.5, 0.8):
        figures = count(reference, estimated, least)["syllable"]
        rows.append(
            f"| zebra finch | {len(recordings)} test recordings | F1 of syllables at IoU {least} | {figures.f1:.3f} "
            f"(precision {figures.precision:.3f}, recall {figures.recall:.3f}) | {seconds:.0f} s |"
        )
    return rows


def esc10(data: Path, work: Path) -> list[str]:
    """One class a clip: the highest mean score of its windows."""
    seconds = run("esc10.sh", data, work)
    scores = pd.read_csv(work / "scores.csv")
    labels = [name for name in scores.columns if name not in ("recording", "channel", "start_s", "end_s")]
    said = scores.groupby("recording")[labels].mean().idxmax(axis=1)
    meta = pd.read_csv(data / "esc10" / "meta.csv").set_index("file")["class"]
    right = [meta["/".join(Path(name).parts[-2:])] == label for name, label in said.items()]
    return [f"| ESC-10 | fold 5, {len(right)} clips | right | {np.mean(right):.1%} | {seconds:.0f} s |"]


def boobook(data: Path, work: Path) -> list[str]:
    """Sites held out in turn: average precision of recordings by their highest score."""
    folder = data / "boobook"
    recordings = sorted(folder.rglob("*.flac"))
    sites = sorted({site_of(path) for path in recordings})
    found: dict[str, tuple[bool, float]] = {}
    seconds = 0.0
    positive = {path.name for path in (folder / "positive").glob("*.flac")}
    counts = Counter(site_of(folder / name) for name in positive)
    calling = sorted(counts, key=lambda other: (counts[other], other))  # the site with the fewest recordings of calls
    for site in sites:
        validation = next(other for other in calling if other != site)
        split = {site: "test", validation: "validation"}
        table = pd.DataFrame({"recording": [path.relative_to(folder).as_posix() for path in recordings]})
        table["split"] = [split.get(site_of(path), "train") for path in recordings]
        place = work / site
        place.mkdir(parents=True, exist_ok=True)
        table.to_csv(place / "split.csv", index=False)
        seconds += run("boobook.sh", data, place, SPLIT=str(place / "split.csv"))
        scores = pd.read_csv(place / "scores.csv").groupby("recording")["boobook"].max()
        for name, score in scores.items():
            path = Path(name)
            if site_of(path) == site and path.name.replace(" (1)", "") not in found:
                found[path.name.replace(" (1)", "")] = (path.name in positive, score)
    truth = np.array([is_call for is_call, _ in found.values()])
    score = np.array([value for _, value in found.values()])
    low, middle, high = interval(truth, score)
    tested = f"{len(found)} recordings, {len(sites)} sites held out in turn"
    value = f"{middle:.3f} (95 % interval {low:.3f} to {high:.3f})"
    return [f"| boobook | {tested} | average precision per recording | {value} | {seconds:.0f} s |"]


def site_of(path: Path) -> str:
    """Name the site of a boobook recording: its name up to the third number."""
    return path.name.split("_30_0")[0].rsplit("_", 3)[0]


def interval(truth: np.ndarray, score: np.ndarray) -> tuple[float, float, float]:
    """Measure average precision, with its 95 % interval by bootstrap over recordings."""
    rng = np.random.default_rng(0)
    values = []
    for _ in range(DRAWS):
        drawn = rng.integers(0, len(truth), len(truth))
        if truth[drawn].any():
            values.append(average_precision(truth[drawn], score[drawn]))
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), average_precision(truth, score), float(high)


def average_precision(truth: np.ndarray, score: np.ndarray) -> float:
    """Measure the area under the precision-recall steps."""
    return float(binary_average_precision(torch.from_numpy(score), torch.from_numpy(truth).long()))


TASKS = {"zebra-finch": zebra_finch, "esc10": esc10, "boobook": boobook}


def main() -> None:
    """Run the tasks that the command line names, or all."""
    data, work = Path(sys.argv[1]), Path(sys.argv[2])
    lines = ["| set | tested on | figure | value | extract, train and scan |", "|---|---|---|---|---|"]
    for name in sys.argv[3:] or TASKS:
        lines += TASKS[name](data, work / name)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
