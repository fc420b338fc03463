"""A recipe other than that of the clips: refused where it does not fit them, naming both values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detector.errors import ClipsError
from detector.training.train import Settings, train
from tests.made import recipe, write_clips


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    return write_clips(tmp_path / "clips", recipe("pcen", labels={"names": ["a", "b"]}))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"training": {"jitter": 0.3}, "network": {"padding": "same"}},
            "training.jitter = 0.3 needs more",
        ),
        ({"window": {"duration": 0.75}}, "window.duration = 0.5 in the clips, 0.75 in the recipe"),
        ({"audio": {"sample_rate": 16000}}, "audio.sample_rate = 8000 in the clips, 16000 in the recipe"),
        ({"labels": {"names": ["a"]}}, "holds the labels ['a', 'b'], the recipe names ['a']"),
        ({"network": {"dense": {"per": "frame"}}}, 'was cut for network.dense.per = "window", not for "frame"'),
    ],
)
def test_a_recipe_that_does_not_fit_the_clips_is_refused_with_both_values(
    tmp_path: Path, clips: Path, changes: dict[str, dict[str, Any]], told: str
) -> None:
    with pytest.raises(ClipsError) as caught:
        train(clips, tmp_path / "model", recipe("pcen", **changes), Settings(device="cpu"))
    assert str(caught.value).startswith(f"{clips}: ")
    assert told in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"clips"}


def test_every_difference_of_the_front_ends_is_named(tmp_path: Path, clips: Path) -> None:
    with pytest.raises(ClipsError) as caught:
        train(clips, tmp_path / "model", recipe("linear"), Settings(device="cpu"))
    assert "frontend.hop_length = 128 in the clips, 100 in the recipe; " in str(caught.value)
    assert "frontend.kind = 'mel' in the clips, 'linear' in the recipe; " in str(caught.value)
    assert "frontend.scaling.kind = 'pcen' in the clips, 'db' in the recipe; " in str(caught.value)
