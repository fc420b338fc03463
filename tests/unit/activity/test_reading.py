"""Detections and effort are summed without loss, however they are grouped; no effort is no rate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import DrawFn, composite, integers, lists, none, one_of, sampled_from, tuples

from detector.activity.hours import HOUR_MS
from detector.activity.reading import read_activity
from detector.activity.report import as_object, as_rows, as_text
from detector.activity.sums import Activity, Rate
from detector.chronology import Chronology, Piece
from detector.errors import AnnotationError, ParameterError
from detector.place import LocalPlace
from detector.tables.effort import Effort

HEAD = "recording,channel,start_s,end_s,label,score,start_time\n"
START = datetime(2021, 3, 15, 22, 30, tzinfo=timezone(timedelta(hours=10)))


def effort(name: str, start: datetime | None = START, seconds: float = 3600.0, channel: str = "0") -> Effort:
    chronology = None if start is None else Chronology.since(start, "filename", "x")
    return Effort(LocalPlace(Path(name)), channel, "ok", seconds, seconds, chronology)


def table(folder: Path, *rows: str) -> Path:
    path = folder / "found.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


@composite
def scans(draw: DrawFn) -> tuple[list[Effort], list[str]]:
    """Draw recordings of some sites, and detections in them."""
    when = one_of(none(), integers(0, 10**6))
    recordings = draw(lists(tuples(sampled_from("ABC"), when, integers(1, 2 * 10**7)), min_size=1, max_size=8))
    rows = []
    detections = []
    for n, (site, minute, length_ms) in enumerate(recordings):
        start = None if minute is None else START + timedelta(minutes=minute)
        rows.append(effort(f"/rec/{site}/{n}.wav", start, length_ms / 1000))
        for second in draw(lists(integers(0, length_ms // 1000), max_size=5)):
            label = draw(sampled_from(["owl", "frog"]))
            detections.append(f"/rec/{site}/{n}.wav,0,{second},{second + 1},{label},0.9,")
    return rows, detections


def is_whole(activity: Activity, n_detections: int, effort_ms: int) -> bool:
    """Return whether sites hold all, and hours and days hold what has a time."""
    timed = activity.total(timed=True)
    for rates_of, total in (
        (activity.by_site(), Rate(n_detections, effort_ms)),
        (activity.by_hour(), timed),
        (activity.by_day(), timed),
    ):
        rates = list(rates_of.values())
        found = sum(rate.detections for of_label in rates for rate in of_label.values())
        spent_ms = sum(next(iter(of_label.values())).effort_ms for of_label in rates)
        if (found, spent_ms) != (total.detections, total.effort_ms):
            return False
    return activity.total() == Rate(n_detections, effort_ms)


@given(scans())
def test_sums_of_effort_and_detections_are_the_totals(
    tmp_path_factory: pytest.TempPathFactory, scan: tuple[list[Effort], list[str]]
) -> None:
    rows, detections = scan
    activity, _ = read_activity([table(tmp_path_factory.mktemp("scan"), *detections)], rows)
    total_ms = sum(round(1000 * row.scanned_s) for row in rows)
    assert is_whole(activity, len(detections), total_ms)
    cells = list(as_rows(activity))
    assert sum(int(cell[4]) for cell in cells) == len(detections)
    assert sum(float(cell[5]) for cell in cells) == pytest.approx(len(activity.labels) * total_ms / HOUR_MS, rel=1e-8)
    assert all((cell[6] == "") == (float(cell[5]) == 0) for cell in cells)


def rates(folder: Path, rows: Sequence[Effort], *detections: str) -> Activity:
    return read_activity([table(folder, *detections)], rows)[0]


def test_an_hour_without_detections_is_0_and_one_without_effort_has_no_rate(tmp_path: Path) -> None:
    by_hour = rates(tmp_path, [effort("/rec/a.wav")], "/rec/a.wav,0,60,61,owl,0.9,").by_hour()
    assert [hour for hour, of_label in by_hour.items() if of_label["owl"].per_hour is not None] == [22, 23]
    assert by_hour[22]["owl"].per_hour == 2
    assert by_hour[23]["owl"].per_hour == 0


def test_without_detections_the_effort_is_still_shown(tmp_path: Path) -> None:
    activity = rates(tmp_path, [effort("/rec/a.wav")])
    assert [(row[2], row[4], row[6]) for row in as_rows(activity)] == [("22", "0", "0"), ("23", "0", "0")]
    assert as_object(activity)["effort_h"] == 1


def test_hours_are_as_written_or_in_the_zone_that_is_asked_for(tmp_path: Path) -> None:
    found = table(tmp_path, "/rec/a.wav,0,0,1,owl,0.9,")
    as_written, _ = read_activity([found], [effort("/rec/a.wav")])
    in_utc, _ = read_activity([found], [effort("/rec/a.wav")], zone=UTC)
    for activity, zone, hour in ((as_written, "UTC+10:00", 22), (in_utc, "UTC", 12)):
        assert activity.zone == zone
        assert [hour for hour, of_label in activity.by_hour().items() if of_label["owl"].detections] == [hour]


def test_several_zones_are_named_once_with_the_option_that_makes_them_one(tmp_path: Path) -> None:
    rows = [effort("/rec/a.wav"), effort("/rec/b.wav", START.astimezone(UTC)), effort("/rec/c.wav")]
    _, notes = read_activity([table(tmp_path)], rows)
    (note,) = notes
    assert all(word in note for word in ("UTC+10:00", "`timezone`"))
    assert read_activity([table(tmp_path)], rows, zone=UTC)[1] == []


def test_every_channel_counts_as_effort(tmp_path: Path) -> None:
    rows = [effort("/rec/a.wav", channel=channel) for channel in ("0", "1")]
    activity = rates(tmp_path, rows, "/rec/a.wav,0,1,2,owl,0.9,", "/rec/a.wav,1,1,2,owl,0.9,")
    assert (activity.recordings, activity.total()) == (1, Rate(2, 2 * HOUR_MS))


@pytest.mark.parametrize(
    ("names", "group", "sites"),
    [
        (["/rec/A/1/a.wav", "/rec/B/b.wav"], None, ["A/1", "B"]),
        (["/rec/a.wav", "/rec/b.wav"], None, ["rec"]),
        (["/rec/N1_a.wav", "/rec/S2_b.wav"], "^([A-Z])", ["N", "S"]),
    ],
)
def test_a_site_is_a_folder_or_what_the_pattern_finds(
    tmp_path: Path, names: list[str], group: str | None, sites: list[str]
) -> None:
    activity, _ = read_activity([table(tmp_path)], [effort(name) for name in names], group=group)
    assert list(activity.sites) == sites


def test_recordings_without_a_start_time_are_counted_once_and_keep_their_site(tmp_path: Path) -> None:
    rows = [effort("/rec/A/a.wav"), effort("/rec/B/b.wav", None), effort("/rec/B/c.wav", None)]
    activity, (note,) = read_activity([table(tmp_path, "/rec/B/b.wav,0,1,2,owl,0.9,")], rows)
    assert "2 recordings" in note
    assert activity.by_site()["B"]["owl"] == Rate(1, 2 * HOUR_MS)
    assert sum(rates["owl"].detections for rates in activity.by_hour().values()) == 0


def test_a_recording_at_the_end_of_time_counts_as_one_without_a_start(tmp_path: Path) -> None:
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    activity, _ = read_activity([table(tmp_path, "/rec/a.wav,0,1,2,owl,0.9,")], [effort("/rec/a.wav", last)])
    assert (activity.untimed, activity.total(timed=False)) == (1, Rate(1, HOUR_MS))


def test_the_pauses_of_a_recording_are_no_effort(tmp_path: Path) -> None:
    pieces = tuple(Piece(1800.0 * n, START + timedelta(hours=3 * n), "x", 1800.0 * (n + 1)) for n in range(2))
    row = Effort(LocalPlace(Path("/rec/a.wav")), "0", "ok", 3600.0, 3600.0, Chronology(pieces, "xwav"))
    by_hour = rates(tmp_path, [row], "/rec/a.wav,0,1801,1802,owl,0.9,").by_hour()
    spent = {hour: of_label["owl"] for hour, of_label in by_hour.items() if of_label["owl"].effort_ms}
    assert spent == {22: Rate(0, HOUR_MS // 2), 1: Rate(1, HOUR_MS // 2)}


def test_a_detection_behind_a_pause_that_the_effort_does_not_show_is_noted(tmp_path: Path) -> None:
    found = table(tmp_path, "/rec/a.wav,0,1,2,owl,0.9,2021-03-16T05:00:00+10:00")
    activity, (note,) = read_activity([found], [effort("/rec/a.wav")])
    assert "pause" in note
    assert activity.by_hour()[5]["owl"] == Rate(1, 0)
    assert any(line.split() == ["05", "0", "1", "-"] for line in as_text(activity))


def test_detections_in_recordings_without_effort_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [effort("/rec/a.wav"), Effort(LocalPlace(Path("/rec/bad.wav")), "", "failed")]
    found = table(tmp_path, "/rec/a.wav,0,1,2,owl,0.9,", "/rec/other.wav,0,1,2,owl,0.9,", "/rec/bad.wav,0,1,2,owl,1,")
    activity, notes = read_activity([found], rows)
    assert activity.total().detections == 1
    assert any("other.wav" in note for note in notes)
    assert any("1 detection in" in note for note in notes)


def test_a_detection_that_two_tables_have_counts_once_with_a_word(tmp_path: Path) -> None:
    rows = ["/rec/a.wav,0,1,2,owl,0.9,", "/rec/a.wav,0,5,6,owl,0.9,", "/rec/a.wav,0,5,6,owl,0.9,"]
    (tmp_path / "copy").mkdir()
    given = [table(tmp_path, *rows), table(tmp_path / "copy", rows[0], "/rec/a.wav,1,1,2,owl,0.9,")]
    activity, notes = read_activity(given, [effort("/rec/a.wav")])
    assert activity.total().detections == len(rows) + 1
    assert [note for note in notes if "1 detection that" in note]
    assert read_activity(given[:1], [effort("/rec/a.wav")])[1] == []


def test_tables_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=r"found\.csv"):
        read_activity([table(tmp_path, "/rec/b.wav,0,1,2,owl,0.9,")], [effort("/rec/a.wav")])
    with pytest.raises(AnnotationError, match="effort"):
        read_activity([table(tmp_path)], [])
    with pytest.raises(ParameterError, match=r"group.*finds nothing"):
        read_activity([table(tmp_path)], [effort("/rec/a.wav")], group="^(Z)")


def test_rare_labels_share_columns_and_no_detection_is_lost_in_the_text(tmp_path: Path) -> None:
    detections = [f"/rec/a.wav,0,{n},{n + 1},label{n % 9},0.9," for n in range(90)]
    activity = rates(tmp_path, [effort("/rec/a.wav")], *detections)
    line = next(line for line in as_text(activity) if line.split()[:1] == ["rec"])
    assert sum(int(cell) for cell in line.split()[2::2]) == 90


def test_a_start_without_a_zone_is_taken_for_one_of_the_zone_asked_for_with_a_word(tmp_path: Path) -> None:
    local = datetime(2021, 3, 15, 22, 30)
    zoneless = [effort(f"/rec/{name}.wav", local, channel=channel) for name in "ab" for channel in "01"]
    rows = [*zoneless, effort("/rec/c.wav")]
    activity, (note,) = read_activity([table(tmp_path)], rows, zone=START.tzinfo)
    assert [hour for hour, of_label in activity.by_hour().items() if of_label[""].effort_ms] == [22, 23]
    assert all(word in note for word in ("2 recordings", "UTC+10:00", "`scan.timezone`"))
    assert read_activity([table(tmp_path)], zoneless)[1] == []
    assert read_activity([table(tmp_path)], [effort("/rec/c.wav")], zone=UTC)[1] == []


def test_a_channel_that_two_scans_have_is_refused_but_not_one_that_failed_before(tmp_path: Path) -> None:
    failed = Effort(LocalPlace(Path("/rec/a.wav")), "0", "failed")
    with pytest.raises(AnnotationError, match=r"/rec/a\.wav, channel '0'.*twice"):
        read_activity([table(tmp_path)], [effort("/rec/a.wav"), effort("/rec/a.wav")])
    activity, _ = read_activity([table(tmp_path)], [failed, effort("/rec/a.wav")])
    assert activity.total() == Rate(0, HOUR_MS)
