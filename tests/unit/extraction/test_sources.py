"""Sources: what labels mean, which recordings are fully annotated, and that one sound is one recording."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from detector.clips import UNCERTAIN
from detector.errors import ConfigurationError
from detector.events import Event
from detector.extraction.sources import Source, Sources, content_key, kind_of, set_groups
from detector.labels import LabelRules
from detector.tables import Annotation, AnnotationSet
from tests.made import sound, write_sound


def tables(*rows: tuple[Path, str], heard: tuple[Path, ...] = (), doubtful: tuple[Path, ...] = ()) -> AnnotationSet:
    annotations = tuple(
        Annotation(path, Event(1.0 + n, 1.5 + n, label), None, Path("t.csv"), n, None)
        for n, (path, label) in enumerate(rows)
    )
    recordings = tuple(sorted({*heard, *(path for path, _ in rows)}))
    return AnnotationSet(annotations, (), {}, recordings, doubtful)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "a.wav", sound(2.0))


@pytest.mark.parametrize(
    ("label", "rules", "found"),
    [
        ("song", LabelRules(), ("call", "song")),
        ("song", LabelRules(rename={"song": "call"}), ("call", "call")),
        ("song", LabelRules(rename={"*": "bird", "frog": "frog"}), ("call", "bird")),
        ("frog", LabelRules(rename={"*": "bird", "frog": "frog"}), ("call", "frog")),
        ("wind", LabelRules(background=frozenset({"wind"})), ("confusing", "wind")),
        ("wind", LabelRules(rename={"*": "bird"}, background=frozenset({"wind"})), ("confusing", "wind")),
        ("gust", LabelRules(rename={"gust": "wind"}, background=frozenset({"wind"})), ("confusing", "gust")),
        ("song?", LabelRules(uncertain=frozenset({"song?"})), ("uncertain", UNCERTAIN)),
        ("maybe", LabelRules(rename={"maybe": "song?"}, uncertain=frozenset({"song?"})), ("uncertain", UNCERTAIN)),
        ("frog", LabelRules(only=("song",)), ("confusing", "frog")),
        ("frog", LabelRules(rename={"frog": "song"}, only=("song",)), ("call", "song")),
    ],
)
def test_labels_mean_what_the_rules_say(label: str, rules: LabelRules, found: tuple[str, str]) -> None:
    assert kind_of(label, rules) == found


def test_rows_go_where_their_labels_say_and_the_user_is_told(recording: Path) -> None:
    sources = Sources(LabelRules(background=frozenset({"wind"}), uncertain=frozenset({"?"})))
    sources.add_annotations(tables((recording, "song"), (recording, "wind"), (recording, "?")), complete=False)
    (source,) = sources.all()
    assert [event.label for event, _ in source.calls] == ["song", UNCERTAIN]
    assert [event.label for event, _ in source.confusing] == ["wind"]
    assert sources.notes == ["label 'wind': 1 annotations taken as confusing sounds, not as calls"]


@pytest.mark.parametrize("complete", [True, False])
def test_only_a_declaration_makes_annotated_recordings_complete(recording: Path, complete: bool) -> None:
    sources = Sources(LabelRules())
    sources.add_annotations(tables((recording, "song")), complete=complete)
    assert sources.all()[0].complete == complete


def test_rows_that_cannot_be_used_forbid_background(tmp_path: Path, recording: Path) -> None:
    other = write_sound(tmp_path / "b.wav", sound(2.0, seed=1))
    sources = Sources(LabelRules())
    sources.add_annotations(tables((recording, "x"), (other, "x"), doubtful=(recording,)), complete=True)
    assert {source.path: source.complete for source in sources.all()} == {recording: False, other: True}
    (note,) = sources.notes
    assert note.startswith(f"{recording}: ")
    assert "no background" in note


def test_an_empty_table_of_a_complete_recording_says_that_it_has_no_calls(recording: Path) -> None:
    sources = Sources(LabelRules())
    sources.add_annotations(tables(heard=(recording,)), complete=True)
    (source,) = sources.all()
    assert (source.calls, source.complete) == ([], True)


def test_the_same_sound_under_two_names_and_formats_is_one_recording(tmp_path: Path) -> None:
    samples = sound(3.0).round(3)
    one, other = write_sound(tmp_path / "a.wav", samples), tmp_path / "b.flac"
    soundfile.write(tmp_path / "a.wav", samples, 8000, subtype="PCM_16")
    soundfile.write(other, soundfile.read(one, dtype="float32")[0], 8000, subtype="PCM_16")
    sources = Sources(LabelRules())
    assert sources.source(one) is sources.source(other)
    assert sources.notes == [f"{other}: has the same content as {one}; they are one recording"]


def test_different_sounds_of_one_length_are_two_recordings(tmp_path: Path) -> None:
    one, other = (write_sound(tmp_path / f"{seed}.wav", sound(3.0, seed=seed)) for seed in (1, 2))
    assert content_key(Source(one)) != content_key(Source(other))


def test_silent_and_broken_recordings_are_only_themselves(tmp_path: Path) -> None:
    paths = [write_sound(tmp_path / f"{n}.wav", sound(1.0) * 0) for n in range(2)]
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound")
    keys = {content_key(Source(path)) for path in (*paths, broken, tmp_path / "missing.wav")}
    assert len(keys) == 4


def test_annotations_win_over_a_recording_given_as_background(tmp_path: Path, recording: Path) -> None:
    twin = tmp_path / "elsewhere" / "twin.wav"
    twin.parent.mkdir()
    twin.write_bytes(recording.read_bytes())
    sources = Sources(LabelRules())
    sources.add_annotations(tables((recording, "song")), complete=False)
    sources.add_background([twin])
    (source,) = sources.all()
    assert (source.path, source.complete, len(source.calls)) == (recording, False, 1)
    assert any(note.startswith(f"{twin}: is given as background") for note in sources.notes)


def test_a_recording_given_as_background_is_complete(recording: Path) -> None:
    sources = Sources(LabelRules())
    sources.add_background([recording])
    assert [(source.complete, source.calls) for source in sources.all()] == [(True, [])]


def test_every_row_of_a_confusing_table_is_confusing(recording: Path) -> None:
    sources = Sources(LabelRules(only=("song",)))
    sources.add_confusing(tables((recording, "song"), (recording, "anything")))
    (source,) = sources.all()
    assert (len(source.confusing), source.calls, source.complete) == (2, [], False)


NAMES = ("dalby_1_20200101_1.wav", "dalby_1_20200102_2.wav", "miles_7_20200101_1.wav")


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        (None, [f"/x/{name}" for name in NAMES]),
        (r"^[a-z]+", ["dalby", "dalby", "miles"]),
        (r"^([a-z]+_\d+)_", ["dalby_1", "dalby_1", "miles_7"]),
    ],
)
def test_a_site_is_what_the_pattern_finds_in_the_name(pattern: str | None, groups: list[str]) -> None:
    sources = [Source(Path("/x") / name) for name in NAMES]
    set_groups(sources, pattern)
    assert [source.group for source in sources] == groups


@pytest.mark.parametrize(
    ("pattern", "told"),
    [("(", "is not a regular expression"), ("^miles", f"finds nothing in the name {NAMES[0]}"), ("(b)?x?", "nothing")],
)
def test_a_pattern_that_finds_no_site_is_refused(pattern: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^`group`: .*{told}"):
        set_groups([Source(Path("/x") / name) for name in NAMES], pattern)
