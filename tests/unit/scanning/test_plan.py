"""How a recording is cut into parts before it is scanned."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.audio.header import Header
from detector.model import Model
from detector.place import LocalPlace
from detector.scanning import plan
from detector.scanning.layout import lay_out
from detector.scanning.plan import Planner, equal_parts

from .conftest import RATE, noise, random_model, short_parts, written


def planner_of(model: Model) -> Planner:
    return Planner(model, lay_out(model.recipe), "a fingerprint")


def header_of(n_frames: int | None, subtype: str = "PCM_16", rate: int = RATE) -> Header:
    return Header(LocalPlace(Path("a")), "WAV", subtype, rate, 1, n_frames)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    n_frames=st.integers(0, 60 * 11025),
    seconds=st.floats(0.1, 9),
    rate=st.sampled_from([8000, 11025]),
    kind=st.sampled_from(["conv2d", "frame"]),
)
def test_parts_hold_every_window_once(
    monkeypatch: pytest.MonkeyPatch, n_frames: int, seconds: float, rate: int, kind: str
) -> None:
    short_parts(monkeypatch, seconds)
    model = random_model(kind)
    row = list(planner_of(model).cut(header_of(n_frames, rate=rate), ("mix",)).parts())
    assert row[0].first == 0
    assert [part.end for part in row] == [*(part.first for part in row[1:]), None]
    n_windows = lay_out(model.recipe).grid.count(-(-(n_frames * RATE // rate) // model.recipe.hop_length))
    assert all(part.first < max(1, n_windows) for part in row)
    assert len({part.end - part.first for part in row if part.end is not None}) <= 1


def test_a_part_is_long_beside_a_window_and_beside_what_it_reads_before_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(kind: str, **lengths: float) -> float:
        for name in ("PART_S", "PART_WINDOWS", "PART_SETTLED"):
            monkeypatch.setattr(plan, name, lengths.get(name, 0))
        model = random_model(kind)
        first = next(planner_of(model).cut(header_of(10**9), ("mix",)).parts())
        assert first.end is not None
        return first.end * lay_out(model.recipe).grid.hop_s

    settled = random_model("pcen").scale.settled / 100  # frames of 10 ms
    assert seconds("pcen", PART_S=120.0, PART_WINDOWS=40) == pytest.approx(120, rel=0.02)
    assert seconds("pcen", PART_S=1.0, PART_WINDOWS=40) == pytest.approx(40 * 0.8, rel=0.02)
    assert seconds("pcen", PART_S=1.0, PART_SETTLED=8) == pytest.approx(8 * settled, rel=0.02)
    assert seconds("conv2d", PART_S=3.0, PART_SETTLED=8) == pytest.approx(3.0, rel=0.02)


@given(n_windows=st.integers(0, 5000), most=st.integers(1, 500))
def test_parts_are_of_one_length_at_most_as_long_as_they_may_be_and_not_many_more_than_that(
    n_windows: int, most: int
) -> None:
    length = equal_parts(n_windows, most)
    assert 1 <= length <= most
    assert -(-n_windows // length) <= -(-n_windows // most) + 3


@pytest.mark.parametrize(
    "header",
    [
        header_of(None),
        header_of(0),
        *(header_of(10**8, subtype) for subtype in ("MPEG_LAYER_III", "VORBIS", "DWVW_16")),
    ],
    ids=lambda header: f"{header.subtype}, {header.n_frames}",
)
def test_what_cannot_be_entered_in_its_midst_or_tells_no_length_is_one_part(header: Header) -> None:
    plan = planner_of(random_model("conv2d")).cut(header, ("mix",))
    assert [(part.first, part.end) for part in plan.parts()] == [(0, None)]


def test_a_plan_and_its_parts_are_values_that_travel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_parts(monkeypatch)
    path = written(tmp_path / "20240511_053000Z.wav", np.stack([noise(9), noise(9, 1)], axis=1))
    plan = Planner(random_model("conv2d", '"each"'), lay_out(random_model("conv2d").recipe), "a fingerprint").plan(path)
    elsewhere = pickle.loads(pickle.dumps(plan))
    assert elsewhere == plan
    assert list(elsewhere.parts()) == list(plan.parts())
    assert all(part.channels == ("0", "1") for part in plan.parts())
    assert len(list(plan.parts())) > 3
    assert plan.identity is not None
    assert plan.identity.size == path.stat().st_size
    assert plan.chronology is not None
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.length = 1  # type: ignore[misc]
