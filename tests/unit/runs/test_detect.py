"""Stored scores give the tables of a scan with the same options, whatever those are, without any audio."""

from __future__ import annotations

import io
import shutil
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest

from detector.errors import ConfigurationError
from detector.operating.points import OperatingPoint, operating_toml, read_operating
from detector.presets import find_recipe
from detector.runs.detect import Changes, detect_runs
from detector.runs.shard import Shard
from detector.scanning.results import Outputs
from detector.scanning.setting import Setting
from detector.scanning.summary import Summary
from detector.tables.destination import Destination
from tests.made import Heard

from .conftest import TABLES, Archive, damage


def detect(
    archive: Archive, runs: list[str], name: str, changes: Changes | None = None, **options: object
) -> tuple[Summary, dict[str, bytes]]:
    """Make tables from runs, in a new folder."""
    folder = archive.folder / name
    folder.mkdir()
    archive.lines.clear()
    outputs = Outputs(Destination(folder / TABLES[0]), None, folder / TABLES[1])
    folders = [archive.folder / run for run in runs]
    progress = Heard(archive.lines)
    summary = detect_runs(folders, changes or Changes(), outputs, io.StringIO(), progress=progress, **options)
    return summary, archive.tables(name)


def set_point(archive: Archive, model: str, **update: object) -> None:
    """Change the operating point of a model."""
    folder = archive.folder / model
    operating = read_operating(folder, find_recipe(str(folder)).labels)
    changed = operating.model_copy(
        update={"label": tuple(point.model_copy(update=update) for point in operating.label)}
    )
    (folder / "operating.toml").write_text(operating_toml(changed), encoding="utf-8")


@pytest.mark.parametrize("model", ["window", "frame"])
@pytest.mark.parametrize("workers", [1, 3])
def test_without_options_the_tables_are_those_of_the_run(archive: Archive, model: str, workers: int) -> None:
    archive.run("run", model, threshold=0.3)
    shutil.rmtree(archive.recordings)
    summary, tables = detect(archive, ["run"], "detect", workers=workers)
    assert tables == archive.tables("run")
    assert (summary.recordings, summary.failed) == (7, 1)


@pytest.mark.parametrize("model", ["window", "frame"])
@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_another_threshold_gives_the_tables_of_a_scan_with_it(archive: Archive, model: str, threshold: float) -> None:
    archive.run("run", model)
    _, tables = detect(archive, ["run"], "detect", Changes(threshold))
    assert tables == archive.scan("scan", model, threshold=threshold)
    assert tables != archive.tables("run")


def test_ends_gap_length_and_smoothing_act_as_in_a_scan_of_a_model_that_has_them(archive: Archive) -> None:
    archive.run("run")
    settings = {"level": 0.9, "depth": 0.05, "gap_s": 3.6, "shortest_s": 0.35, "smooth_s": 0.5}
    _, tables = detect(archive, ["run"], "detect", Changes(0.2, **settings))
    set_point(archive, "frame", **settings)
    assert tables == archive.scan("scan", threshold=0.2)
    for name in settings.keys() - {"depth"}:  # no peak of a tone has a dip
        changes = Changes(0.2, **{name: settings[name]})
        assert detect(archive, ["run"], str(changes), changes)[1] not in (tables, archive.tables("run"))


def test_every_setting_that_is_given_changes_the_point_and_no_other() -> None:
    point = OperatingPoint(name="x", smooth_s=0.1)
    settings = {"level": 0.4, "depth": 0.1, "gap_s": 0.2, "shortest_s": 0.3, "smooth_s": 0.4}
    for name, value in settings.items():
        assert Changes(**{name: value}).of_point(point) == point.model_copy(update={name: value})
    assert Changes(smooth_s=0.0).of_point(point).smooth_s is None
    parted = point.model_copy(update={"onset_threshold": 0.7})
    assert Changes(onset_threshold=0.0).of_point(parted) == point
    assert Changes(onset_threshold=0.9).of_point(parted).onset_threshold == 0.9
    assert Changes().of_point(point) == point


def test_the_points_that_a_model_has_now_are_used_when_it_is_named(archive: Archive) -> None:
    archive.run("run", threshold=0.3)
    before = archive.tables("run")
    set_point(archive, "frame", threshold=1.0)
    assert detect(archive, ["run"], "as-scanned")[1] == before
    _, tables = detect(archive, ["run"], "now", model=archive.folder / "frame")
    assert tables == archive.scan("scan")
    assert tables != before


def test_a_zone_can_be_given_to_the_times_of_a_run_later(archive: Archive) -> None:
    shutil.copy(archive.recordings / "f.wav", archive.recordings / "g_20240511_053000.wav")
    zone = timezone(timedelta(hours=10))
    archive.run("zoned", setting=Setting(workers=2, timezone=zone))
    archive.run("run")
    assert b"+10:00" in archive.tables("zoned")["detections.csv"]
    assert detect(archive, ["run"], "later", Changes(timezone=zone))[1] == archive.tables("zoned")
    assert detect(archive, ["zoned"], "other", Changes(timezone=UTC))[1] == archive.tables("zoned")


