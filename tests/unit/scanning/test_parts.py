"""Parts: each can be scored by anyone, alone, to the same bytes."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from detector.errors import ConfigurationError, RecordingError
from detector.model import Model, Operating, OperatingPoint
from detector.scanning.layout import EngineName, lay_out
from detector.scanning.parts import PartScorer, PartScores
from detector.scanning.plan import Part, Planner
from detector.scanning.trunks import Precision

from .conftest import RATE, noise, random_model, short_parts, written


def scorer_of(
    model: Model,
    hop_s: float | None = None,
    engine: EngineName = "auto",
    precision: Precision = "float32",
    block_s: float = 10.0,
) -> PartScorer:
    return PartScorer(model, lay_out(model.recipe, hop_s, engine), precision, block_s)


def parts_of(model: Model, path: Path) -> list[Part]:
    """Cut a recording, for a scorer with no options."""
    planner = Planner(model, lay_out(model.recipe), scorer_of(model).fingerprint)
    return list(planner.plan(path).parts())


def scored(model: Model, path: Path) -> list[PartScores]:
    return [scorer_of(model).score(part) for part in parts_of(model, path)]


def test_a_fingerprint_tells_weights_filters_statistics_and_options_apart() -> None:
    def changed(model: Model, name: str) -> Model:
        with torch.no_grad():
            model.state_dict()[name].flatten()[-1] += 1
        return model

    model = random_model("conv2d")
    names = ["network.head.dense.0.bias", "network.trunk.stages.0.norm.running_mean", "scale.mean", "scale.deviation"]
    others = [scorer_of(changed(random_model("conv2d"), name)) for name in names]
    others += [scorer_of(random_model(kind)) for kind in ("conv1d", "pcen", "slow")]
    others += [scorer_of(model, hop) for hop in (0.24, 0.06, 0.05)]
    others += [scorer_of(model, engine="windows"), scorer_of(model, precision="bfloat16")]
    prints = [scanner.fingerprint for scanner in (scorer_of(model), *others)]
    assert len(set(prints)) == len(prints)


def test_a_fingerprint_does_not_tell_what_changes_no_score() -> None:
    model, other = random_model("conv2d"), random_model("conv2d")
    other.operating = Operating(label=(OperatingPoint(name="a", threshold=0.1), OperatingPoint(name="b")))
    expected = scorer_of(model).fingerprint
    assert scorer_of(other, 0.12, "shared", block_s=3.0).fingerprint == expected


def test_a_part_made_for_another_model_or_other_options_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", noise(2))
    (part,) = parts_of(random_model("conv2d"), path)
    for scorer in (scorer_of(random_model("pcen")), scorer_of(random_model("conv2d"), 0.5)):
        with pytest.raises(ConfigurationError, match=rf"a\.wav: a part made for {part.fingerprint} cannot be scanned"):
            scorer.score(part)


@pytest.mark.parametrize("kind", ["conv2d", "pcen", "frame"])
def test_a_part_that_travels_gives_the_same_bytes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    short_parts(monkeypatch)
    path = written(tmp_path / "a.wav", noise(9))
    expected = scored(random_model(kind), path)
    row = pickle.loads(pickle.dumps(parts_of(random_model(kind), path)))
    assert len(row) > 3
    for part, known in reversed(list(zip(row, expected))):
        scores = pickle.loads(pickle.dumps(scorer_of(random_model(kind), block_s=0.3).score(part)))
        assert np.array_equal(scores.scores, known.scores)
        assert (scores.facts, scores.ended) == (known.facts, known.ended)
    assert sum(known.n_windows for known in expected) == lay_out(random_model(kind).recipe).grid.count(900)


def test_threads_may_share_a_scorer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_parts(monkeypatch)
    model = random_model("pcen")
    scorer = scorer_of(model)
    path = written(tmp_path / "a.wav", noise(15))
    alone = [part.scores for part in scored(model, path)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda part: scorer.score(part).scores, parts_of(model, path)))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together))


@pytest.mark.parametrize("kind", ["conv2d", "pcen", "slow", "frame"])
def test_a_part_depends_on_nothing_but_what_its_windows_see_and_what_settles_their_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    short_parts(monkeypatch)
    model = random_model(kind)
    grid, power = lay_out(model.recipe).grid, model.power
    scorer = scorer_of(model)
    sound = noise(30)
    path = written(tmp_path / "a.wav", sound)

    def eighth() -> np.ndarray:
        return scorer.score(parts_of(model, path)[8]).scores

    part = parts_of(model, path)[8]
    assert part.end is not None
    first = (grid.first + part.first * grid.hop - model.scale.settled) * power.hop_length - power.lead
    last = (grid.first + (part.end - 1) * grid.hop + grid.length - 1) * power.hop_length - power.lead + power.n_fft
    before = eighth()
    assert 0 < first < last < len(sound)
    other = noise(30, 1)
    other[first:last] = sound[first:last]
    written(path, other)
    assert np.array_equal(eighth(), before)
    other[last - 800] += 0.1
    written(path, other)
    assert not np.array_equal(eighth(), before)


def test_a_part_beyond_the_end_has_no_windows_and_says_so(tmp_path: Path) -> None:
    model = random_model("frame")
    (whole,) = parts_of(model, written(tmp_path / "a.wav", noise(2)))
    for end in (60, None):
        result = scorer_of(model).score(replace(whole, first=50, end=end))
        assert result.scores.shape == (1, 0, 26, 2)
        assert result.ended


def test_a_part_has_the_scores_and_facts_of_each_of_its_channels(tmp_path: Path) -> None:
    model = random_model("conv2d", '"each"')
    path = written(tmp_path / "a.wav", np.stack([noise(2), np.zeros(2 * RATE), noise(2, 1)], axis=1))
    (part,) = parts_of(model, path)
    together = scorer_of(model).score(part)
    assert together.facts.sounding == (True, False, True)
    for n, channel in enumerate(part.channels):
        alone = scorer_of(model).score(replace(part, channels=(channel,)))
        assert np.array_equal(alone.scores[0], together.scores[n])
        assert alone.facts.sounding == together.facts.sounding[n : n + 1]


def test_a_recording_that_is_gone_or_has_changed_since_it_was_planned_is_not_scored(tmp_path: Path) -> None:
    model = random_model("conv2d")
    path = written(tmp_path / "a.wav", noise(2))
    (part,) = parts_of(model, path)
    written(path, noise(3))
    with pytest.raises(RecordingError, match=r"a\.wav: was replaced or changed"):
        scorer_of(model).score(part)
    path.unlink()
    with pytest.raises(RecordingError, match=r"a\.wav: cannot be read"):
        scorer_of(model).score(part)
