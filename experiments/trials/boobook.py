"""Boobook owls: one site left out at a time; the detections of all sites are measured as one.

The tables of `positive` box calls, those of `negative/neg_2` box what lies between calls: other sounds, or none. Calls
in these recordings are in no table, so outside the boxes nobody knows, and `negative/neg_1` alone is free of calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from detector.audio.reading import read_header
from detector.errors import RecordingError
from detector.events import complement
from detector.labels import LabelRules
from detector.tables.formats import read_annotations
from detector.tables.table import ReadOptions
from trials.trial import POOLED, Ask, Bench, Figures, Span, Trial, compared, write_annotations, write_splits

SITE = r"^(.+?_[0-9]+_[0-9]+)_"
LABEL = "boobook"
UNSURE = "UNK"
CALLS = "positive"
FREE = "negative/neg_1"
BETWEEN = "negative/neg_2"
LAX = 0.2  # the threshold of scans: lower, whole recordings become one event (development); higher, recall is lost
IOU = 0.3


def site_of(path: Path) -> str:
    """Name the site of a recording or a table: its name up to the third number."""
    return path.name.split("_30_0")[0].rsplit("_", 3)[0]


def recordings_of(folder: Path) -> list[Path]:
    """List recordings once each: some have two names or lie in two folders; those with calls come first."""
    found = sorted(folder.rglob("*.flac"), key=lambda path: (CALLS not in path.parts, "(" in path.name, path))
    return sorted({path.name.replace(" (1)", ""): path for path in reversed(found)}.values())


def calling_sites(folder: Path) -> list[str]:
    """List the sites that have calls, those with the fewest recordings of calls first."""
    counts = Counter(site_of(path) for path in (folder / CALLS).glob("*.flac"))
    return sorted(counts, key=lambda site: (counts[site], site))


def validation_sites(folder: Path, development: bool) -> dict[str, str]:
    """Give each site that is held out the one that validates.

    For the final figures, that is the site with the fewest recordings of calls, so that training keeps most. In
    development the sites with calls validate in turn, so that all are scored; one with few stands beside one with many,
    so that always as many are left to train on.
    """
    calling = calling_sites(folder)
    if not development:
        sites = sorted({site_of(path) for path in recordings_of(folder)})
        return {site: next(other for other in calling if other != site) for site in sites}
    half = len(calling) // 2
    ring = [site for pair in zip(calling[:half], calling[half:]) for site in pair]
    return dict(zip(ring, [*ring[1:], ring[0]]))


def trials(ask: Ask) -> list[Trial]:
    """Hold each site out in turn."""
    folder = ask.data / "boobook"
    found = []
    for site, validation in sorted(validation_sites(folder, ask.development).items()):
        view = without(folder, site, ask.tables / site)
        splits = {
            path.relative_to(folder).as_posix(): "validation" if site_of(path) == validation else "train"
            for path in sorted(folder.rglob("*.flac"))
            if site_of(path) != site
        }
        table = write_splits(ask.tables / f"{site}.csv", splits)
        words = (view / CALLS, view, "--label", LABEL, "--fully-annotated", "--background", view / FREE)
        more = ("--confusing", view / BETWEEN, "--negatives", 8, "--group", SITE, "--split", table)
        scored = validation if ask.development else site
        heard = tuple(path for path in recordings_of(folder) if site_of(path) == scored)
        found.append(Trial(site, (*words, *more), heard, ("--threshold", LAX), "CC BY-SA 4.0, as the recordings"))
    return found


def without(folder: Path, site: str, view: Path) -> Path:
    """Make a folder of links to the recordings and tables of all sites but one."""
    for path in sorted(folder.rglob("*_30_0*")):
        if site_of(path) != site:
            link_to(path, view / path.relative_to(folder))
    return view


def link_to(path: Path, link: Path) -> None:
    """Make a link, unless another process was faster."""
    link.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        link.symlink_to(path.resolve())


def truth(folder: Path, place: Path) -> Path:
    """Make a folder of tables: those of the calls, and one of all spans where nobody knows."""
    for table in sorted((folder / CALLS).glob("*.txt")):
        link_to(table, place / table.name)
    write_annotations(place / "unsure.csv", unsure(folder))
    return place


def unsure(folder: Path) -> Iterator[Span]:
    """Give what lies outside the boxes of recordings that are boxed between calls, if their calls are in no table."""
    annotated = {path.name for path in (folder / CALLS).glob("*.flac")}
    recordings = sorted(path for path in (folder / BETWEEN).glob("*.flac") if path.name not in annotated)
    boxes = read_annotations(folder / BETWEEN, recordings, ReadOptions(label=LABEL)).annotations
    for path in recordings:
        header = read_header(path)
        if header.n_frames is None:
            raise RecordingError(f"{path}: its header does not say how long it is")
        spans = [(row.event.start_s, row.event.end_s) for row in boxes if row.recording == path]
        for start_s, end_s in complement(spans, 0.0, header.n_frames / header.sample_rate):
            yield path.name, start_s, end_s, UNSURE


def measure(ask: Ask, part: str, scan: Path) -> Figures:
    """Tell average precision of events and of recordings and recall, with intervals where all sites are pooled."""
    draws = 1000 if part == POOLED else 0
    rules = LabelRules(uncertain=frozenset({UNSURE}))
    annotations = truth(ask.data / "boobook", ask.tables / "truth")
    told = compared(annotations, scan, IOU, rules, label=LABEL, draws=draws).overall.figures
    return {shown: told[name] for name, shown in NAMES.items() if name in told and told[name].value is not None}


NAMES = {
    "average_precision": "average precision of events",
    "clip_average_precision": "average precision of recordings",
    "recall_at_10_per_hour": "recall at 10 false alarms per hour",
}
BOOBOOK = Bench("boobook", "boobook", (0, 1, 2), tuple(NAMES.values()), trials, measure, pooled=True)
