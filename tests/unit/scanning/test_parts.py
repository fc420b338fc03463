"""Parts: how a recording is cut into them, and that each can be scanned by anyone, alone, to the same bytes."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.audio.header import Header
from detector.audio.reading import read_header
from detector.errors import ConfigurationError, RecordingError
from detector.model import Model, Operating, OperatingPoint
from detector.place import LocalPlace
from detector.scanning import parts
from detector.scanning.layout import EngineName, lay_out
from detector.scanning.parts import Part, PartScanner, PartScores, equal_parts
from detector.scanning.trunks import Precision

from .conftest import RATE, noise, random_model, written


def scanner_of(
    model: Model, hop_s: float | None = None, engine: EngineName = "auto", precision: Precision = "float32", **more: Any
) -> PartScanner:
    return PartScanner(model, lay_out(model.recipe, hop_s, engine), precision, **({"block_s": 10.0} | more))


def few(monkeypatch: pytest.MonkeyPatch, seconds: float = 2.0) -> None:
    """Make parts as short as this, however much they read before themselves."""
    for name, small in (("PART_S", seconds), ("PART_WINDOWS", 1), ("PART_SETTLED", 0)):
        monkeypatch.setattr(parts, name, small)


def header_of(n_frames: int | None, subtype: str = "PCM_16", rate: int = RATE) -> Header:
    return Header(LocalPlace(Path("a")), "WAV", subtype, rate, 1, n_frames)


def planned(scanner: PartScanner, header: Header, channels: Sequence[str] = ("mix",)) -> list[Part]:
    return [part for row in scanner.plan(header, channels) for part in row]


def scanned(scanner: PartScanner, path: Path) -> list[PartScores]:
    return [scanner.scan([part])[0] for part in planned(scanner, read_header(path))]


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
    few(monkeypatch, seconds)
    scanner = scanner_of(model := random_model(kind))
    row = planned(scanner, header_of(n_frames, rate=rate))
    assert row[0].first == 0
    assert [part.end for part in row] == [*(part.first for part in row[1:]), None]
    n_windows = lay_out(model.recipe).grid.count(-(-(n_frames * RATE // rate) // model.recipe.hop_length))
    assert all(part.first < max(1, n_windows) for part in row)
    assert len({part.end - part.first for part in row if part.end is not None}) <= 1


def test_a_part_is_long_beside_a_window_and_beside_what_it_reads_before_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(kind: str, **lengths: float) -> float:
        for name in ("PART_S", "PART_WINDOWS", "PART_SETTLED"):
            monkeypatch.setattr(parts, name, lengths.get(name, 0))
        model = random_model(kind)
        first = next(scanner_of(model).plan(header_of(10**9), ("mix",)))[0]
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
    assert [(part.first, part.end) for part in planned(scanner_of(random_model("conv2d")), header)] == [(0, None)]


def test_the_channels_of_the_same_windows_come_together(monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    rows = list(scanner_of(random_model("conv2d")).plan(header_of(RATE * 9), ("0", "1", "2")))
    assert len(rows) > 3
    for row in rows:
        assert [part.channel for part in row] == ["0", "1", "2"]
        assert len({(part.first, part.end) for part in row}) == 1


def test_a_fingerprint_tells_weights_filters_statistics_and_options_apart() -> None:
    def changed(model: Model, name: str) -> Model:
        with torch.no_grad():
            model.state_dict()[name].flatten()[-1] += 1
        return model

    model = random_model("conv2d")
    names = ["network.head.dense.0.bias", "network.trunk.stages.0.norm.running_mean", "scale.mean", "scale.deviation"]
    others = [scanner_of(changed(random_model("conv2d"), name)) for name in names]
    others += [scanner_of(random_model(kind)) for kind in ("conv1d", "pcen", "slow")]
    others += [scanner_of(model, hop) for hop in (0.24, 0.06, 0.05)]
    others += [scanner_of(model, engine="windows"), scanner_of(model, precision="bfloat16")]
    prints = [scanner.fingerprint for scanner in (scanner_of(model), *others)]
    assert len(set(prints)) == len(prints)


def test_a_fingerprint_does_not_tell_what_changes_no_score() -> None:
    model, other = random_model("conv2d"), random_model("conv2d")
    other.operating = Operating(label=(OperatingPoint(name="a", threshold=0.1), OperatingPoint(name="b")))
    expected = scanner_of(model).fingerprint
    assert scanner_of(other, 0.12, "shared", block_s=3.0).fingerprint == expected


def test_a_part_made_for_another_model_or_other_options_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", noise(2))
    (part,) = planned(scanner_of(random_model("conv2d")), read_header(path))
    for scanner in (scanner_of(random_model("pcen")), scanner_of(random_model("conv2d"), 0.5)):
        with pytest.raises(ConfigurationError, match=rf"a\.wav: a part made for {part.fingerprint} cannot be scanned"):
            scanner.scan([part])


@pytest.mark.parametrize("kind", ["conv2d", "pcen", "frame"])
def test_a_part_that_travels_gives_the_same_bytes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    few(monkeypatch)
    path = written(tmp_path / "a.wav", noise(9))
    expected = scanned(scanner_of(random_model(kind)), path)
    row = pickle.loads(pickle.dumps(planned(scanner_of(random_model(kind)), read_header(path))))
    assert len(row) > 3
    for part, known in reversed(list(zip(row, expected))):
        (scores,) = scanner_of(random_model(kind), block_s=0.3).scan([part])
        assert np.array_equal(scores.scores, known.scores)
        assert (scores.facts.n_read, scores.ended) == (known.facts.n_read, known.ended)
    assert sum(len(known.scores) for known in expected) == lay_out(random_model(kind).recipe).grid.count(900)


def test_threads_may_share_a_scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    scanner = scanner_of(random_model("pcen"))
    path = written(tmp_path / "a.wav", noise(15))
    alone = [part.scores for part in scanned(scanner, path)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda part: scanner.scan([part])[0].scores, planned(scanner, read_header(path))))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together))


@pytest.mark.parametrize("kind", ["conv2d", "pcen", "slow", "frame"])
def test_a_part_depends_on_nothing_but_what_its_windows_see_and_what_settles_their_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    few(monkeypatch)
    model = random_model(kind)
    grid, power = lay_out(model.recipe).grid, model.power
    scanner, sound = scanner_of(model), noise(30)
    part = planned(scanner, read_header(path := written(tmp_path / "a.wav", sound)))[8]
    assert part.end is not None
    first = (grid.first + part.first * grid.hop - model.scale.settled) * power.hop_length - power.lead
    last = (grid.first + (part.end - 1) * grid.hop + grid.length - 1) * power.hop_length - power.lead + power.n_fft
    (before,) = scanner.scan([part])
    assert 0 < first < last < len(sound)
    other = noise(30, 1)
    other[first:last] = sound[first:last]
    written(path, other)
    assert np.array_equal(scanner.scan([part])[0].scores, before.scores)
    other[last - 800] += 0.1
    written(path, other)
    assert not np.array_equal(scanner.scan([part])[0].scores, before.scores)


def test_a_part_beyond_the_end_has_no_windows_and_says_so(tmp_path: Path) -> None:
    model = random_model("frame")
    scanner = scanner_of(model)
    path = written(tmp_path / "a.wav", noise(2))
    for end in (60, None):
        (result,) = scanner.scan([Part(LocalPlace(path), "mix", 50, end, scanner.fingerprint)])
        assert result.scores.shape == (0, 26, 2)
        assert result.ended


def test_a_part_tells_of_its_own_channel(tmp_path: Path) -> None:
    scanner = scanner_of(random_model("conv2d", '"each"'))
    path = written(tmp_path / "a.wav", np.stack([noise(2), np.zeros(2 * RATE), noise(2, 1)], axis=1))
    row = planned(scanner, read_header(path), ("0", "1", "2"))
    together = scanner.scan(row)
    assert [all(part.facts.sounding) for part in together] == [True, False, True]
    for part, known in zip(row, together):
        (alone,) = scanner.scan([part])
        assert np.array_equal(alone.scores, known.scores)
        assert alone.facts.sounding == known.facts.sounding


def test_a_recording_that_is_gone_is_told(tmp_path: Path) -> None:
    scanner = scanner_of(random_model("conv2d"))
    with pytest.raises(RecordingError, match=r"none\.wav: cannot be read"):
        scanner.scan([Part(LocalPlace(tmp_path / "none.wav"), "mix", 0, None, scanner.fingerprint)])
