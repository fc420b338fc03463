"""The best detections of each label."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detector.cutouts.best import Best
from detector.events import Event
from detector.place import place_of
from detector.tables.detection import Detection

ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.sampled_from([None, 0.0, 0.1, 0.5, 0.9])), max_size=40
)


@given(ROWS, st.integers(1, 5))
def test_the_highest_scores_of_each_label_are_kept_and_of_equal_ones_the_first(
    rows: list[tuple[str, str, float | None]], most: int
) -> None:
    best = Best(most)
    recordings = sorted({recording for _, recording, _ in rows})
    n = 0
    expected = []
    for recording in recordings:
        for label, of, score in rows:
            if of == recording:
                detection = Detection(recording, "0", Event(n, n + 1, label, score=score))
                best.add(place_of(recording), detection)
                expected.append(detection)
                n += 1
    kept = [
        row
        for label in "ab"
        for row in sorted(
            (row for row in expected if row.event.label == label),
            key=lambda row: (-(-1 if row.event.score is None else row.event.score), row.event.start_s),
        )[:most]
    ]
    found = [row for _, of_recording in best.by_recording() for row in of_recording]
    assert found == sorted(kept, key=lambda row: row.event.start_s)
    assert [str(place) for place, _ in best.by_recording()] == list(dict.fromkeys(row.recording for row in found))


def test_a_scan_and_its_table_in_any_order_have_the_same_best_rows() -> None:
    scores = {("b", 1.0): 0.99994, ("a", 2.0): 0.99991, ("a", 1.00044): 0.99989, ("a", 3.0): 0.99984, ("c", 0.0): 0.5}
    scanned = [
        Detection(recording, "0", Event(start, start + 1, "owl", score=score))
        for (recording, start), score in scores.items()
    ]
    written = [
        Detection(
            row.recording, "0", Event(round(row.event.start_s, 3), 9, "owl", score=round(row.event.score or 0, 4))
        )
        for row in scanned
    ]
    for rows in (scanned, scanned[::-1], written, written[::-1]):
        best = Best(2)
        for row in rows:
            best.add(place_of(row.recording), row)
        kept = [
            (row.recording, round(row.event.start_s)) for _, of_recording in best.by_recording() for row in of_recording
        ]
        assert sorted(kept) == [("a", 1), ("a", 2)]
