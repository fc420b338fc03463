"""All detections of a run, from its stored scores."""

from __future__ import annotations

import csv

import pytest

from detector.errors import ConfigurationError
from detector.labels import LabelRules
from detector.runs.every import LOWEST, EveryDetection, every_detection

from .conftest import Archive, damage


def rows(archive: Archive, name: str) -> list[tuple[str, str, str]]:
    with (archive.folder / name / "detections.csv").open(newline="", encoding="utf-8") as stream:
        return [(row["recording"], row["start_s"], row["score"]) for row in csv.DictReader(stream)]


def shown(every: EveryDetection) -> list[tuple[str, str, str]]:
    return [
        (str(row.audio_name), f"{row.event.start_s:.3f}", f"{row.event.score:.4f}") for row in every.table.annotations
    ]


@pytest.mark.parametrize("model", ["window", "frame"])
def test_all_detections_are_those_of_a_scan_with_the_lowest_threshold(archive: Archive, model: str) -> None:
    archive.run("high", model, threshold=1.0)
    archive.scan("low", model, threshold=LOWEST)
    every = every_detection(archive.folder / "high")
    assert every is not None
    assert shown(every) == rows(archive, "low")
    assert len(rows(archive, "high")) < len(rows(archive, "low"))
    assert every.thresholds == {"tone": 1.0}


def test_labels_with_the_same_threshold_may_get_the_same_name(archive: Archive) -> None:
    archive.run("run")
    every = every_detection(archive.folder / "run")
    assert every is not None
    two = EveryDetection(every.table, {"hum": 0.5, "tone": 0.5}, LOWEST)
    assert two.renamed(LabelRules({"*": "call"})) == {"call": 0.5}
    assert EveryDetection(every.table, {"hum": 0.4, "tone": 0.5}, LOWEST).renamed(LabelRules({"*": "call"})) is None
    unlike = EveryDetection(every.table, {"hum": 0.4, "tone": 0.5}, LOWEST)
    assert unlike.renamed(LabelRules(only=("tone",))) == {"tone": 0.5}


def test_a_run_without_scores_has_none(archive: Archive) -> None:
    archive.run("run", keep="none")
    assert every_detection(archive.folder / "run") is None


def test_scores_that_cannot_be_read_are_an_error_that_names_the_recording(archive: Archive) -> None:
    archive.run("run")
    damage(archive.folder / "run", "b/2.wav", 0)
    with pytest.raises(ConfigurationError, match=r"b/2\.wav"):
        every_detection(archive.folder / "run")


def test_a_run_that_lost_results_is_refused(archive: Archive) -> None:
    archive.run("run")
    data = archive.folder / "run" / "results.data"
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    with pytest.raises(ConfigurationError, match="has no result"):
        every_detection(archive.folder / "run")
