"""A recipe other than that of the clips: refused where it does not fit them, naming both values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detector.errors import ClipsError
from detector.training.fitting import differences
from detector.training.train import TrainSettings, train
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
        ({"labels": {"names": ["a"]}}, "the labels ['a', 'b'], but the recipe has ['a']"),
        ({"network": {"dense": {"per": "frame"}}}, 'was cut for network.dense.per = "window", not for "frame"'),
    ],
)
def test_a_recipe_that_does_not_fit_the_clips_is_refused_with_both_values(
    tmp_path: Path, clips: Path, changes: dict[str, dict[str, Any]], told: str
) -> None:
    with pytest.raises(ClipsError) as caught:
        train(clips, tmp_path / "model", recipe("pcen", **changes), TrainSettings(device="cpu"))
    assert str(caught.value).startswith(f"{clips}: ")
    assert told in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"clips"}


def test_three_differences_of_the_front_ends_are_named_and_the_others_counted(tmp_path: Path, clips: Path) -> None:
    with pytest.raises(ClipsError) as caught:
        train(clips, tmp_path / "model", recipe("linear"), TrainSettings(device="cpu"))
    assert str(caught.value) == (
        f"{clips}: was made with another front end: frontend.kind = 'mel' in the clips, 'linear' in the recipe; "
        "frontend.scaling.kind = 'pcen' in the clips, 'db' in the recipe; frontend.fmax = 4000.0 in the clips, 3500.0 "
        "in the recipe and 10 more. Extract again with this recipe"
    )


def test_as_many_differences_as_are_told_leave_none_to_count() -> None:
    one = recipe()
    keys = {"n_bands": 8, "fmin": 200, "fmax": 3000}
    other = one.model_copy(update={"frontend": one.frontend.model_copy(update=keys)})
    told = differences(one, other, {"frontend"}, ("one", "other"))
    assert told.count(" in one, ") == 3
    assert told.endswith("frontend.n_bands = 16 in one, 8 in other")
    assert differences(one, one, {"frontend"}, ("one", "other")) == ""
