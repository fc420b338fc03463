"""What is lost is said of rows that are written, so that nobody takes them for lost rows."""

from __future__ import annotations

from detector.tables.tally import Tally


def lines_of(*rows: tuple[list[str], str]) -> list[str]:
    tally = Tally()
    for lost, refusal in rows:
        tally.count(lost, refusal)
    return list(tally.lines("raven"))


def test_a_line_gives_the_rows_that_are_written_and_the_fields_that_they_lost() -> None:
    (line,) = lines_of((["channel", "start_time"], ""), (["channel", "start_time"], ""))
    assert all(text in line for text in ("raven", "wrote 2 rows", "channel", "start_time"))
    assert line.count("2") == 1


def test_a_field_that_only_some_rows_lost_has_their_number() -> None:
    (line,) = lines_of((["channel", "band"], ""), (["channel"], ""), (["channel"], ""))
    assert "wrote 3 rows" in line
    assert line.index("channel") < line.index("band") < line.index("1 row")


def test_rows_that_are_left_out_have_a_line_of_their_own() -> None:
    written, left_out = lines_of((["channel"], ""), ([], "it has no absolute time"))
    assert "wrote 1 row," in written
    assert all(text in left_out for text in ("1 row", "it has no absolute time"))


def test_nothing_is_said_if_nothing_is_lost() -> None:
    assert lines_of(([], ""), ([], "")) == []
