from __future__ import annotations

from pathlib import Path

import pytest

from detector.errors import AnnotationError, ConfigurationError
from detector.evaluation.material import Material, Unit
from detector.evaluation.request import EvaluateRequest
from detector.evaluation.tables import read_material
from detector.labels import LabelRules
from detector.tables.table import ReadOptions

DETECTIONS = "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time\n"
EFFORT = "recording,channel,status,seconds,scanned_s,start_time,time_source,detail\n"
CALLS = "recording,start_s,end_s,label\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go into a folder with detections in a.wav and b.wav."""
    monkeypatch.chdir(tmp_path)
    write("found.csv", DETECTIONS + "in/a.wav,mix,0,1,,,x,0.9,\nin/b.wav,mix,5,6,,,x,0.4,\n")
    write("calls.csv", CALLS + "a.wav,0,1,x\nc.wav,3,4,x\n")
    return tmp_path


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def read(**changed: object) -> tuple[Material, str]:
    material, notes = read_material(EvaluateRequest(Path("found.csv"), Path("calls.csv"), **changed))  # type: ignore[arg-type]
    return material, "\n".join(notes)


def spans(events: object) -> list[tuple[float, float, str]]:
    return [(one.start_s, one.end_s, one.label) for one in events]  # type: ignore[attr-defined]


def test_without_effort_the_recordings_are_those_that_the_tables_name(folder: Path) -> None:
    material, notes = read()
    assert [unit.recording for unit in material.units] == ["c.wav", "in/a.wav", "in/b.wav"]
    assert spans(material.reference[Unit("in/a.wav")]) == [(0, 1, "x")]
    assert material.estimated[Unit("c.wav")] == []
    assert "1 annotated recording without detections" in notes
    assert "1 recording not named in calls.csv" in notes
    assert dict(material.seconds) == {}


def test_recordings_that_were_scanned_are_in_and_those_that_were_not_are_out_and_said(folder: Path) -> None:
    rows = (
        "in/a.wav,mix,ok,60,60,,,",
        "in/b.wav,mix,ok,60,60,,,",
        "in/d.wav,mix,ok,60,60,,,",
        "in/e.wav,,failed,,0,,,no",
    )
    effort = write("effort.csv", EFFORT + "\n".join(rows) + "\n")
    material, notes = read(effort=effort)
    assert [unit.recording for unit in material.units] == ["in/a.wav", "in/b.wav", "in/d.wav"]
    assert material.durations.sum() == 180
    assert "c.wav: no such recording was scanned; 1 annotation left out" in notes
    assert "in/e.wav: left out" in notes
    only, _ = read(effort=effort, annotated_only=True)
    assert [unit.recording for unit in only.units] == ["in/a.wav"]


def test_events_behind_the_holes_of_a_damaged_recording_are_in_and_hours_are_those_scanned(folder: Path) -> None:
    rows = "in/a.wav,mix,damaged,60,20,,,\nin/b.wav,mix,truncated,60,4,,,\n"
    write(
        "found.csv",
        DETECTIONS + "in/a.wav,mix,50,51,,,x,0.9,\nin/a.wav,mix,70,71,,,x,0.9,\nin/b.wav,mix,5,6,,,x,0.4,\n",
    )
    material, notes = read(effort=write("effort.csv", EFFORT + rows))
    assert spans(material.estimated[Unit("in/a.wav", "mix")]) == [(50, 51, "x")]
    assert material.estimated[Unit("in/b.wav", "mix")] == []
    assert material.durations.tolist() == [20, 4]
    assert "2 detections left out" in notes


def test_events_after_the_end_of_what_was_scanned_are_out(folder: Path) -> None:
    write("calls.csv", CALLS + "a.wav,0,1,x\na.wav,29.5,31,x\na.wav,30,31,x\n")
    effort = write("effort.csv", EFFORT + "in/a.wav,mix,truncated,60,30,,,\nin/b.wav,mix,ok,60,60,,,\n")
    material, notes = read(effort=effort)
    assert spans(material.reference[Unit("in/a.wav", "mix")]) == [(0, 1, "x"), (29.5, 31, "x")]
    assert "1 annotation left out" in notes


