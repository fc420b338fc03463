"""The operating points of a model that was just trained, chosen by events on its validation recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from detector.events import Event, Span
from detector.extraction.known import write_known
from detector.extraction.sources import Source
from detector.model import Model
from detector.operating.points import Operating
from detector.tuning.validation import FEW, choose_on_validation
from tests.made import Heard as Lines
from tests.unit.scanning.conftest import noise, tone_model, with_tones, written

CALLS = [(1.0 + 2 * n, 1.4 + 2 * n) for n in range(6)]


def recording(
    folder: Path, name: str, tones: Sequence[Span], calls: Sequence[Span] | None = None, **facts: object
) -> Source:
    """Write tones in noise; `calls` are annotated, by default all tones."""
    path = folder / name
    written(path, with_tones(noise(14, len(name)), *tones))
    source = Source(path, **{"complete": True, "split": "validation", **facts})
    source.calls += [(Event(*span, "tone"), None) for span in (tones if calls is None else calls)]
    return source


def chosen(
    folder: Path, sources: Sequence[Source], model: Model | None = None
) -> tuple[Operating, Operating, list[str]]:
    """Choose; return the points before and after, and what was said."""
    write_known(sources, folder)
    model = model or tone_model("frame", window_s=1.0)
    lines: list[str] = []
    after = choose_on_validation(SimpleNamespace(folder=folder), model, model.operating, Lines(lines))
    return model.operating, after, lines


def test_points_are_chosen_by_events_on_the_recordings_for_validation(tmp_path: Path) -> None:
    clicks = [(start + 1.0, start + 1.1) for start, _ in CALLS]
    valid = [recording(tmp_path, f"{n}.wav", [*CALLS, *clicks], CALLS) for n in "ab"]
    train = recording(tmp_path, "train.wav", CALLS, [], split="train")
    before, after, lines = chosen(tmp_path, [*valid, train])
    assert before.label[0].shortest_s == 0.0
    assert 0.1 < after.label[0].shortest_s < 0.4  # clicks are too short to be calls
    assert after.label[0].curve is None
    assert len([line for line in lines if line.startswith("tone:") and "12 calls" in line and "2 rec" in line]) == 1


def test_a_few_calls_move_the_threshold_alone(tmp_path: Path) -> None:
    clicks = [(start + 1.0, start + 1.1) for start, _ in CALLS]
    assert len(CALLS) < FEW
    before, after, lines = chosen(tmp_path, [recording(tmp_path, "a.wav", [*CALLS, *clicks], CALLS)])
    threshold = after.label[0].threshold
    assert threshold != before.label[0].threshold
    assert after.label[0] == before.label[0].model_copy(update={"threshold": threshold})
    assert any("6 calls in 1 recording" in line for line in lines)


def test_a_detection_on_an_uncertain_span_does_not_count(tmp_path: Path) -> None:
    source = recording(tmp_path, "a.wav", [*CALLS, (13.0, 13.1)], CALLS)
    source.calls.append((Event(12.9, 13.2, ""), None))
    other = recording(tmp_path, "b.wav", CALLS)
    assert chosen(tmp_path, [source, other])[1].label[0].shortest_s == 0.0
    del source.calls[-1]
    assert chosen(tmp_path, [source, other])[1].label[0].shortest_s > 0


@pytest.mark.parametrize("facts", [{"complete": False}, {"split": "train"}])
def test_without_a_fully_annotated_recording_for_validation_nothing_changes_and_a_line_says_so(
    tmp_path: Path, facts: dict[str, object]
) -> None:
    before, after, lines = chosen(tmp_path, [recording(tmp_path, "a.wav", CALLS, **facts)])
    assert after == before
    assert len(lines) == 1


def test_recordings_that_are_gone_change_nothing_and_a_line_says_so(tmp_path: Path) -> None:
    source = recording(tmp_path, "a.wav", CALLS)
    source.path.unlink()
    before, after, lines = chosen(tmp_path, [source])
    assert after == before
    assert str(source.path) in lines[0]


def test_a_label_without_calls_keeps_its_point(tmp_path: Path) -> None:
    before, after, lines = chosen(tmp_path, [recording(tmp_path, "a.wav", CALLS, [])])
    assert after == before
    assert len(lines) == 1


def test_a_call_in_two_channels_counts_once(tmp_path: Path) -> None:
    model = tone_model("frame", window_s=1.0, channel='"each"')
    source = recording(tmp_path, "a.wav", CALLS)
    sound, rate = soundfile.read(source.path)
    soundfile.write(source.path, np.stack([sound, sound], axis=1), rate)
    assert any("6 calls in 1 recording" in line for line in chosen(tmp_path, [source], model)[2])


def test_window_outputs_keep_their_points(tmp_path: Path) -> None:
    before, after, lines = chosen(tmp_path, [recording(tmp_path, "a.wav", CALLS)], tone_model("window", window_s=1.0))
    assert after == before
    assert lines == []
