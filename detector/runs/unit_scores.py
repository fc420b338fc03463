"""The scores of units, from those that runs keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path

import numpy as np

from detector.classifying.spans import WHOLE, SpanCollector, SpanScores
from detector.errors import ConfigurationError
from detector.evaluation.units.reading import Stored
from detector.evaluation.units.scored import LabelledUnit
from detector.runs.folder import Run
from detector.runs.scored import check_scores, grid_of, pass_scores
from detector.scanning.blocks import Rows
from detector.scanning.events import EventRules
from detector.scanning.finding import Finding


def keeps_scores(folder: Path) -> bool:
    """Return whether a run keeps scores."""
    with Run(folder) as run:
        return run.settings.keep_scores == "all"


def stored_scores(folder: Path, units: Sequence[LabelledUnit]) -> Stored:
    """Return the highest stored score of each label in each unit, as tables show scores.

    Parameters
    ----------
    folder : Path
        Folder of a run.
    units : sequence of LabelledUnit
        Units of recordings of the run.

    Raises
    ------
    ConfigurationError
        If the run keeps no scores, or a recording has no result.
    """
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for number, unit in enumerate(units):
        numbers[unit.recording.as_posix()].append(number)
    spans = {
        name: [WHOLE if units[n].end_s == inf else (units[n].start_s, units[n].end_s) for n in of_name]
        for name, of_name in numbers.items()
    }
    with Run(folder) as run:
        check_scores(run)
        rules = EventRules(run.recipe, grid_of(run), run.operating.at(None))
        labels = run.recipe.labels.names
        scores = np.zeros((len(units), len(labels)))
        collector = SpanCollector(lambda name: spans[Path(name).as_posix()])
        for recording in run.own_recordings:
            own = numbers.get(Path(recording.name).as_posix())
            if own is None:
                continue
            result = run.result(recording)
            if result is None:
                raise ConfigurationError(f"{folder}: {recording} is not scanned yet; go on with its scan")
            pass_scores(run, result, rules.grid, Finding(rules, collector))
            of_channel = collector.scores(result.scanned.heard_s)
            for place, number in enumerate(own):
                scores[number] = _highest(of_channel, place, units[number].channel, len(labels))
    return Stored(labels, scores)


def _highest(of_channel: Mapping[str, SpanScores], place: int, wanted: str | None, n_labels: int) -> Rows | float:
    """Return the highest scores (label,) of a span over its channels; 0 if it has none."""
    channels = [scores for name, scores in of_channel.items() if wanted in (None, name) or not name.isdecimal()]
    rows = [scores.highest[place, :n_labels] for scores in channels]
    return np.nan_to_num(np.max(rows, axis=0)) if rows else 0.0