def test_hours_are_shared_among_recordings_of_unknown_length(folder: Path) -> None:
    material, _ = read(hours=3.0)
    assert material.durations.tolist() == [3600] * 3
    with pytest.raises(ConfigurationError, match=r"^`hours`"):
        read(hours=3.0, effort=write("effort.csv", EFFORT))


def test_channels_are_apart_where_several_were_scanned(folder: Path) -> None:
    write("found.csv", DETECTIONS + "a.wav,0,0,1,,,x,0.9,\na.wav,1,0,1,,,x,0.8,\n")
    write("calls.csv", "recording,start_s,end_s,label,channel\na.wav,0,1,x,1\na.wav,5,6,x,\na.wav,8,9,x,2\n")
    effort = write("effort.csv", EFFORT + "a.wav,0,ok,60,60,,,\na.wav,1,ok,60,60,,,\n")
    for material, notes in (read(), read(effort=effort)):
        assert spans(material.reference[Unit("a.wav", "0")]) == [(5, 6, "x")]
        assert spans(material.reference[Unit("a.wav", "1")]) == [(0, 1, "x"), (5, 6, "x")]
        assert [one.score for one in material.estimated[Unit("a.wav", "1")]] == [0.8]
        assert "1 annotation left out" in notes


def test_a_mix_has_the_annotations_of_all_channels_once(folder: Path) -> None:
    write("calls.csv", "recording,start_s,end_s,label,channel\na.wav,0,1,x,0\na.wav,0,1,x,1\nb.wav,2,3,x,1\n")
    material, _ = read()
    assert spans(material.reference[Unit("in/a.wav")]) == [(0, 1, "x")]
    assert spans(material.reference[Unit("in/b.wav")]) == [(2, 3, "x")]


def test_rows_that_are_alike_count_once_and_are_said(folder: Path) -> None:
    rows = "in/a.wav,mix,0,1,,,x,0.9,\n"
    write("found.csv", DETECTIONS + rows * 3 + "in/a.wav,mix,0,1,,,x,0.8,\nin/a.wav,mix,0,1,,,y,0.9,\n" + rows)
    write("calls.csv", CALLS + "a.wav,0,1,x\n" * 2)
    material, notes = read()
    found = material.estimated[Unit("in/a.wav")]
    assert [(one.label, one.score) for one in found] == [("x", 0.9), ("x", 0.8), ("y", 0.9)]
    assert spans(material.reference[Unit("in/a.wav")]) == [(0, 1, "x")]
    assert "1 annotation left out" in notes
    assert "3 detections left out" in notes
    unheard = "in/a.wav,mix,90,91,,,x,0.9,\nin/z.wav,mix,0,1,,,x,0.9,\n"
    write("found.csv", DETECTIONS + "in/a.wav,mix,0,1,,,x,0.9,\n" + unheard * 2)
    write("calls.csv", "recording,start_s,end_s,label,channel\na.wav,0,1,x,0\na.wav,0,1,x,1\n")
    effort = write("effort.csv", EFFORT + "in/a.wav,mix,ok,60,60,,,\n")
    assert "earlier" not in read(effort=effort)[1]  # what was not scanned; two channels in a mix


def test_rules_for_labels_hold_by_old_and_by_new_name(folder: Path) -> None:
    write("calls.csv", CALLS + "a.wav,0,1,song\na.wav,2,3,UNK\na.wav,4,5,wind\na.wav,6,7,y\n")
    rules = LabelRules({"song": "x", "UNK": "?"}, frozenset({"wind"}), frozenset({"?"}), ("x",))
    material, _ = read(rules=rules)
    assert spans(material.reference[Unit("in/a.wav")]) == [(0, 1, "x")]
    assert list(material.uncertain[Unit("in/a.wav")]) == [(2, 3)]
    renamed, _ = read(rules=LabelRules({"*": "call"}))
    assert {one.label for events in (*renamed.reference.values(), *renamed.estimated.values()) for one in events} == {
        "call"
    }