def test_scores_are_written_as_a_scan_writes_them(archive: Archive) -> None:
    archive.scan("scan", "frame")
    archive.run("run")
    scores = archive.folder / "scores.csv"
    detect_runs([archive.folder / "run"], Changes(), Outputs(Destination(), scores), io.StringIO())
    assert scores.read_bytes() == (archive.folder / "scan" / "scores.csv").read_bytes()


def test_another_model_is_refused(archive: Archive) -> None:
    archive.run("run")
    with pytest.raises(ConfigurationError, match=r"window: did not make the scores of .*run"):
        detect(archive, ["run"], "detect", model=archive.folder / "window")


def test_a_run_without_scores_is_refused(archive: Archive) -> None:
    archive.run("run", keep="none")
    with pytest.raises(ConfigurationError, match="keeps no scores"):
        detect(archive, ["run"], "detect")


def test_of_an_unfinished_run_what_is_done_is_written_and_the_rest_named(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("detector.runs.scoring.PartStore.drop", stop)
        with pytest.raises(KeyboardInterrupt):
            archive.run("run")
    summary, tables = detect(archive, ["run"], "detect")
    assert summary.recordings == 1
    assert any("6 of 7" in line for line in archive.lines)
    assert archive.scan("scan")["detections.csv"].startswith(tables["detections.csv"])


def test_damaged_scores_fail_their_recording_and_no_other(archive: Archive) -> None:
    archive.run("run")
    damage(archive.folder / "run", "1.wav", 0)
    summary, tables = detect(archive, ["run"], "detect")
    assert summary.failed == 2
    assert any("1.wav: " in line for line in archive.lines)
    assert tables["detections.csv"].count(b"\n") == archive.tables("run")["detections.csv"].count(b"\n") - 1


@pytest.mark.parametrize("count", [2, 3, 9])
def test_shards_read_as_one_run_give_the_tables_of_one_scan(archive: Archive, count: int) -> None:
    for number in range(1, count + 1):
        archive.run(f"run-{number}", shard=Shard(number=number, count=count))
    names = [f"run-{number}" for number in range(count, 0, -1)]
    assert detect(archive, names, "detect")[1] == archive.scan("scan")


def test_runs_that_do_not_belong_together_are_refused(archive: Archive) -> None:
    archive.run("run")
    archive.run("copy")
    with pytest.raises(ConfigurationError, match=r"run and .*copy"):
        detect(archive, ["run", "copy"], "twice")
    archive.run("other", setting=Setting(hop_s=0.2))
    with pytest.raises(ConfigurationError, match=r"do not belong together: `scan.hop_s` as by default, not 0\.2"):
        detect(archive, ["run", "other"], "mixed")


def test_scores_of_two_devices_do_not_belong_together_whatever_comes_first(archive: Archive) -> None:
    for number in (1, 2, 9):
        archive.run(str(number), shard=Shard(number=number, count=9))
    settings = archive.folder / "2" / "run.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("float32-cpu", "tf32-cuda"), encoding="utf-8")
    for n, names in enumerate((["9", "1", "2"], ["9", "2", "1"], ["1", "9", "2"])):
        with pytest.raises(ConfigurationError, match="tf32-cuda"):
            detect(archive, names, f"detect-{n}")


def test_tables_that_name_the_threshold_name_that_of_the_run(archive: Archive) -> None:
    archive.run("run", threshold=0.3)
    table = archive.folder / "d.xml"
    detect_runs([archive.folder / "run"], Changes(), Outputs(Destination.named(table)), io.StringIO())
    assert "<Threshold>0.3</Threshold>" in table.read_text(encoding="utf-8")


def test_runs_of_different_recordings_follow_one_another(archive: Archive) -> None:
    archive.run("first")
    moved = archive.recordings.rename(archive.folder / "season-1")
    archive.recordings.mkdir()
    shutil.copy(moved / "f.wav", archive.recordings / "g.wav")
    archive.run("second")
    tables = detect(archive, ["first", "second"], "both")[1]
    second = archive.tables("second")["detections.csv"].split(b"\n", 1)[1]
    assert tables["detections.csv"] == archive.tables("first")["detections.csv"] + second


def test_a_run_is_no_place_for_outputs_of_another_command(archive: Archive) -> None:
    archive.run("run")
    table: Path = archive.folder / "run" / "detections.csv"
    before = table.read_bytes()
    for outputs in (Outputs(Destination(table), force=True), Outputs(effort=table.parent / "new.csv")):
        with pytest.raises(ConfigurationError, match="lies in a run"):
            detect_runs([archive.folder / "run"], Changes(0.9), outputs, io.StringIO())
    assert table.read_bytes() == before
