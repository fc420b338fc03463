"""Names of clips."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detector.cutouts.names import ClipNames, safe
from detector.events import Event
from detector.tables.detection import Detection

TEXTS = st.text(max_size=300)
ROWS = st.builds(
    lambda recording, label, score, start_s: Detection(recording, "0", Event(start_s, start_s + 1, label, score=score)),
    st.one_of(TEXTS, st.sampled_from(["a/x.wav", "b/x.wav", "b/X.flac", ".wav", "..", ""])),
    st.one_of(TEXTS, st.sampled_from(["call", "Call", "", ".", "CON", "-rf", "caf\u00e9", "cafe\u0301", "\udcff"])),
    st.one_of(st.none(), st.floats(0, 1)),
    st.sampled_from([0.0, 1.5, 99999.125]),
)


@given(st.lists(ROWS, max_size=30))
def test_every_file_system_takes_a_name_and_no_two_are_the_same(rows: list[Detection]) -> None:
    names = ClipNames()
    given_names = [names.next(row) for row in rows]
    for name in given_names:
        assert name.endswith(".wav")
        assert name.isprintable()
        assert not set('/\\:*?"<>|') & set(name)
        assert name[0] not in ".- "
        assert len(name.encode()) <= 255
    assert len({name.casefold() for name in given_names}) == len(rows)


@given(st.text(min_size=1), st.integers(4, 100))
def test_a_plain_text_stays_as_it_is(text: str, most: int) -> None:
    once = safe(text, most)
    assert len(once.encode()) <= most
    assert safe(once, most) == once


def test_a_name_tells_label_score_recording_and_onset_and_sorts_by_them() -> None:
    names = ClipNames()

    def name(label: str, score: float) -> str:
        return names.next(Detection("x/SITE1_20210315_142233.wav", "0", Event(12.345, 13, label, score=score)))

    assert name("call", 0.98765) == "call_0.9877_SITE1_20210315_142233_12.345.wav"
    made = [name("b", 0.1), name("a", 1.0), name("b", 0.05), name("a", 0.5)]
    assert [made.index(each) for each in sorted(made)] == [3, 1, 2, 0]


def test_rows_of_one_name_get_numbers() -> None:
    names = ClipNames()
    event = Event(1.0, 2.0, "call", score=0.5)
    rows = [Detection("a/x.wav", "0", event), Detection("a/x.wav", "1", event), Detection("b/X.wav", "0", event)]
    assert [names.next(row) for row in rows] == [
        "call_0.5000_x_1.000.wav",
        "call_0.5000_x_1.000-2.wav",
        "call_0.5000_X_1.000-3.wav",
    ]
