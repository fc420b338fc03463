"""Tethys documents: what they need, what they say of the effort, and those of other programs."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import pytest

from detector.errors import AnnotationError, OutputError
from detector.events import Event
from detector.tables import Detection, Table, WriteOptions, read_tables, tethys, write_table
from detector.tables.origin import Searched
from detector.tables.sink import Sink
from detector.tables.tethys import TethysWriter

NAMESPACE = "{http://tethys.sdsu.edu/schema/1.0}"
TIMED = Detection("s/a.wav", "0", Event(1, 2, "owl"), "2021-03-15T14:22:34+00:00")
UNTIMED = Detection("s/a.wav", "0", Event(1, 2, "owl"))
ZONELESS = Detection("s/a.wav", "0", Event(1, 2, "owl"), "2021-03-15T14:22:34.000")


def document(rows: list[Detection], *searched: Searched) -> tuple[ElementTree.Element, TethysWriter]:
    stream = io.StringIO()
    writer = TethysWriter(Sink(stream), WriteOptions(leave_out=True))
    writer.add(rows)
    for recording in searched:
        writer.cover(recording)
    writer.finish()
    return ElementTree.fromstring(stream.getvalue()), writer


def texts(root: ElementTree.Element, path: str) -> list[str | None]:
    return [found.text for found in root.findall("/".join(NAMESPACE + name for name in path.split("/")))]


def test_a_detection_without_an_instant_is_an_error_or_counted_by_its_reason() -> None:
    for row in (UNTIMED, ZONELESS):
        with pytest.raises(OutputError, match=r"s/a\.wav, 'owl' at 1\.000 s: .*absolute time"):
            write_table([row], io.StringIO(), "tethys")
    root, writer = document([TIMED, UNTIMED, ZONELESS, ZONELESS])
    assert texts(root, "OnEffort/Detection/Start") == ["2021-03-15T14:22:34.000Z"]
    assert (writer.tally.n_written, sorted(writer.tally.left_out.values())) == (1, [1, 2])


def test_effort_is_that_of_the_recordings_with_the_gaps_between_them() -> None:
    root, writer = document(
        [TIMED],
        Searched("s/b.wav", 60, "2021-03-15T16:00:00+00:00", "2021-03-15T16:01:00+00:00"),
        Searched("s/a.wav", 60, "2021-03-15T14:00:00+00:00", "2021-03-15T14:01:00+00:00"),
        Searched("s/a2.wav", 60, "2021-03-15T14:01:00.500+00:00", "2021-03-15T14:02:00.500+00:00"),
        Searched("s/c.wav", 60),
    )
    assert texts(root, "Effort/Start") == ["2021-03-15T14:00:00.000Z"]
    assert texts(root, "Effort/End") == ["2021-03-15T16:01:00.000Z"]
    assert texts(root, "Effort/AnalysisGaps/Aperiodic/Start") == ["2021-03-15T14:02:00.500Z"]
    assert texts(root, "Effort/AnalysisGaps/Aperiodic/End") == ["2021-03-15T16:00:00.000Z"]
    (remark,) = writer.tally.remarks
    assert "1 recording " in remark


def test_without_recordings_effort_is_that_of_the_detections_and_this_is_said() -> None:
    root, writer = document([TIMED])
    assert texts(root, "Effort/Start") == ["2021-03-15T14:22:34.000Z"]
    assert texts(root, "Effort/End") == ["2021-03-15T14:22:35.000Z"]
    assert len(writer.tally.remarks) == 1
    root, writer = document([])
    assert texts(root, "Effort/Start") == []
    assert len(writer.tally.remarks) == 1


def test_the_deployment_is_the_deepest_folder_of_all_recordings() -> None:
    rows = [TIMED, Detection("s/sub/b.wav", "0", TIMED.event, TIMED.start_time)]
    assert texts(document(rows)[0], "DataSource/DeploymentId") == ["s"]
    assert texts(
        document([Detection("/x.wav", "0", TIMED.event, TIMED.start_time), TIMED])[0], "DataSource/DeploymentId"
    ) == ["unknown"]


def test_many_detections_wait_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tethys, "SPOOL_BYTES", 10)
    root, _ = document([TIMED] * 3)
    assert len(texts(root, "OnEffort/Detection/Start")) == 3


def test_what_xml_cannot_hold_becomes_an_escape() -> None:
    root, _ = document([Detection("\udce9.wav", "0", Event(1, 2, "a\x0bb\r"), TIMED.start_time)])
    assert texts(root, "OnEffort/Detection/Input_file") == ["\\udce9.wav"]
    assert texts(root, "OnEffort/Detection/Call") == ["a\\x0bb\r"]


def read(folder: Path, detection: str, head: str = "") -> Table:
    text = f'{head}<Detections xmlns="http://tethys.sdsu.edu/schema/1.0"><OnEffort>{detection}</OnEffort></Detections>'
    (folder / "a.xml").write_text(text, encoding="utf-8")
    (table,), _ = read_tables(folder / "a.xml")
    return table


FOREIGN = (
    "<Detection><Input_file>20210601_000000Z.wav</Input_file><Start>2021-06-01T00:00:12.345678Z</Start>"
    "<End>2021-06-01T02:01:30+02:00</End><Channel>2</Channel><SpeciesId Group='NBHF'>180473</SpeciesId>"
    "<Call>Clicks</Call><Call>Buzz</Call><Parameters><Score>0.93</Score><SNR_dB>18</SNR_dB>"
    "<MinFreq_Hz>115000</MinFreq_Hz></Parameters></Detection>"
)


def test_a_document_of_another_program_gives_onsets_from_the_time_in_the_name(tmp_path: Path) -> None:
    (row,) = read(tmp_path, FOREIGN, '<?xml version="1.0"?>\n<!-- made by hand -->\n').annotations
    assert (row.audio_name, row.channel) == ("20210601_000000Z.wav", "2")
    assert row.event == Event(12.345678, pytest.approx(90), "180473 Clicks", 115000, None, 0.93)
    assert row.start_time == "2021-06-01T00:00:12.345678+00:00"


@pytest.mark.parametrize(
    "changed",
    [
        ("20210601_000000Z.wav", "a.wav"),
        ("20210601_000000Z.wav", "20210601_000000.wav"),
        ("20210601_000000Z.wav", "20220601_000000Z.wav"),
        ("2021-06-01T00:00:12.345678Z", "2021-06-01T00:00:12"),
        ("<End>2021-06-01T02:01:30+02:00</End>", ""),
    ],
)
def test_a_detection_without_a_known_onset_or_end_is_a_problem(tmp_path: Path, changed: tuple[str, str]) -> None:
    table = read(tmp_path, FOREIGN.replace(*changed))
    assert not table.annotations
    assert [problem.row for problem in table.problems] == [1]


@pytest.mark.parametrize(
    "text",
    ["<Detections", "<Detections><a></Detections>", '<!DOCTYPE a [<!ENTITY b "c">]><Detections>&b;</Detections>'],
)
def test_a_damaged_or_dangerous_document_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(AnnotationError, match=r"a\.xml: "):
        read_tables(tmp_path / "a.xml")


def test_other_xml_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<ST><CFG/></ST>")
    with pytest.raises(AnnotationError, match=r"a\.xml: is empty, or not a table"):
        read_tables(tmp_path / "a.xml")
