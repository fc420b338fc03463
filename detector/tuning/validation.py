"""Choose the operating points of a model that was just trained, by events on its validation recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from detector.clips import ClipStore
from detector.cliptables import UNCERTAIN
from detector.cores import count_cores
from detector.errors import DetectorError
from detector.evaluation.placing import Placed, Placing
from detector.extraction.known import read_known
from detector.extraction.sources import Source
from detector.labels import LabelRules
from detector.model import Model
from detector.operating.points import Operating, OperatingPoint
from detector.operating.target import parse_target
from detector.progress import SILENT, Progress
from detector.scanning.events import EventRules
from detector.scanning.progress import ScanProgress
from detector.scanning.scan import one_thread_each
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting
from detector.texts import many
from detector.tuning.listening import Heard, scan_tracks
from detector.tuning.search import search_threshold
from detector.tuning.subject import subject_of
from detector.tuning.tune import Goal, tune_label

GOAL = Goal(parse_target("f1"), iou=0.5, calibration="none")
FEW = 10
"""With fewer calls, only the threshold is chosen: one call would change F1 by more than a twentieth."""


def choose_on_validation(store: ClipStore, model: Model, before: Operating, progress: Progress = SILENT) -> Operating:
    """Choose the operating points of a model with frame outputs, by events on the validation recordings of its clips.

    Parameters
    ----------
    store : ClipStore
        The clips that the model was trained on.
    model : Model
        The model.
    before : Operating
        Its operating points as training chose them, by frames.
    progress : Progress
        Hears how sure the choice is.

    Returns
    -------
    Operating
        The points with the best F1 of events at IoU 0.5. A label with few calls has the default settings, except for
        the threshold; one without calls has the points of `before`. So have models with window outputs, and all labels
        if no validation recording is fully annotated and can still be read.
    """
    if model.recipe.network.dense.per != "frame":
        return before
    try:
        sources = [source for source in read_known(store.folder) if source.split == "validation"]
        heard = _heard(sources, model, before, progress)
    except DetectorError as error:
        progress.say(f"settings are not chosen by events: the recordings for validation cannot be scanned: {error}")
        return before
    if heard is None:
        progress.say(
            "settings are not chosen by events: no recording for validation is fully annotated and can be read"
        )
        return before
    if not heard.material.labels:
        progress.say("settings are not chosen by events: no call is annotated in the recordings for validation")
        return before
    points = tuple(_chosen(point, heard, progress) for point in before.label)
    calls = many(sum(len(_calls(heard, point.name)) for point in before.label), "call")
    chosen_on = f"best F1 of events at IoU 0.5 on {calls} in {many(heard.n_recordings, 'recording')} for validation"
    return Operating(chosen_on=chosen_on, label=points)


def _heard(sources: Sequence[Source], model: Model, before: Operating, progress: Progress) -> Heard | None:
    """Scan the recordings that are fully annotated; return None if there are none."""
    whole = [source for source in sources if source.complete]
    if not whole:
        return None
    with one_thread_each(), ScanProgress(progress, len(whole)) as scan_progress:
        scanner = Scanner(model, Setting(workers=count_cores()))
        tracks, scans, n_failed = scan_tracks(scanner, [source.path for source in whole], scan_progress)
        grid = scanner.layout.grid
    if not scans:
        return None
    placing = Placing(scans, LabelRules(uncertain=frozenset({UNCERTAIN})))
    material = placing.material(chain.from_iterable(map(_placed, whole)), [])
    event_rules = EventRules(model.recipe, grid, before.label)
    return Heard(material, tuple(tracks[unit] for unit in material.units), event_rules, n_failed=n_failed)


def _placed(source: Source) -> Iterator[Placed]:
    for event, channel in source.calls:
        yield Placed(source.path, channel, event)


def _chosen(point: OperatingPoint, heard: Heard, progress: Progress) -> OperatingPoint:
    """Choose the point of one label, and say how sure the choice is."""
    subject = subject_of(heard, point.name, GOAL.iou)
    calls = _calls(heard, point.name)
    on = f"{many(len(calls), 'call')} in {many(len({name for name, *_ in calls}), 'recording')} for validation"
    if not calls:
        progress.say(f"{point.name}: no call for validation: the threshold stays {point.threshold:.3g}")
        return point
    few = len(calls) < FEW
    if few:
        chosen = search_threshold(subject, GOAL.target)
    else:
        tuned = tune_label(subject, GOAL, heard.material.group_numbers).point
        chosen = tuned.model_copy(update={"curve": None, "evidence": None})
    f1 = subject.ranked(chosen).counts().f1 or 0.0
    hint = ": expect this to move" if few else ""
    progress.say(f"{point.name}: F1 of events {f1:.3f} at threshold {chosen.threshold:.3g}, chosen on {on}{hint}")
    return chosen


def _calls(heard: Heard, label: str) -> set[tuple[str, float, float]]:
    """Return recording, start and end (s) of each call of a label; a call in several channels counts once."""
    return {
        (unit.recording, *event.span)
        for unit, events in heard.material.reference.items()
        for event in events
        if event.label == label
    }
