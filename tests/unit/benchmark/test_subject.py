"""A model is loaded; a recipe alone becomes one with seeded random weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from detector.benchmark.subject import find_subject, random_model
from detector.errors import ConfigurationError
from detector.model import save_model
from tests.made import recipe, write_recipe


def test_without_a_name_the_default_model_is_loaded() -> None:
    subject = find_subject(None, "cpu")
    assert (subject.name, subject.trained, subject.model.labels) == ("call-activity", True, ("call",))


def test_a_recipe_alone_is_given_weights_that_are_the_same_every_time(tmp_path: Path) -> None:
    path = write_recipe(tmp_path / "recipe.toml", recipe())
    by_file, by_folder = find_subject(str(path), "cpu"), find_subject(str(tmp_path), "cpu")
    assert not by_file.trained
    assert not by_folder.trained
    assert by_file.model.fingerprint() == by_folder.model.fingerprint()
    assert by_file.model.labels == ("call",)
    assert not by_file.model.training


def test_making_weights_draws_nothing_from_the_random_numbers_of_others() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    random_model(recipe())
    assert torch.equal(torch.get_rng_state(), before)


def test_a_softmax_is_given_something_to_tell_apart() -> None:
    alone = random_model(recipe(network={"dense": {"output": "softmax"}}))
    assert len(alone.labels) == 2
    with_background = random_model(recipe(network={"dense": {"output": "softmax"}}, labels={"background": True}))
    assert with_background.labels == ("call",)


def test_labels_of_a_recipe_are_kept() -> None:
    assert random_model(recipe(labels={"names": ["low", "high"]})).labels == ("low", "high")


def test_random_weights_are_given_the_statistics_of_noise() -> None:
    model = random_model(recipe())
    assert (model.scale.mean < -20).all()
    assert (model.scale.deviation > 1).all()


def test_weights_beside_the_recipe_are_used(tmp_path: Path) -> None:
    save_model(random_model(recipe(), seed=3), tmp_path)
    subject = find_subject(str(tmp_path), "cpu")
    assert subject.trained
    assert subject.model.fingerprint() == random_model(recipe(), seed=3).fingerprint()


@pytest.mark.parametrize("name", ["nothing", "nothing.toml"])
def test_what_is_no_model_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        find_subject(name, "cpu")
