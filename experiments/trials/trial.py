"""What a trial is: recordings to learn from, recordings to be scored on, and the figures that are told."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from detector.errors import ConfigurationError
from detector.evaluation.evaluate import evaluate
from detector.evaluation.figures import Evaluation, Figure
from detector.evaluation.settings import EvaluateSettings
from detector.evaluation.tables import EvaluateRequest, read_material
from detector.labels import LabelRules
from detector.tables.table import ReadOptions
from trials.files import write_table

DETECTIONS = "detections.csv"
EFFORT = "effort.csv"
SCORES = "scores.csv"

Words = tuple[object, ...]
Figures = dict[str, Figure]
Span = tuple[str, float, float, str]  # recording, start and end (s), label


@dataclass(frozen=True)
class Ask:
    """What is asked of a set: which data, a folder for tables, development or the final figures, the seed, the parts.

    Development learns from training recordings and is scored on validation ones: it reads no test recording at all.
    """

    data: Path
    tables: Path
    development: bool
    seed: int = 0
    parts: tuple[str, ...] = ()  # none: all of them
    learns: bool = True  # False for a model that is trained already
    exchanged: bool = False  # test on recordings that had only trained when the recipe was chosen

    def wants(self, part: str) -> bool:
        """Tell whether a part of the set is to be made."""
        return not self.parts or part in self.parts

    def with_exchange(self, usual: str) -> Ask:
        """Ask the same of the set `usual` with exchanged recordings.

        Raises
        ------
        ConfigurationError
            In development: its training would see recordings on which the usual set is tested.
        """
        if self.development:
            raise ConfigurationError(f"--development: {usual}-exchanged has none; develop on {usual}")
        return replace(self, exchanged=True)


@dataclass(frozen=True)
class Trial:
    """One model to train, and what it is scored on.

    Attributes
    ----------
    part : str
        Which part of the set: a fold, a site, a type of syllable, or "all".
    extract : tuple
        Words of `detector extract`, without recipe and output. Recordings to be scored are in none of its tables.
    scanned : tuple of Path
        The recordings to be scored on.
    scan : tuple
        More words of `detector scan`.
    """

    part: str
    extract: Words
    scanned: tuple[Path, ...]
    scan: Words = ()
    licence: str = "not stated"


@dataclass(frozen=True)
class Bench:
    """A set of recordings that detectors are measured on.

    Attributes
    ----------
    recipe : str
        What is trained where nobody names another: the name of an example recipe.
    seeds : tuple of int
        What is trained where nobody names others.
    shown : tuple of str
        The figures that tables show, in order.
    trials : callable
        Lists the trials of an `Ask`.
    measure : callable
        Tells the figures of a part, from a folder with the tables of its scan.
    parts : tuple of str
        All parts, where `trials` makes none but those asked for.
    pooled : bool
        Whether the scans of all parts are also measured as one, with the part `POOLED`.
    judged : tuple of str
        Figures whose mean ranks recipes; none: the first shown.
    """

    name: str
    recipe: str
    seeds: tuple[int, ...]
    shown: tuple[str, ...]
    trials: Callable[[Ask], Sequence[Trial]]
    measure: Callable[[Ask, str, Path], Figures]
    parts: tuple[str, ...] = ()
    pooled: bool = False
    judged: tuple[str, ...] = ()


POOLED = "pooled"


@dataclass(frozen=True)
class Seconds:
    """How long things took, and how much sound was scanned, s."""

    extract: float = 0.0
    train: float = 0.0
    scan: float = 0.0
    scanned: float = 0.0

    def __add__(self, other: Seconds) -> Seconds:
        pairs = zip(asdict(self).values(), asdict(other).values())
        return Seconds(*(mine + theirs for mine, theirs in pairs))


def rows(path: Path) -> list[dict[str, str]]:
    """Read a table with a header."""
    with path.open(encoding="utf-8-sig", newline="") as table:
        return list(csv.DictReader(table))


def write_annotations(path: Path, spans: Iterable[Span]) -> Path:
    """Write annotated spans."""
    return write_table(path, ("recording", "start_s", "end_s", "label"), spans)


def write_splits(path: Path, splits: Mapping[str, str]) -> Path:
    """Write the split of each recording."""
    return write_table(path, ("recording", "split"), splits.items())


def compared(
    annotations: Path,
    scan: Path,
    iou: float,
    rules: LabelRules | None = None,
    *,
    label: str | None = None,
    draws: int = 0,
) -> Evaluation:
    """Compare the detections of a scan with annotations of what was scanned, as `detector evaluate` does."""
    request = EvaluateRequest(
        scan / DETECTIONS, annotations, scan / EFFORT, read=ReadOptions(label=label), rules=rules or LabelRules()
    )
    material, _ = read_material(request)
    return evaluate(material, EvaluateSettings(iou=iou, draws=draws))
