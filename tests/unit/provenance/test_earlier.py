"""What is known of models made before 0.2.0 stays known."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.errors import ModelError
from detector.provenance import read_provenance

CARD = """# owl

Finds `owl` in recordings: `detector scan RECORDINGS -m owl`.

- recipe 0123456789ab (`recipe.toml`), seed 0, trained on 2026-11-27 with detector 0.1.0 and torch 2.13.0 in float32
- licence of the weights: CC BY-SA 4.0 (see below)

## Trained on

Recordings come from: `background/`, `calls/`.
"""


def test_licence_and_data_of_an_earlier_card_are_known_and_its_text_is_kept(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(CARD, encoding="utf-8")
    known = read_provenance(tmp_path)
    assert known.licence == "CC BY-SA 4.0 (see below)"
    assert known.recordings_from == ("background/", "calls/")
    assert known.earlier_card == CARD
    (origin,) = known.origins("owl", "0123456789ab")
    assert (origin.licence, origin.recordings_from, origin.earlier_card) == (
        known.licence,
        known.recordings_from,
        CARD,
    )


def test_data_that_a_person_wrote_into_an_earlier_card_are_known(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Recordings come from: our garden.\n", encoding="utf-8")
    assert read_provenance(tmp_path).recordings_from == ("our garden",)


@pytest.mark.parametrize("card", [None, b"", b"\xff\x00 no text", b"# my notes\n"])
def test_a_card_that_says_nothing_states_no_licence(tmp_path: Path, card: bytes | None) -> None:
    if card is not None:
        (tmp_path / "README.md").write_bytes(card)
    known = read_provenance(tmp_path)
    assert known.name == tmp_path.name
    assert known.licence == "not stated"
    assert known.recordings_from == ()
    assert known.training is None


def test_a_card_larger_than_any_is_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_bytes(b" " * (2**20 + 1))
    with pytest.raises(ModelError, match=r"README\.md: cannot be read"):
        read_provenance(tmp_path)
