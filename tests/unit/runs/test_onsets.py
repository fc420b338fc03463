"""A model with onset outputs: its runs give the events of a scan, and what is read by label is that of the labels."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch

from detector.errors import ConfigurationError
from detector.evaluation.units.scored import LabelledUnit
from detector.mining.find import PeakKeeper
from detector.model import Model, save_model
from detector.operating.calibration import Platt
from detector.operating.points import ONSET, Operating, OperatingPoint
from detector.runs.detect import Changes, detect_runs
from detector.runs.unit_scores import stored_scores
from detector.scanning.blocks import ScoreCollector
from detector.scanning.results import Outputs
from detector.tables.destination import Destination
from tests.scans import detected
from tests.unit.runs.conftest import Archive
from tests.unit.scanning.conftest import CONV1D, LINEAR, RATE, made, noise, short_parts, with_tones, written


def bell_model() -> Model:
    """Make a model that hears "tone" at 2 kHz, and its onsets at 3 kHz."""
    stage = 'stage = [{kind="conv1d", filters=2, kernel=1, activation="sigmoid"}]'
    plain = made(LINEAR, f'{stage}\ndense={{units=[], per="frame"}}', 1.0, names='["tone"]').recipe
    recipe = plain.model_copy(update={"labels": plain.labels.model_copy(update={"onsets": True})})
    point = OperatingPoint(name="tone", depth=0.2, onset_threshold=ONSET)
    model = Model(recipe, operating=Operating(label=(point,))).eval()
    with torch.no_grad():
        model.scale.set_statistics(torch.zeros(recipe.n_bands), torch.ones(recipe.n_bands))
        loud = model.network.trunk.stages[1].convolution
        dense = model.network.head.dense[-1]
        loud.weight.zero_()
        for output, hz in enumerate((2000, 3000)):
            loud.weight[output, round((hz - 500) / (RATE / 256))] = 2.0
        loud.bias.fill_(-20.0)
        dense.weight.copy_(20.0 * torch.eye(2))
        dense.bias.fill_(-10.0)
    return model


def bells(seconds: float, tones: list[tuple[float, float]], onsets: list[float]) -> np.ndarray:
    """Make tones of 2 kHz, with 3 kHz for 30 ms at each onset."""
    times = np.arange(round(seconds * RATE)) / RATE
    sounding = np.logical_or.reduce([(times >= onset - 0.01) & (times < onset + 0.02) for onset in onsets])
    return with_tones(noise(seconds, 1), *tones) + 0.3 * np.sin(2 * np.pi * 3000 * times) * sounding


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    short_parts(monkeypatch)
    (tmp_path / "recordings").mkdir()
    written(tmp_path / "recordings" / "a.wav", bells(7, [(1.0, 2.0), (3.5, 4.5)], [1.0, 1.4, 2.8, 3.5, 4.0]))
    written(tmp_path / "recordings" / "b.wav", bells(3, [(0.0, 1.0)], [0.5]))
    (tmp_path / "bells").mkdir()
    save_model(bell_model(), tmp_path / "bells")
    return Archive(tmp_path, [])


def detections(archive: Archive, name: str, changes: Changes) -> bytes:
    """Make the table of detections of the run, and a table of scores beside it."""
    table = archive.folder / f"{name}.csv"
    outputs = Outputs(Destination(table), archive.folder / f"{name}-scores.csv")
    detect_runs([archive.folder / "run"], changes, outputs, io.StringIO())
    return table.read_bytes()


def spans(table: bytes, name: str) -> list[tuple[float, float]]:
    rows = csv.DictReader(io.StringIO(table.decode()))
    return [(float(row["start_s"]), float(row["end_s"])) for row in rows if row["recording"].endswith(name)]


def test_runs_and_their_stored_scores_give_the_events_of_a_scan(archive: Archive) -> None:
    archive.run("run", "bells")
    scanned = archive.scan("scan", "bells")["detections.csv"]
    assert archive.tables("run")["detections.csv"] == scanned
    assert detections(archive, "again", Changes()) == scanned
    expected = [(1.0, 1.6), (1.4, 2.0), (3.5, 4.0), (4.0, 4.5)]  # parts last as long as the last one: 0.6 and 0.5 s
    assert np.array(spans(scanned, "a.wav")) == pytest.approx(np.array(expected), abs=0.04)
    scores = archive.folder / "scan" / "scores.csv"
    assert scores.read_bytes() == (archive.folder / "again-scores.csv").read_bytes()
    assert scores.read_text().partition("\n")[0].endswith("end_s,tone,tone (onset)")


def test_onsets_can_be_left_unused_or_be_more_sure(archive: Archive) -> None:
    archive.run("run", "bells")
    unused = spans(detections(archive, "unused", Changes(onset_threshold=0.0)), "a.wav")
    assert np.array(unused) == pytest.approx(np.array([(1.0, 2.0), (3.5, 4.5)]), abs=0.04)
    assert spans(detections(archive, "surer", Changes(onset_threshold=1.0)), "a.wav") == unused


def test_a_threshold_for_onsets_of_a_model_that_has_none_is_refused(archive: Archive) -> None:
    (archive.folder / "plain").mkdir()
    stage = f'{CONV1D}\ndense = {{units=[], per="frame"}}'
    save_model(made(LINEAR, stage, 1.0, names='["tone"]'), archive.folder / "plain")
    archive.run("run", "plain")
    with pytest.raises(ConfigurationError, match="onset_threshold") as caught:
        detections(archive, "refused", Changes(onset_threshold=0.7))
    assert "plain" in str(caught.value)


def test_scores_of_units_and_peaks_to_mine_are_those_of_the_labels(archive: Archive) -> None:
    archive.run("run", "bells")
    recording = archive.recordings / "a.wav"
    units = [LabelledUnit(recording, None, *span, frozenset()) for span in ((2.7, 2.9), (3.6, 3.9))]
    stored = stored_scores(archive.folder / "run", units)
    assert stored.labels == ("tone",)
    assert stored.scores.shape == (2, 1)
    assert stored.scores[:, 0].round(1).tolist() == [0.0, 1.0]  # an onset without a tone is none
    model = bell_model()
    keeper = PeakKeeper(model.operating)
    detected(model, recording, take=keeper)
    (peaks,) = keeper.peaks().values()
    times = [keeper.points.at(number) for number in peaks.numbers]
    assert not any(2.1 < time < 3.3 for time in times)


def test_calibration_and_smoothing_leave_onsets_as_they_are(archive: Archive) -> None:
    model = bell_model()
    before = ScoreCollector()
    recording = archive.recordings / "a.wav"
    detected(model, recording, take=before)
    (point,) = model.operating.label
    changes = {"smooth_s": 0.1, "calibration": Platt(slope=0.5, offset=0.1)}
    model.operating = Operating(label=(point.model_copy(update=changes),))
    after = ScoreCollector()
    detected(model, recording, take=after)
    first = before.scores()["mix"]
    second = after.scores()["mix"]
    np.testing.assert_array_equal(first[:, 1], second[:, 1])
    assert (first[:, 0] != second[:, 0]).any()
