"""Scan the recordings that clips come from: what a model wrongly finds in some, how it does on others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from detector.clips import UNCERTAIN
from detector.cores import count_cores
from detector.errors import ClipsError, Parameter
from detector.extraction.recording import known_on_channel
from detector.extraction.sources import Source
from detector.mining.find import Find, PeakKeeper, Search
from detector.mining.judge import point_targets
from detector.model import Model
from detector.progress import Progress
from detector.scanning.blocks import ScoreCollector, Take
from detector.scanning.detections import Reader, Smoothing
from detector.scanning.outcome import Scanned
from detector.scanning.scan import one_thread_each
from detector.scanning.scanner import Scanner, Setting
from detector.training.figures import TrainFigures, figures


@dataclass
class MineMaterial:
    """The recordings of some clips that are fully annotated.

    Attributes
    ----------
    train, validation : list of Source
        By their split.
    failed : set of str
        Those that could not be read, each told once.
    """

    train: list[Source]
    validation: list[Source]
    progress: Progress
    failed: set[str] = field(default_factory=set)

    def judge(self, model: Model) -> TrainFigures:
        """Measure a model on every window or column of the validation recordings."""
        collector = ScoreCollector()
        scores = []
        targets = []
        for source, scanned in self._scan(model, self.validation, collector, "validation recordings"):
            for channel, found in collector.scores().items():
                if not scanned.failed:
                    assert collector.points is not None
                    known = list(known_on_channel(source, channel))
                    scores.append(found.astype(np.float32))
                    targets.append(point_targets(collector.points, len(found), known, model.recipe))
        if not scores:
            raise ClipsError(f"{_first(self.validation)}: nor can any other recording of the split validation be read")
        told = figures(model.labels, np.concatenate(scores), np.concatenate(targets), np.nan, exclusive=False)
        if not told.average_precision:
            raise ClipsError(
                f"{_folder(self.validation)}: no label has both calls and stretches without calls in the recordings of "
                "the split validation that can be read; there is nothing to judge rounds by"
            )
        return told

    def find(self, model: Model, taken: dict[tuple[str, str], list[float]], most: int) -> list[Find]:
        """Find the hardest windows of the training recordings, at most `most`, but for those `taken` before."""
        keeper, found, read = PeakKeeper(model.operating), list[Find](), 0
        recipe = model.recipe
        for source, scanned in self._scan(model, self.train, keeper, "training recordings"):
            peaks, name = keeper.peaks(), source.path.as_posix()
            read += not scanned.failed
            if scanned.failed or keeper.points is None:
                continue
            columns = recipe.network.dense.per == "frame"
            search = Search(keeper.points, recipe.window.duration, scanned.scanned_s, columns)
            for channel, of_channel in peaks.items():
                known = known_on_channel(source, channel)
                chosen = search.windows(of_channel, known, taken.get((name, channel), []), most)
                found += [Find(name, channel, start, hardness) for start, hardness in chosen]
        if not read:
            raise ClipsError(f"{_first(self.train)}: nor can any other recording of the split train be read")
        return sorted(found, key=lambda find: (-find.hardness, find.recording, find.channel, find.start_s))[:most]

    def _scan(self, model: Model, sources: Sequence[Source], take: Take, what: str) -> Iterator[tuple[Source, Scanned]]:
        """Scan recordings in their order; tell once of each that cannot be read."""
        with one_thread_each():
            scanner = Scanner(model, Setting(workers=count_cores()))
            reader = Reader(model.recipe, scanner.layout.grid, model.operating.label)
            smoothing = Smoothing(reader)
            paths = [source.path for source in sources]
            results = scanner.scan_all(paths, lambda block: take(reader.written(smoothing(block))))
            for source, scanned in zip(sources, self.progress.through(results, len(sources), "recording", what)):
                if scanned.failed and str(source.path) not in self.failed:
                    self.failed.add(str(source.path))
                    self.progress.say("; ".join(scanned.remarks))
                yield source, scanned


def _folder(sources: Sequence[Source]) -> str:
    return str(sources[0].path.parent)


def _first(sources: Sequence[Source]) -> str:
    return f"{sources[0].path}: cannot be read"


def material(known: Sequence[Source], folder: Path, progress: Progress) -> MineMaterial:
    """Take the fully annotated recordings of the splits train and validation.

    Raises
    ------
    ClipsError
        Where there are none, or none of the validation ones has a call.
    """
    complete = [source for source in known if source.complete]
    training, validation = ([s for s in complete if s.split == split] for split in ("train", "validation"))
    found = MineMaterial(training, validation, progress)
    if not found.train:
        raise ClipsError(
            f"{folder}: has no fully annotated recording in the split train to find hard negatives in; extract with "
            f"{Parameter('complete', 'extract')} or {Parameter('background', 'extract')}"
        )
    if not any(event.label != UNCERTAIN for source in found.validation for event, _ in source.calls):
        raise ClipsError(
            f"{folder}: has no call in a fully annotated recording of the split validation, to judge rounds by; "
            f"extract with {Parameter('complete', 'extract')} and other {Parameter('fractions', 'extract')} or "
            f"{Parameter('seed', 'extract')}"
        )
    return found
