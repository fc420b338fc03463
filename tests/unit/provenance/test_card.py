"""README.md says what provenance.toml holds, and nothing against it."""

from __future__ import annotations

import pytest

from detector.presets import DEFAULT_MODEL, shipped_folder
from detector.provenance import CARD_FILE, Provenance, provenance_files, read_provenance, rounds_table
from detector.provenance.card import render_card
from detector.recipe import read_recipe
from tests.made import recipe

MADE = recipe(labels={"names": ["owl", "frog"]})
FRAMES = recipe(labels={"names": ["owl", "frog"]}, network={"dense": {"per": "frame"}})


def card_of(provenance: Provenance, **update: object) -> str:
    return render_card(provenance.model_copy(update=update), MADE)


def test_the_card_of_the_shipped_model_is_rendered_from_its_provenance() -> None:
    folder = shipped_folder() / DEFAULT_MODEL
    rendered = provenance_files(read_provenance(folder), read_recipe(folder / "recipe.toml", stored=True))
    assert (folder / CARD_FILE).read_text(encoding="utf-8") == rendered[CARD_FILE]


def test_every_section_is_in_the_card_in_its_order(whole: Provenance) -> None:
    card = card_of(whole)
    assert card.startswith("# my-owl\n")
    headings = [line for line in card.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Trained on",
        "## Figures, over windows",
        "## Hard-negative mining",
        "## Thresholds of `detector tune`",
        "## Earlier card of the model `finch`",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "For *tests*.",
        "Finds `owl`, `frog` in recordings: `detector scan RECORDINGS -m my-owl`.",
        "recipe aaaaaaaaaaaa (`recipe.toml`), seed 7, trained on 2026-11-30 with detector 0.2.0 and torch 2.13.0 in bf",
        "- licence of the weights: CC BY 4.0\n",
        "| train | 4 | 3 | 40 | 12 |",
        "Recordings come from: `meadow/`, `wood/`.",
        "- AVN by Therese Koch, MIT: zebra finches as calls\n",
        "| validation | owl | 0.9081 | 0.8270 | 0.596 |",
        "| test | accuracy | 0.7500 | | |",
        "| 1 (kept) | 6 | 3 | 0.6000 | 0.5000 |",
        "a precision of 0.9, at an IoU of 0.3",
        "| owl | 0.7 | a precision of 0.9 | 0.9 (0.6 to 0.98) | no |\n| frog | 0.5 | not tuned | | |\n",
    ],
)
def test_what_the_sections_hold_is_said(whole: Provenance, statement: str) -> None:
    assert statement in card_of(whole)


def test_licences_and_data_of_all_models_that_training_began_from_are_said(whole: Provenance) -> None:
    card = card_of(whole)
    assert (
        "- begun from the model `finch`, bbbbbbbbbbbb; its licence: CC BY-SA 4.0; it was trained on `aviary/`; "
        "frozen stages of the trunk: 2\n"
        "- `finch` was begun from the model `rooster`, cccccccccccc; its licence: CC BY 3.0\n"
    ) in card
    assert "- ESC-10 by Karol J. Piczak, CC BY 3.0\n" in card
    assert "> Heard in an aviary.\n" in card


def test_the_card_of_a_tuned_model_does_not_say_that_training_chose_its_thresholds(whole: Provenance) -> None:
    as_trained = "Thresholds of `operating.toml` were chosen on the split validation"
    assert as_trained in card_of(whole, tuning=None)
    assert as_trained not in card_of(whole)


def test_without_figures_of_validation_the_card_says_that_no_threshold_was_chosen(whole: Provenance) -> None:
    assert whole.training is not None
    splits = tuple(split.model_copy(update={"label": ()}) for split in whole.training.split)
    training = whole.training.model_copy(update={"split": splits})
    card = card_of(whole, training=training, tuning=None)
    assert "those of `operating.toml` are 0.5" in card
    assert "chosen on the split validation" not in card
    assert "are 0.5" not in card_of(whole, training=training)


def test_frames_are_called_frames_and_columns(whole: Provenance) -> None:
    card = render_card(whole, FRAMES)
    assert "## Figures, over frames" in card
    assert "over all columns of 2 validation recordings" in card


def test_an_earlier_card_is_quoted_word_for_word(whole: Provenance) -> None:
    earlier = "# owl\n\n- licence of the weights: CC0\n\n| a | b |\n"
    card = card_of(whole, earlier_card=earlier)
    quoted = [line.removeprefix(">").removeprefix(" ") for line in card.splitlines() if line.startswith(">")]
    assert "\n".join(quoted).startswith(earlier.strip())
    assert card.count("\n# ") == 0  # one title


def test_only_the_round_that_was_kept_is_marked(whole: Provenance) -> None:
    rows = rounds_table(whole.mining[0].round, 0)[2:]
    assert ["(kept)" in row for row in rows] == [True, False]