def test_labels_that_only_one_table_has_are_said(folder: Path) -> None:
    write("calls.csv", CALLS + "a.wav,0,1,song\n")
    _, notes = read()
    assert "found.csv: only here are the labels x (`rename`" in notes
    assert "calls.csv: only here are the labels song" in notes


def test_labels_that_are_asked_for_and_in_no_table_are_said(folder: Path) -> None:
    rules = LabelRules({"song": "x", "*": "y"}, frozenset({"wind"}), frozenset({"UNKK"}), ("y", "frog"))
    _, notes = read(rules=rules)
    for told in ("`rename`: no row has the label song", "`rules.background`: no row has the label wind"):
        assert told in notes
    assert "`rules.uncertain`: no row has the label UNKK" in notes
    assert "`rules.only`: no row has the label frog\n" in notes + "\n"
    _, notes = read(rules=LabelRules({"x": "y"}, frozenset(), frozenset({"y"}), ("y",)))
    assert "no row has" not in notes


def test_a_label_fills_what_has_none_in_both_tables(folder: Path) -> None:
    write("found.csv", "recording,start_s,end_s,score\na.wav,0,1,0.5\n")
    write("calls.csv", "recording,start_s,end_s\na.wav,0,1\n")
    material, _ = read(read=ReadOptions(label="owl"))
    assert spans(material.reference[Unit("a.wav")]) == spans(material.estimated[Unit("a.wav")]) == [(0, 1, "owl")]
    with pytest.raises(AnnotationError, match="its label is empty"):
        read()


def test_a_selection_table_stands_for_its_recording_without_rows(folder: Path) -> None:
    head = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation\n"
    write("tables/a.Table.1.selections.txt", head + "1\tSpectrogram 1\t1\t0\t1\t\t\tx\n")
    write("tables/d.Table.1.selections.txt", head)
    material, notes = read_material(EvaluateRequest(Path("found.csv"), Path("tables")))
    assert [unit.recording for unit in material.units] == ["in/a.wav", "in/b.wav", "tables/d"]
    assert "1 recording not named" in notes[-1]


def test_two_label_files_are_about_one_recording_whatever_they_are_called(folder: Path) -> None:
    mine, hers = write("mine.txt", "0.0\t1.0\tx\n"), write("hers.txt", "0.1\t1.0\tx\n")
    material, notes = read_material(EvaluateRequest(mine, hers))
    assert spans(material.reference[Unit("mine")]) == [(0.1, 1, "x")]
    assert "mine and hers" in notes[0]


def test_audio_is_called_what_a_table_calls_it(folder: Path) -> None:
    bare, other = write("mine.txt", "0.0\t1.0\tx\n"), write("hers.txt", "0.1\t1.0\tx\n")
    named = write("named.csv", CALLS + "in/d.wav,0,1,x\n")
    raven = write("a.wav.Table.1.selections.txt", "Begin Time (s)\tEnd Time (s)\tAnnotation\n0\t1\tx\n")
    for found, wanted, audio in (
        (bare, other, {"mine": ""}),
        (bare, named, {"mine": "in/d.wav"}),
        (named, bare, {"in/d.wav": "in/d.wav"}),
        (raven, other, {"a.wav": "a.wav"}),
    ):
        assert read_material(EvaluateRequest(found, wanted))[0].audio == audio
    write("some/a.txt", "0.0\t1.0\tx\n"), write("some/b.txt", "0.0\t1.0\tx\n")
    assert read_material(EvaluateRequest(Path("some"), Path("calls.csv")))[0].audio == {
        "some/a": "a.wav", "some/b": "", "c.wav": "c.wav",
    }  # fmt: skip
    effort = write("effort.csv", EFFORT + "in/mine.wav,mix,ok,60,60,,,\n")
    assert read_material(EvaluateRequest(bare, bare, effort))[0].audio == {}


