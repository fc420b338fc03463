"""What the training annotations say of each label."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.clips import LabelFacts
from detector.events import Event
from detector.extraction.facts import crowded, label_facts
from detector.extraction.sources import Source
from tests.made import recipe

MADE = recipe(labels={"names": ["a", "b", "c"]})


def source(split: str, *events: Event) -> Source:
    return Source(Path(f"{split}.wav"), [(event, None) for event in events], split=split)


def test_lengths_gaps_and_bands_are_those_of_the_training_split() -> None:
    facts = label_facts(
        [
            source("train", Event(5.0, 5.5, "a", 200, 400), Event(1.0, 1.5, "a"), Event(2.0, 4.0, "b")),
            source("train", Event(0.0, 0.5, "a", 100, None), Event(0.4, 1.0, "a")),
            source("test", Event(0.0, 9.0, "a", 1, 2), Event(0.0, 9.0, "c")),
        ],
        MADE,
    )
    assert facts == {
        "a": LabelFacts(4, 0.5, pytest.approx(0.5), pytest.approx(3.5), 200.0, 400.0),
        "b": LabelFacts(1, 2.0, 2.0, None, None, None),
    }


def test_calls_that_follow_each_other_within_a_window_are_told(tmp_path: Path) -> None:
    made = recipe(labels={"names": ["a", "b", "c"]}, window={"duration": 1.0})
    close = [Event(float(start), start + 0.1, "a") for start in (0.0, 0.9, 2.0, 2.8)]  # 0.9, 1.1 and 0.8 s apart
    sources = [
        source("train", *close, Event(0.0, 0.1, "b"), Event(0.5, 0.6, "b"), Event(2.0, 2.1, "b"), Event(0.2, 0.3, "c")),
        source("train", Event(0.1, 0.2, "c")),  # another recording
        source("test", *(Event(n / 10, n / 10 + 0.05, "c") for n in range(9))),
    ]
    (told,) = crowded(sources, made)
    assert told.startswith("label 'a': 2 of 3 calls")
    assert not list(crowded(sources, recipe(labels={"names": ["a"]}, network={"dense": {"per": "frame"}})))


def test_a_band_is_given_only_where_most_bands_are_alike() -> None:
    alike = [Event(n, n + 0.5, "a", 400 + 10 * n, 800 + 10 * n) for n in range(5)]
    apart = [Event(n, n + 0.5, "a", 100 * 3**n, 110 * 3**n) for n in range(5)]
    bands = [
        (facts["a"].low_hz, facts["a"].high_hz)
        for facts in (label_facts([source("train", *events)], MADE) for events in (alike, apart))
    ]
    assert bands == [(420.0, 820.0), (None, None)]
