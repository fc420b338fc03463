"""Scan the recordings of clips: find false alarms in those for training, measure the model on those for validation."""

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
from detector.scanning.detecting import detect_all
from detector.scanning.events import EventRules
from detector.scanning.outcome import Scanned
from detector.scanning.scan import one_thread_each
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting
from detector.training.figures import TrainFigures, compute_figures


@dataclass
class MineMaterial:
    """The fully annotated recordings of a folder of clips.

    Attributes
    ----------
    train, validation : list of Source
        The recordings of each split.
    failed : set of str
        Paths of the recordings that could not be read and were reported.
    """

    train: list[Source]
    validation: list[Source]
    progress: Progress
    failed: set[str] = field(default_factory=set)

    def judge(self, model: Model) -> TrainFigures:
        """Compute the figures of a model on every window or column of the validation recordings."""
        collector = ScoreCollector()
        scores = []
        targets = []
        for source, scanned in self._scan(model, self.validation, collector, "validation recordings"):
            for channel, of_channel in collector.scores().items():
                if not scanned.failed:
                    assert collector.points is not None
                    known = list(known_on_channel(source, channel))
                    scores.append(of_channel[:, : len(model.labels)].astype(np.float32))
                    targets.append(point_targets(collector.points, len(of_channel), known, model.recipe))
        if not scores:
            raise ClipsError(_none_readable(self.validation, "validation"))
        figures = compute_figures(
            model.labels, np.concatenate(scores), np.concatenate(targets), np.nan, exclusive=False
        )
        if not figures.average_precision:
            raise ClipsError(
                f"{self.validation[0].path.parent}: no label has both calls and stretches without calls in the "
                "readable recordings of the split validation, so rounds cannot be compared"
            )
        return figures

    def find(self, model: Model, earlier: dict[tuple[str, str], list[float]], most: int) -> list[Find]:
        """Find the hardest windows without a call in the training recordings.

        Parameters
        ----------
        earlier : dict
            Starts of the windows that were mined before, s, by recording and channel.
        most : int
            Most windows to find.
        """
        keeper = PeakKeeper(model.operating)
        finds: list[Find] = []
        n_read = 0
        recipe = model.recipe
        for source, scanned in self._scan(model, self.train, keeper, "training recordings"):
            peaks = keeper.peaks()
            name = source.path.as_posix()
            n_read += not scanned.failed
            if scanned.failed or keeper.points is None:
                continue
            columns = recipe.network.dense.per == "frame"
            search = Search(keeper.points, recipe.window.duration, scanned.scanned_s, columns)
            for channel, of_channel in peaks.items():
                known = known_on_channel(source, channel)
                chosen = search.windows(of_channel, known, earlier.get((name, channel), []), most)
                finds += [Find(name, channel, start, hardness) for start, hardness in chosen]
        if not n_read:
            raise ClipsError(_none_readable(self.train, "train"))
        return sorted(finds, key=lambda find: (-find.hardness, find.recording, find.channel, find.start_s))[:most]

    def _scan(self, model: Model, sources: Sequence[Source], take: Take, task: str) -> Iterator[tuple[Source, Scanned]]:
        """Scan recordings in order, and report each one that cannot be read once."""
        with one_thread_each():
            scanner = Scanner(model, Setting(workers=count_cores()), self.progress.say)
            event_rules = EventRules(model.recipe, scanner.layout.grid, model.operating.label)
            paths = [source.path for source in sources]
            results = detect_all(scanner, paths, event_rules, take)
            for source, scanned in zip(sources, self.progress.through(results, len(sources), "recording", task)):
                if scanned.failed and str(source.path) not in self.failed:
                    self.failed.add(str(source.path))
                    self.progress.say("; ".join(scanned.remarks))
                yield source, scanned


def _none_readable(sources: Sequence[Source], split: str) -> str:
    """Write that no recording of a split can be read, with the first of them."""
    return f"{sources[0].path}: cannot be read, nor can any other recording of the split {split}"


def material(known: Sequence[Source], folder: Path, progress: Progress) -> MineMaterial:
    """Pick the fully annotated recordings of the splits train and validation.

    Raises
    ------
    ClipsError
        If there are none for training, or no call in those for validation.
    """
    complete = [source for source in known if source.complete]
    training = [source for source in complete if source.split == "train"]
    validation = [source for source in complete if source.split == "validation"]
    if not training:
        raise ClipsError(
            f"{folder}: has no fully annotated recording in the split train to find hard negatives in; extract again "
            f"with {Parameter('complete', 'extract')} or {Parameter('background', 'extract')}"
        )
    if not any(event.label != UNCERTAIN for source in validation for event, _ in source.calls):
        raise ClipsError(
            f"{folder}: has no call in a fully annotated recording of the split validation, so rounds cannot be "
            f"compared; extract again with {Parameter('complete', 'extract')} and other "
            f"{Parameter('fractions', 'extract')} or another {Parameter('seed', 'extract')}"
        )
    return MineMaterial(training, validation, progress)