def test_deployments_are_found_in_names(folder: Path) -> None:
    material, _ = read(group=r"^([a-c])\.")
    assert {unit.recording: name for unit, name in material.groups.items()} == {
        "in/a.wav": "a",
        "in/b.wav": "b",
        "c.wav": "c",
    }
    with pytest.raises(ConfigurationError, match=r"finds nothing in the name c\.wav"):
        read(group=r"^([ab])")
    with pytest.raises(ConfigurationError, match="is not a regular expression"):
        read(group="(")


def test_rows_that_cannot_be_used_are_said(folder: Path) -> None:
    write("calls.csv", CALLS + "a.wav,0,1,x\n" + "a.wav,2,1,x\n" * 5)
    _, notes = read()
    assert notes.count("is not after start_s") == 3
    assert "calls.csv: 2 more problems of this kind" in notes


@pytest.mark.parametrize("score", ["-12.5", "1.5", "1.0000001", "inf", "high"])
def test_a_score_that_is_no_number_from_0_to_1_is_never_taken_for_the_surest(folder: Path, score: str) -> None:
    write("found.csv", DETECTIONS + f"a.wav,mix,0,1,,,x,0.9,\na.wav,mix,5,6,,,x,{score},\n")
    with pytest.raises(
        AnnotationError, match=rf"^found\.csv, row 2: score '{score}': must be a number from 0 to 1, or"
    ):
        read()


@pytest.mark.parametrize("score", ["", "NA", "nan"])
def test_an_empty_score_is_none(folder: Path, score: str) -> None:
    write("found.csv", DETECTIONS + f"a.wav,mix,0,1,,,x,{score},\n")
    material, _ = read()
    assert [one.score for one in material.estimated[Unit("a.wav")]] == [None]


def test_the_score_of_an_annotation_is_of_no_account(folder: Path) -> None:
    write("calls.csv", "recording,start_s,end_s,label,score\na.wav,0,1,x,sure\n")
    material, notes = read()
    assert spans(material.reference[Unit("in/a.wav")]) == [(0, 1, "x")]
    assert "calls.csv, row 1: score 'sure' is not a number; the row is kept without it" in notes


def test_a_scan_that_found_nothing_is_a_scan_of_no_recording_in_particular(folder: Path) -> None:
    write("found.csv", DETECTIONS)
    material, _ = read()
    assert [unit.recording for unit in material.units] == ["a.wav", "c.wav"]


def test_a_name_that_may_be_several_recordings_is_left_out_and_said(folder: Path) -> None:
    write("found.csv", DETECTIONS + "one/a.wav,mix,0,1,,,x,0.9,\ntwo/a.wav,mix,5,6,,,x,0.4,\n")
    material, notes = read()
    assert [unit.recording for unit in material.units] == ["c.wav", "one/a.wav", "two/a.wav"]
    assert "a.wav: may be any of one/a.wav, two/a.wav; 1 annotation left out" in notes


def test_the_effort_of_another_scan_is_an_error(folder: Path) -> None:
    effort = write("effort.csv", EFFORT + "in/z.wav,mix,ok,60,60,,,\n")
    with pytest.raises(AnnotationError, match=r"found\.csv: .*effort"):
        read(effort=effort)
    write("found.csv", DETECTIONS)
    material, _ = read(effort=effort)  # a scan that found nothing
    assert [unit.recording for unit in material.units] == ["in/z.wav"]


def test_nothing_in_common_is_an_error(folder: Path) -> None:
    write("calls.csv", CALLS + "z.wav,0,1,x\n")
    effort = write("effort.csv", EFFORT + "in/a.wav,mix,ok,60,60,,,\n")
    with pytest.raises(AnnotationError, match="have no recording in common"):
        read(effort=effort, annotated_only=True)
