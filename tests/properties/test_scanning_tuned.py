"""Smoothing and calibration in a scan: exact however a recording is cut, and no event moves with a map."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.model import Model, Operating, OperatingPoint
from detector.operating.calibration import Isotonic, Platt
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting
from detector.scanning.smoothing import moving_median
from tests.made import RATE, TONES
from tests.properties.test_scanning_laws import heard, part_of, scored, small, tables, write_sound

few = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MAPS = (Platt(slope=0.4, offset=-1.0), Isotonic(score=(0.0, 0.4, 1.0), probability=(0.1, 0.3, 0.8)))


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Keep torch to one thread: networks this small only wait for the others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("recordings")
    lengths = {"a.wav": 4.3, "b.wav": 0.05, "c.wav": 2.6}
    return [
        write_sound(folder / name, heard(seconds, n)[:, 0], RATE) for n, (name, seconds) in enumerate(lengths.items())
    ]


def with_points(kind: str, *smooth_s: float | None, mapped: bool = True, threshold: float = 0.5) -> Model:
    """Give a model other operating points, a label each."""
    model = copy.copy(small(kind))
    points = []
    for name, seconds, made in zip(TONES, smooth_s, MAPS):
        at = float(made(torch.tensor(threshold).double().numpy())) if mapped else threshold
        calibration = made if mapped else None
        points.append(OperatingPoint(name=name, threshold=at, smooth_s=seconds, calibration=calibration))
    model.operating = Operating(label=tuple(points))
    return model


def step_of(model: Model) -> float:
    """Tell how far scores are apart, s."""
    return Scanner(model).layout.grid.points.step_s


@pytest.mark.parametrize("kind", ["frames", "grid"])
@few
@given(block_s=st.floats(0.02, 3.0), workers=st.sampled_from([1, 3]))
def test_blocks_and_workers_change_no_byte_of_a_smoothed_and_calibrated_scan(
    recordings: list[Path], monkeypatch: pytest.MonkeyPatch, kind: str, block_s: float, workers: int
) -> None:
    part_of(0.8, monkeypatch)
    model = with_points(kind, 0.4, None)
    whole = tables(recordings, model, Setting())
    assert tables(recordings, model, Setting(block_s=block_s, workers=workers)) == whole


@pytest.mark.parametrize("kind", ["frames", "grid"])
def test_what_is_written_is_the_map_of_the_median_of_the_scores(recordings: list[Path], kind: str) -> None:
    model = with_points(kind, 0.4, None)
    step_s = step_of(model)
    for path in recordings:
        _, plain = scored(with_points(kind, None, None, mapped=False), path)
        _, written = scored(model, path)
        half = max(0, round((0.4 / step_s - 1) / 2))
        assert half > 0
        assert written[:, 0, 0] == pytest.approx(MAPS[0](moving_median(plain[:, 0, 0], half)), abs=1e-12)
        assert written[:, 0, 1] == pytest.approx(MAPS[1](plain[:, 0, 1]), abs=1e-12)


@pytest.mark.parametrize("kind", ["frames", "grid"])
def test_no_event_moves_with_a_map(recordings: list[Path], kind: str) -> None:
    for path in recordings:
        mapped, _ = scored(with_points(kind, 0.4, None, threshold=0.45), path)
        plain, _ = scored(with_points(kind, 0.4, None, mapped=False, threshold=0.45), path)
        spans = [(event.label, event.start_s, event.end_s) for _, event in plain.detections]
        assert [(event.label, event.start_s, event.end_s) for _, event in mapped.detections] == [
            (label, pytest.approx(start_s, abs=1e-6), pytest.approx(end_s, abs=1e-6)) for label, start_s, end_s in spans
        ]
