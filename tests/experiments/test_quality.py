"""Trials on recordings: nothing scored was learnt from, nothing is made twice, figures are what a hand works out."""

from __future__ import annotations

import csv
import json
import re
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import quality
import soundfile
from call_activity import Source, read_sources
from hard.scenes import Scene
from hard.sources import sources
from trials import activity, boobook, speed, workshop, zebra_finch
from trials.activity import ACTIVITY_EXCHANGED, CALL_ACTIVITY, auroc
from trials.boobook import BOOBOOK, calling_sites, recordings_of, site_of, truth, unsure
from trials.esc10 import ESC10, FOLDS
from trials.record import orders, read_record
from trials.result import Machine, Result, read_results, write_result
from trials.tables import Row, markdown, newest
from trials.trial import Ask, Bench, Seconds, Trial
from trials.zebra_finch import EXCHANGED, RARE_TYPES, SYLLABLE_TYPES, SYLLABLES, TWENTY_CALLS

from detector.errors import ConfigurationError
from detector.evaluation.figures import Figure
from detector.presets import find_folder, find_recipe, list_presets
from detector.recipe import Recurrent
from tests.architecture.test_documents import blocks, lines_of
from tests.made import recipe, write_recipe

SITES = ("bush_01_1", "bush_01_2", "cotton_01_3", "cotton_01_4", "wood_01_5")
ROOT = Path(__file__).resolve().parents[2]
QUICK = ROOT / "examples" / "recipes" / "quick-start.toml"
RESULTS = ROOT / "experiments" / "results"


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Make tables of 30 recordings of finches, 10 clips, and 15 recordings of owls at 5 sites, 4 of them with calls."""
    data = tmp_path / "data"
    finch = data / "zebra-finch"
    splits = ["train"] * 20 + ["validation"] * 5 + ["test"] * 5
    write(
        finch / "recordings.csv",
        "recording,split,duration_s",
        *(f"recordings/r{n}.flac,{split},10.0" for n, split in enumerate(splits)),
    )
    spans = [(n, 1.0 + i, label) for n in range(30) for i, label in enumerate("aab" if n % 6 else "ss")]
    write(
        finch / "annotations.csv",
        "file,start_s,end_s,low_hz,high_hz,label",
        *(f"recordings/r{n}.flac,{start},{start + 0.1:.1f},,,{label}" for n, start, label in spans),
        "recordings/r1.flac,5.0,4.0,,,a",
        "recordings/r1.flac,6.0,6.5,,,n",
    )
    clips = [f"x/{n}.wav,{n % 5 + 1},{'dog' if n < 5 else 'rain'}" for n in range(10)]
    write(data / "esc10" / "meta.csv", "file,fold,class", *clips)
    (data / "esc10" / "x").mkdir()
    for n in range(10):
        soundfile.write(data / "esc10" / "x" / f"{n}.wav", np.zeros(800), 8000)
    for number, site in enumerate(SITES):
        for n in range(3):
            calls = number < 4 and n <= number // 2
            name = f"{site}_7_2020010{n}_180000_30_0"
            folder = data / "boobook" / ("positive" if calls else "negative/neg_2" if n == 2 else "negative/neg_1")
            folder.mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / f"{name}.flac", np.zeros(80000), 8000)
            box = "1\tSpectrogram 1\t1\t1.0\t2.0\t300\t900\t"
            if "neg_1" not in folder.parts:
                write(folder / f"{name}.Table.1.selections.txt", RAVEN, *([box] if calls or number == 0 else []))
    return data


RAVEN = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation"

DETECTIONS = "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time"
EFFORT = "recording,channel,status,seconds,scanned_s,start_time,time_source,detail"


class Detector:
    """Stands for the command line: writes down the words and leaves folders and tables of the right shape."""

    def __init__(self) -> None:
        self.words: list[tuple[object, ...]] = []
        self.scanned: list[str] = []
        self.fails = ""

    def __call__(self, *words: object, given: str = "") -> float:
        self.words.append(words)
        if words[0] == self.fails:
            raise subprocess.CalledProcessError(130, "detector")
        after = {words[n]: words[n + 1] for n in range(len(words) - 1)}
        output = Path(str(after["-o"]))
        if words[0] != "scan":
            write(output / "training.csv", "epoch,seconds", "1,2.5", "2,3.5")
            recipe = Path(str(after["-r"])) if words[0] != "mine" else Path(str(after["-m"]), "recipe.toml")
            write(output / "recipe.toml", recipe.read_text(encoding="utf-8"))
            return 1.0
        self.scanned += given.splitlines()
        write(output, DETECTIONS, *(f"{name},mix,1.0,2.0,,,boobook,0.9," for name in given.splitlines()))
        effort = [f"{name},mix,ok,10.0,10.0,,," for name in given.splitlines()]
        write(
            Path(str(after["--effort"])),
            EFFORT,
            *effort,
        )
        if "--scores" in after:
            scores = [f"{name},mix,0.0,1.0,0.9,0.1,0.9" for name in given.splitlines()]
            write(Path(str(after["--scores"])), "recording,channel,start_s,end_s,dog,rain,call", *scores)
        return 2.0

    def count(self, command: str) -> int:
        return sum(words[0] == command for words in self.words)


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> Detector:
    stub = Detector()
    monkeypatch.setattr(workshop, "detector", stub)
    return stub


def trials(bench: Bench, data: Path, tmp_path: Path, *, development: bool, seed: int = 0) -> list[Trial]:
    return list(bench.trials(Ask(data, tmp_path / f"tables-{bench.name}-{development}-{seed}", development, seed)))


def learnt(trial: Trial) -> set[str]:
    """Name the recordings that training may see: those of the tables, or of the folders."""
    names: set[str] = set()
    for word in trial.extract:
        if isinstance(word, Path) and word.suffix == ".csv":
            names |= {Path(row["recording"]).name for row in rows(word)}
    return names


def scored(trial: Trial) -> set[str]:
    return {path.name for path in trial.scanned}


def test_recordings(data: Path) -> set[str]:
    table = rows(data / "zebra-finch" / "recordings.csv")
    return {Path(row["recording"]).name for row in table if row["split"] == "test"}


test_recordings.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize("bench", [SYLLABLES, SYLLABLE_TYPES, RARE_TYPES, TWENTY_CALLS], ids=lambda bench: bench.name)
def test_finch_tests_are_scored_in_the_end_only_and_never_learnt(bench: Bench, made: Path, tmp_path: Path) -> None:
    tests = test_recordings(made)
    development, final = (trials(bench, made, tmp_path, development=stage) for stage in (True, False))
    assert development
    assert final
    for trial in (*development, *final):
        assert learnt(trial)
        assert not learnt(trial) & tests
    assert all(scored(trial) and not scored(trial) & tests for trial in development)
    assert all(scored(trial) and scored(trial) <= tests for trial in final)


def test_exchanged_recordings_are_scored_where_they_were_learnt_from_and_the_other_way_round(
    made: Path, tmp_path: Path
) -> None:
    (usual,) = trials(SYLLABLE_TYPES, made, tmp_path, development=False)
    splits = zebra_finch.splits_of(made, zebra_finch.typed(zebra_finch.spans_of(made)))
    train = sorted(Path(name).name for name, split in splits.items() if split == "train")
    seen: set[str] = set()
    for seed in range(8):
        for trial in trials(EXCHANGED, made, tmp_path, development=False, seed=seed):
            assert scored(trial) == set(train[::4])
            assert learnt(trial) <= set(train[1::4] + train[2::4] + train[3::4]) | scored(usual)
            seen |= learnt(trial)
    assert scored(usual) <= seen
    with pytest.raises(ConfigurationError, match="--development: twenty-calls-exchanged has none"):
        trials(EXCHANGED, made, tmp_path, development=True)


def test_development_scans_no_test_recording(made: Path, tmp_path: Path, detector: Detector) -> None:
    for name in ("zebra-finch", "syllable-types", "rare-types", "twenty-calls"):
        quality.main(["run", str(made), str(tmp_path / "work"), name, "--development"])
    assert detector.scanned
    assert not {Path(name).name for name in detector.scanned} & test_recordings(made)


def test_untyped_recordings_have_no_part_in_types(made: Path, tmp_path: Path) -> None:
    for development in (True, False):
        (trial,) = trials(SYLLABLE_TYPES, made, tmp_path, development=development)
        assert not {int(name[1:-5]) % 6 for name in learnt(trial) | scored(trial)} & {0}


def test_twenty_calls_are_exactly_twenty_and_all_there_are_up_to_the_last(made: Path, tmp_path: Path) -> None:
    draws = []
    for seed in range(4):
        (trial,) = trials(TWENTY_CALLS, made, tmp_path, development=True, seed=seed)  # of b there are too few
        assert trial.part == "a"
        table = rows(Path(str(trial.extract[0])))
        calls = [(row["recording"], float(row["start_s"])) for row in table if row["label"] == "a"]
        ((name, unsure),) = [(row["recording"], float(row["start_s"])) for row in table if row["label"] == "unsure"]
        assert len(calls) == 20
        for recording, start, _, label in zebra_finch.spans_of(made):
            if label == "a" and recording in {name for name, _ in calls}:
                assert ((recording, start) in calls) != (recording == name and start >= unsure)
        draws.append(frozenset(calls))
    assert len(set(draws)) == 4


def test_of_a_rare_type_five_calls_are_known_the_others_are_uncertain_and_all_else_is_as_ever(
    made: Path, tmp_path: Path
) -> None:
    draws = []
    for seed in range(4):
        (rare,) = trials(RARE_TYPES, made, tmp_path, development=True, seed=seed)
        (usual,) = trials(SYLLABLE_TYPES, made, tmp_path, development=True)
        splits, known = (Path(str(usual.extract[at])) for at in (usual.extract.index("--split") + 1, 0))
        place = {row["recording"]: row["split"] for row in rows(splits)}
        assert rows(Path(str(rare.extract[rare.extract.index("--split") + 1]))) == rows(splits)
        assert rare.extract[rare.extract.index("--uncertain-label") + 1] == "unsure"
        assert scored(rare) == scored(usual)
        pairs = list(zip(rows(known), rows(Path(str(rare.extract[0])))))
        kept = [was["recording"] + was["start_s"] for was, now in pairs if was == now and was["label"] == "a"]
        hidden = [was for was, now in pairs if was != now]
        assert all(now == (was if was not in hidden else was | {"label": "unsure"}) for was, now in pairs)
        assert {(was["label"], place[was["recording"]]) for was in hidden} == {("a", "train")}
        trained = [was for was, _ in pairs if was["label"] == "a" and place[was["recording"]] == "train"]
        assert len(trained) - len(hidden) == 5
        draws.append(frozenset(kept))
    assert len(set(draws)) == 4


def test_each_fold_is_scored_once_and_not_learnt_from(made: Path, tmp_path: Path) -> None:
    fold_of = {Path(row["file"]).name: row["fold"] for row in rows(made / "esc10" / "meta.csv")}
    for development in (True, False):
        found = trials(ESC10, made, tmp_path, development=development)
        for trial in found:
            folds = {fold_of[name] for name in scored(trial)}
            held = {trial.part} | folds
            assert {fold_of[name] for name in learnt(trial)} == set(FOLDS) - held
            assert len(held) == 1 + development
        assert Counter(name for trial in found for name in scored(trial)) == dict.fromkeys(fold_of, 1)


def test_a_site_that_is_held_out_is_nowhere_in_its_training(made: Path, tmp_path: Path) -> None:
    folder = made / "boobook"
    for development in (True, False):
        found = trials(BOOBOOK, made, tmp_path, development=development)
        for trial in found:
            folders = [word for word in trial.extract if isinstance(word, Path) and word.is_dir()]
            sites = {site_of(path) for folder_ in folders for path in folder_.rglob("*_30_0*")}
            assert sites == set(SITES) - {trial.part}
            (table,) = [word for word in trial.extract if isinstance(word, Path) and word.suffix == ".csv"]
            validation = {site_of(Path(row["recording"])) for row in rows(table) if row["split"] == "validation"}
            assert {site_of(path) for path in trial.scanned} == (validation if development else {trial.part})
            assert len(validation) == 1
        sites_scored = Counter(site_of(path) for trial in found for path in trial.scanned)
        assert sites_scored == dict.fromkeys(calling_sites(folder) if development else SITES, 3)


def test_a_recording_with_two_names_is_scanned_once(made: Path) -> None:
    folder = made / "boobook"
    before = recordings_of(folder)
    for path in before[:2]:
        write(folder / "negative" / "neg_1" / f"{path.stem} (1).flac")
        write(folder / "negative" / "neg_1" / path.name)
    assert len(recordings_of(folder)) == len(before)
    assert {path.name for path in recordings_of(folder) if "positive" in path.parts} == {
        path.name for path in (folder / "positive").glob("*.flac")
    }


def test_nobody_knows_what_lies_outside_the_boxes_between_calls(made: Path, tmp_path: Path) -> None:
    folder = made / "boobook"
    tables = {path.name[:11]: path for path in (folder / "negative" / "neg_2").glob("*.txt")}
    boxes = ((5.0, 7.0), (0.0, 1.0), (4.0, 6.0))
    write(
        tables["cotton_01_3"], RAVEN, *(f"{n}\tSpectrogram 1\t1\t{a}\t{b}\t0\t900\t" for n, (a, b) in enumerate(boxes))
    )
    called = next((folder / "positive").glob("*.flac"))
    (folder / "negative" / "neg_2" / called.name).write_bytes(called.read_bytes())
    spans = {site: [span[1:] for span in unsure(folder) if span[0].startswith(site)] for site in SITES}
    assert spans == {
        "bush_01_1": [(0.0, 1.0, "UNK"), (2.0, 10.0, "UNK")],
        "cotton_01_3": [(1.0, 4.0, "UNK"), (7.0, 10.0, "UNK")],
        **{site: [(0.0, 10.0, "UNK")] for site in ("bush_01_2", "cotton_01_4", "wood_01_5")},
    }
    assert truth(folder, tmp_path / "truth") == truth(folder, tmp_path / "truth")  # it is there already
    assert len(list((tmp_path / "truth").iterdir())) == 7


def test_what_is_there_is_not_made_again(made: Path, tmp_path: Path, detector: Detector) -> None:
    command = ["run", str(made), str(tmp_path / "work"), "esc10"]
    quality.main([*command, "--folds", "1,2"])
    assert (detector.count("extract"), detector.count("train"), detector.count("scan")) == (2, 2, 2)
    quality.main(command)
    assert (detector.count("extract"), detector.count("train"), detector.count("scan")) == (5, 5, 5)
    quality.main([*command, "--recipe", f"other={QUICK}", "--seeds", "0,1", "--folds", "1"])
    assert (detector.count("extract"), detector.count("train"), detector.count("scan")) == (6, 7, 7)
    assert len(list(read_results(tmp_path / "work"))) == 7


def test_development_and_final_figures_share_a_model_of_the_same_clips(
    made: Path, tmp_path: Path, detector: Detector
) -> None:
    command = ["run", str(made), str(tmp_path / "work"), "zebra-finch", "--seeds", "0"]
    quality.main([*command, "--development"])
    quality.main(command)
    assert (detector.count("extract"), detector.count("train"), detector.count("scan")) == (1, 1, 2)


def test_a_training_that_was_stopped_goes_on(made: Path, tmp_path: Path, detector: Detector) -> None:
    command = ["run", str(made), str(tmp_path / "work"), "zebra-finch", "--seeds", "0"]
    detector.fails = "train"
    with pytest.raises(SystemExit) as stopped:
        quality.main(command)
    assert stopped.value.code == 130
    assert not list(read_results(tmp_path / "work"))
    detector.fails = ""
    quality.main(command)
    assert (detector.count("extract"), detector.count("train")) == (1, 2)
    trainings = [words for words in detector.words if words[0] == "train"]
    assert trainings[0] == trainings[1]
    assert "--resume" in trainings[0]


def test_a_new_annotation_makes_new_clips(made: Path, tmp_path: Path, detector: Detector) -> None:
    command = ["run", str(made), str(tmp_path / "work"), "zebra-finch", "--seeds", "0"]
    quality.main(command)
    with (made / "zebra-finch" / "annotations.csv").open("a", encoding="utf-8") as table:
        table.write("recordings/r2.flac,8.0,8.1,,,a\n")
    quality.main(command)
    assert (detector.count("extract"), detector.count("train"), detector.count("scan")) == (2, 2, 2)


def test_sites_are_measured_as_one_when_all_are_there(made: Path, tmp_path: Path, detector: Detector) -> None:
    command = ["run", str(made), str(tmp_path / "work"), "boobook", "--seeds", "0"]
    quality.main([*command, "--folds", SITES[0]])
    assert "pooled" not in {result.part for result in read_results(tmp_path / "work")}
    quality.main(command)
    (pooled,) = [result for result in read_results(tmp_path / "work") if result.part == "pooled"]
    found = pooled.figures["average precision of events"]  # in each of 15 recordings an owl: 6 hits, 4 in doubt
    assert found.value == pytest.approx(6 / 11)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert pooled.seconds == Seconds(5.0, 30.0, 10.0, 150.0)


def test_a_part_that_is_not_there_is_told(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        quality.main(["run", str(made), str(tmp_path / "work"), "esc10", "--folds", "6"])
    assert stopped.value.code == 2
    assert "--folds: 6: esc10 has 1, 2, 3, 4, 5" in capsys.readouterr().err


def scan_tables(folder: Path, recordings: list[str], detections: list[str]) -> Path:
    """Write what a scan leaves."""
    write(folder / "detections.csv", DETECTIONS, *detections)
    effort = [f"{name},mix,ok,10.0,10.0,,," for name in recordings]
    write(folder / "effort.csv", EFFORT, *effort)
    return folder


def test_syllables_by_hand(made: Path, tmp_path: Path) -> None:
    """Three syllables: one found as it is, one half as long again (IoU 2/3), one missed; one false alarm."""
    name = str(made / "zebra-finch" / "recordings" / "r1.flac")
    spans = ["1.0,1.1", "2.0,2.15", "8.0,8.1"]
    scan = scan_tables(tmp_path / "scan", [name], [f"{name},mix,{span},,,syllable,0.9," for span in spans])
    figures = SYLLABLES.measure(Ask(made, tmp_path, False), "all", scan)
    assert {name: figures[name].value for name in SYLLABLES.shown} == pytest.approx(
        {
            "F1 at IoU 0.5": 2 / 3, "precision at IoU 0.5": 2 / 3, "recall at IoU 0.5": 2 / 3,
            "F1 at IoU 0.8": 1 / 3, "precision at IoU 0.8": 1 / 3, "recall at IoU 0.8": 1 / 3,
        }
    )  # fmt: skip


def test_types_by_hand(made: Path, tmp_path: Path) -> None:
    """Of a, one of two is found; of b, the one, and one that is not there."""
    name = str(made / "zebra-finch" / "recordings" / "r1.flac")
    spans = ["1.0,1.1,,,a", "3.0,3.1,,,b", "8.0,8.1,,,b"]
    scan = scan_tables(tmp_path / "scan", [name], [f"{name},mix,{span},0.9," for span in spans])
    ask = Ask(made, tmp_path, False)
    figures = SYLLABLE_TYPES.measure(ask, "all", scan)
    assert figures["macro F1 at IoU 0.5"].value == pytest.approx(2 / 3)
    assert figures["F1 of a (2 calls)"].value == pytest.approx(2 / 3)
    assert figures["recordings"].value == 1
    assert TWENTY_CALLS.measure(ask, "b", scan)["precision at IoU 0.5"].value == 0.5


def test_accuracy_by_hand(made: Path, tmp_path: Path) -> None:
    """Clip 0, a dog, has the higher mean though rain has the highest window; clip 9, rain, is taken for a dog."""
    folder, heads = tmp_path / "scan", "recording,channel,start_s,end_s,dog,rain"
    windows = ["0.wav,mix,0,1,0.6,0.4", "0.wav,mix,1,2,0.9,0.1", "0.wav,mix,2,3,0.05,0.95", "9.wav,mix,0,1,0.6,0.4"]
    write(folder / "scores.csv", heads, *windows)
    assert ESC10.measure(Ask(made, tmp_path, False), "1", folder)["accuracy"].value == 0.5


def test_auroc_by_hand() -> None:
    assert auroc(np.array([0.9, 0.5]), np.array([0.5, 0.1])) == 3.5 / 4
    assert auroc(np.array([]), np.array([0.5])) is None


BLANK = Result("esc10", "base", "f", "m", 0, "1", False, {}, Seconds(), 10, 2e6, Machine("", 1, ""), "run it")


def test_development_and_final_figures_are_never_in_one_table() -> None:
    final = [replace(BLANK, part=str(n), figures={"accuracy": Figure(n / 10)}) for n in (8, 9)]
    other = replace(BLANK, development=True, figures={"accuracy": Figure(0.5)}, tables=("presets",))
    text = markdown([*final, other], {"esc10": ESC10}, {"f": 123.4})
    blocks = text.split("### ")[1:]
    assert [block.splitlines()[0] for block in blocks] == [
        "all recipes: esc10 (test recordings)",
        "all recipes: esc10 (development: validation recordings)",
        "presets: esc10 (development: validation recordings)",
    ]
    assert "| base | 2 | 0.850 (worst: 8, 0.800) | 10 | 2.0 | - | 123 x real time | `run it` |" in blocks[0]
    assert "| base | 1 | 0.500 |" in blocks[1]


def front_of(results: list[Result], bench: Bench) -> dict[str, str]:
    """Read the table of presets: who is on the front."""
    text = markdown([replace(result, tables=("presets",)) for result in results], {bench.name: bench}, {})
    head, _, *rows = [
        [cell.strip() for cell in line.split(" | ")]
        for line in text.split("### presets")[1].splitlines()
        if "|" in line
    ]
    place = head.index("on the front of accuracy against multiply-adds")
    return {row[0].strip("| "): row[place] for row in rows}


def test_a_preset_is_on_the_front_where_none_is_as_accurate_for_less() -> None:
    told = {"small": (0.7, 1e6), "large": (0.9, 9e6), "poor": (0.65, 2e6), "equal": (0.9, 1e7), "twin": (0.9, 9e6)}
    results = [
        replace(BLANK, recipe=name, fingerprint=name, figures={"accuracy": Figure(value)}, multiply_adds_per_s=cost)
        for name, (value, cost) in told.items()
    ]
    assert front_of(results, ESC10) == {
        "small": "yes", "large": "yes", "poor": "behind small", "equal": "behind large", "twin": "yes",
    }  # fmt: skip


def test_sites_are_ranked_as_one_and_animals_by_the_mean_of_those_heard() -> None:
    name = BOOBOOK.shown[0]
    of = {"a": ("here", 0.9, 1e6), "b": ("here", 0.1, 2e6)}
    sites = [
        replace(BLANK, set="boobook", recipe=recipe, fingerprint=recipe, part=part, figures={name: Figure(value)},
                multiply_adds_per_s=cost)
        for recipe, (here, value, cost) in of.items()
        for part, value in ((here, value), ("pooled", 1 - value))
    ]  # fmt: skip
    assert front_of(sites, BOOBOOK) == {"a": "yes", "b": "yes"}
    heard = {"a": (0.6, 0.8), "b": (0.9, 0.4)}
    kinds = [f"AUROC of {source}, heard" for source in ("dog", "made")]
    animals = [
        replace(BLANK, set="call-activity", recipe=recipe, fingerprint=recipe, part="nothing",
                figures={kind: Figure(value) for kind, value in zip(kinds, values)})
        for recipe, values in heard.items()
    ]  # fmt: skip
    assert front_of(animals, CALL_ACTIVITY) == {"a": "yes", "b": "behind a"}


def test_sites_have_no_figure_before_all_are_measured_as_one() -> None:
    name = BOOBOOK.shown[0]
    site = replace(BLANK, set="boobook", part="there", figures={name: Figure(0.9)})
    assert "| base | 1 | - |" in markdown([site], {"boobook": BOOBOOK}, {})
    pooled = replace(site, part="pooled", figures={name: Figure(0.7, 0.6, 0.8)})
    assert "| base | 1 | 0.700 (0.600 to 0.800) |" in markdown([site, pooled], {"boobook": BOOBOOK}, {})
    other = replace(pooled, seed=1, figures={name: Figure(0.5, 0.3, 0.9)})
    assert "| base | 1 | 0.600 (0.450 to 0.850) |" in markdown([site, pooled, other], {"boobook": BOOBOOK}, {})


def test_a_row_names_seeds_that_are_not_the_usual_ones() -> None:
    results = [replace(BLANK, seed=seed, figures={"accuracy": Figure(0.5)}) for seed in (0, 3)]
    assert "`run it --seeds 0,3`" in markdown(results, {"esc10": ESC10}, {})
    assert "`run it`" in markdown(results[:1], {"esc10": ESC10}, {})


def test_a_row_names_the_parts_where_they_are_not_all() -> None:
    results = [replace(BLANK, part=part, figures={"accuracy": Figure(0.5)}, n_parts=5) for part in "12345"]
    assert "`run it`" in markdown(results, {"esc10": ESC10}, {})
    assert "`run it --folds 1,3`" in markdown(results[::2][:2], {"esc10": ESC10}, {})


def test_recipes_that_differ_in_training_alone_are_timed_once(
    made: Path, tmp_path: Path, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[int] = []
    monkeypatch.setattr(speed, "noise", lambda _folder, seconds: seconds)
    monkeypatch.setattr(speed, "timed", lambda seconds, _model: lengths.append(seconds) or 1 + seconds / 100)
    command = ["run", str(made), str(tmp_path / "work"), "esc10", "--folds", "1"]
    quality.main([*command, "--change", "one=training.mix=0.1", "--change", "two=training.mix=0.2"])
    for done in (6, 6):
        quality.main(["speed", str(tmp_path / "work")])
        assert len(lengths) == done
    quality.main([*command, "--change", "wide=network.dense.units=[7]", "--change", "three=training.mix=0.3"])
    quality.main(["speed", str(tmp_path / "work")])
    assert len(lengths) == 12
    assert list(speed.read_speeds(tmp_path / "work").values()) == [pytest.approx(100.0)] * 4


def test_parts_that_a_set_makes_one_by_one_are_counted(
    made: Path, tmp_path: Path, detector: Detector, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = replace(ESC10, trials=lambda ask: [t for t in ESC10.trials(ask) if ask.wants(t.part)], parts=tuple("12345"))
    monkeypatch.setitem(quality.BENCHES, "esc10", bench)
    quality.main(["run", str(made), str(tmp_path / "work"), "esc10", "--folds", "2"])
    assert [result.n_parts for result in read_results(tmp_path / "work")] == [5]
    with pytest.raises(SystemExit):
        quality.main(["run", str(made), str(tmp_path / "work"), "esc10", "--folds", "6"])
    assert "--folds: 6: esc10 has 1, 2, 3, 4, 5" in capsys.readouterr().err
    assert activity.CALL_ACTIVITY.parts == ("dog", "rooster", "finch", "boobook", "nothing")


def test_another_scan_is_another_result(
    made: Path, tmp_path: Path, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["run", str(made), str(tmp_path / "work"), "boobook", "--seeds", "0"]
    quality.main(command)
    before = (detector.count("train"), detector.count("scan"))
    quality.main(command)
    assert (detector.count("train"), detector.count("scan")) == before
    monkeypatch.setattr(boobook, "LAX", 0.3)
    quality.main(command)
    assert (detector.count("train"), detector.count("scan")) == (before[0], 2 * before[1])
    table = next((made / "boobook" / "positive").glob("*.txt"))
    table.write_text(table.read_text().replace("1.0", "0.9"))
    quality.main(command)
    assert detector.count("train") == before[0] + len(SITES) - 1  # all but the site itself


def test_every_command_of_the_record_is_one() -> None:
    """Rows of code that is gone have a record of their own, and say so."""
    for words in orders(read_record(RESULTS / "quality.json"), quality.BENCHES, Path("data"), Path("work")):
        options = quality.parse(words)
        entries = list(quality.entries_of(options, quality.BENCHES[options.set]))
        assert entries
        assert not [entry.name for entry in entries if "(dropped)" in entry.name]
    assert not [r for r in read_record(RESULTS / "dropped.json").results.values() if "(dropped)" not in r.recipe]


def test_commands_of_the_page_are_read() -> None:
    page = (ROOT / "experiments" / "quality.md").read_text(encoding="utf-8")
    lines = [line for block in blocks(page) for line in lines_of(block) if "experiments/quality.py" in line]
    assert {quality.parse(shlex.split(line)[2:]).command for line in lines} == {
        "run", "speed", "tables", "record", "again",
    }  # fmt: skip


def test_make_quality_makes_every_set_of_the_record() -> None:
    asked = subprocess.run(["make", "-n", "quality"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    sets = set(re.findall(r"again experiments/results/quality.json \S+ work/quality --set (\S+)", asked))
    assert sets == set(quality.BENCHES) == {r.set for r in read_record(RESULTS / "quality.json").results.values()}
    (hard,) = re.findall(r"experiments/hard_soundscapes.py run \S+ work/quality/hard (.*)", asked)
    assert hard in json.loads((RESULTS / "hard-soundscapes.json").read_text(encoding="utf-8"))["command"]


def test_all_that_a_record_holds_is_made_again(
    made: Path, tmp_path: Path, detector: Detector, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", str(made), str(tmp_path / "one"), "esc10"]
    quality.main([*command, "--folds", "1,2", "--table", "first"])
    quality.main([*command, "--development", "--seeds", "3", "--change", "other=training.mix=0.1; training.gain=0.0"])
    stages = '[{filters = 4, kernel = 3, pool = {kind = "max", size = [2, 1]}}, {filters = 8, kernel = 3}]'
    quality.main([*command, "--folds", "1", "--change", f"small=network.stage={stages}; network.grid.size=[2, 1]"])
    record, again = tmp_path / "record.json", tmp_path / "two"
    quality.main(["record", str(tmp_path / "one"), str(record)])
    quality.main(["again", str(record), str(made), str(again)])
    assert {r.name: (r.tables, r.command) for r in read_results(again)} == {
        r.name: (r.tables, r.command) for r in read_results(tmp_path / "one")
    }
    only = ["again", str(record), str(made), str(tmp_path / "only"), "--set"]
    quality.main([*only, "zebra-finch"])
    assert not list(read_results(tmp_path / "only"))
    quality.main([*only, "zebra-finch", "--set", "esc10"])
    assert len(list(read_results(tmp_path / "only"))) == len(list(read_results(again)))
    told = record.read_text(encoding="utf-8")
    record.write_text(told.replace("training.gain=0.0", "training.gone=0"), encoding="utf-8")
    quality.main(["again", str(record), str(made), str(tmp_path / "three")])
    assert re.search("left out: run .*training.gone=0.*training.gone: 0 is not a key", capsys.readouterr().err)
    assert len(list(read_results(tmp_path / "three"))) == 3


def test_the_curve_of_hard_soundscapes_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    half = {"low": -3.04, "value": -2.0, "high": 31.0}
    plain = {"false_alarms_per_hour": 9.7, "recall": 0.25, "snr_db_at_recall_one_half": {"all": half}}
    write(tmp_path / "curve.json", json.dumps({"command": "run it --seed 1", "models": {"plain": plain}}))
    quality.main(["tables", str(tmp_path), "--hard", str(tmp_path / "curve.json")])
    told = capsys.readouterr().out
    assert "| plain | 9.7 | 0.250 | -2.0 (-3.0 to > +20) |" in told
    assert "Made by `run it --seed 1`." in told
    with pytest.raises(SystemExit) as stopped:
        quality.main(["tables", str(tmp_path), "--hard", str(tmp_path / "none.json")])
    assert stopped.value.code == 2
    assert "none.json: must be the curve.json" in capsys.readouterr().err


def test_the_last_recipe_of_a_name_counts() -> None:
    old = replace(BLANK, fingerprint="old", date="2026-01-01", figures={"accuracy": Figure(0.1)})
    new = replace(BLANK, fingerprint="new", date="2026-01-02", figures={"accuracy": Figure(0.9)})
    text = markdown([new, old], {"esc10": ESC10}, {})
    assert "0.900" in text
    assert "0.100" not in text


def test_a_record_keeps_what_work_folders_held(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "record.json"
    for work, value, seeds in (("one", 0.1, (0, 1)), ("two", 0.7, (1,))):
        for seed in seeds:
            result = replace(BLANK, seed=seed, figures={"accuracy": Figure(value, 0.0, 1.0)}, date="2026-01-01")
            write_result(tmp_path / work, result)
        write(tmp_path / work / "speeds" / "f.json", json.dumps({"x_real_time": 99.0}))
        quality.main(["record", str(tmp_path / work), str(record)])
    quality.main(["tables", str(record)])
    assert "| base | 2 | 0.400 | 10 | 2.0 | - | 99 x real time |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("record", "options", "page"),
    [
        ("quality.json", ("--hard", "hard-soundscapes.json"), "quality-tables.md"),
        ("dropped.json", (), "dropped-tables.md"),
    ],
)
def test_the_tables_are_those_of_the_record(record: str, options: tuple[str, ...], page: str, tmp_path: Path) -> None:
    """`python experiments/quality.py tables experiments/results/quality.json ...` was run after the last change."""
    made = tmp_path / "tables.md"
    words = [str(RESULTS / word) if word.endswith(".json") else word for word in options]
    quality.main(["tables", str(RESULTS / record), *words, "-o", str(made)])
    assert made.read_text(encoding="utf-8") == (RESULTS / page).read_text(encoding="utf-8")


PAGE_HEADLINES = {  # lines of docs/quality.md
    "zebra finch |": ("zebra-finch", SYLLABLES.shown[:1] + SYLLABLES.shown[3:4]),
    "zebra finch, 8 types |": ("syllable-types", SYLLABLE_TYPES.shown[:1]),
    "one type from 20 annotated calls |": ("twenty-calls-exchanged", EXCHANGED.shown[:1]),
    "one type from 20 annotated calls * |": ("twenty-calls", TWENTY_CALLS.shown[:1]),
    "ESC-10 * |": ("esc10", ESC10.shown[:1]),
    "average precision of events | 0": ("boobook", BOOBOOK.shown[:1]),
    "average precision per recording |": ("boobook", BOOBOOK.shown[1:2]),
    "recall at 10 false alarms per hour |": ("boobook", BOOBOOK.shown[2:3]),
    "any animal, never heard |": ("call-activity-exchanged", ACTIVITY_EXCHANGED.shown[:4]),
    "any animal, heard |": ("call-activity-exchanged", ACTIVITY_EXCHANGED.shown[4:8]),
    "any animal, never heard * |": ("call-activity", CALL_ACTIVITY.shown[:4]),
}
README_HEADLINES = {
    "zebra finch, syllables |": ("zebra-finch", SYLLABLES.shown[:1] + SYLLABLES.shown[3:4]),
    "zebra finch, 8 types of syllables |": ("syllable-types", SYLLABLE_TYPES.shown[:1]),
    "zebra finch, one type from 20 annotated calls |": ("twenty-calls-exchanged", EXCHANGED.shown[:1]),
    "the same, five other recordings * |": ("twenty-calls", TWENTY_CALLS.shown[:1]),
    "ESC-10, clips of ten sounds * |": ("esc10", ESC10.shown[:1]),
    "average precision of events |": ("boobook", BOOBOOK.shown[:1]),
    "recall at 10 false alarms per hour |": ("boobook", BOOBOOK.shown[2:3]),
    "dogs / roosters / finches / owls in noise, not heard in training |": (
        "call-activity-exchanged",
        ACTIVITY_EXCHANGED.shown[:4],
    ),
}


@pytest.fixture(scope="module")
def final() -> dict[tuple[str, str], Row]:
    """Give the newest final figures by set and recipe."""
    results = read_record(RESULTS / "quality.json").results.values()
    return newest(result for result in results if not result.development)


def page_of_quality() -> str:
    return (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")


def numbers(text: str) -> list[str]:
    return re.findall(r"\d\.\d{3}", text)


HEADLINES = [
    *(("docs/quality.md", line, *known) for line, known in PAGE_HEADLINES.items()),
    *(("README.md", line, *known) for line, known in README_HEADLINES.items()),
]


@pytest.mark.parametrize(("page", "line", "name", "figures"), HEADLINES)
def test_the_headline_figures_are_those_of_the_record(
    page: str, line: str, name: str, figures: tuple[Any, ...], final: dict[tuple[str, str], Row]
) -> None:
    (told,) = [row for row in (ROOT / page).read_text(encoding="utf-8").splitlines() if f"| {line}" in row]
    row = final[name, "example"]
    cells = [row.shown(figure, pools=quality.BENCHES[name].pooled) for figure in figures]
    known = [number for cell in cells for number in numbers(cell)]
    assert len(known) >= len(figures)
    assert numbers(told) == known


PRESET_SETS = {  # the columns of the table of presets, and what is added to the name of a preset's row
    ("esc10", ESC10.shown[0]): "",
    ("zebra-finch", SYLLABLES.shown[0]): "-of-10-epochs",
    ("syllable-types", SYLLABLE_TYPES.shown[0]): "-of-30-epochs",
    ("twenty-calls", TWENTY_CALLS.shown[0]): "-of-30-epochs",
    ("boobook", BOOBOOK.shown[0]): "-of-12-epochs",
}


@pytest.mark.parametrize("preset", sorted(list_presets().keys() - {"lecture", "lecture-grid"}))
def test_the_figures_of_presets_are_those_of_the_record(preset: str, final: dict[tuple[str, str], Row]) -> None:
    (told,) = [row for row in page_of_quality().splitlines() if row.startswith(f"| `{preset}` |")]
    known = []
    for (name, figure), suffix in PRESET_SETS.items():
        windowed = (name, f"{preset}-in-1-s{suffix}")
        row = final[windowed if windowed in final else (name, preset + suffix)]
        known.append(numbers(row.shown(figure, pools=quality.BENCHES[name].pooled))[0])
    assert numbers(told) == known


def test_figures_in_tables_of_the_readme_are_those_of_the_page() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    told = {number for line in lines if line.startswith("|") for number in numbers(line)}
    assert told <= set(numbers(page_of_quality()))


def test_a_record_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "record.json", "{}")
    with pytest.raises(SystemExit) as stopped:
        quality.main(["tables", str(tmp_path / "record.json")])
    assert stopped.value.code == 2
    assert "record.json: is neither a work folder nor a record of one: 'results'" in capsys.readouterr().err


def test_a_result_says_what_it_cost(made: Path, tmp_path: Path, detector: Detector) -> None:
    quality.main(["run", str(made), str(tmp_path / "work"), "esc10", "--folds", "1", "--recipe", f"q={QUICK}"])
    (path,) = (tmp_path / "work" / "results").glob("*.json")
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["seconds"] == {"extract": 1.0, "train": 6.0, "scan": 2.0, "scanned": 20.0}
    assert told["fingerprint"] == find_recipe(str(QUICK)).fingerprint()
    assert told["parameters"] > 1000
    assert told["command"] == f"python experiments/quality.py run DATA WORK esc10 --recipe q={QUICK}"


@pytest.fixture
def soundscapes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stand for the folder of the soundscapes that are scored: a dog from 1 to 2 s, a finch from 1.5 to 3 s."""
    folder = tmp_path / "soundscapes"
    write(folder / "recordings.csv", "recording", "calls/t0.wav")
    write(folder / "calls.csv", "recording,start_s,end_s,label", "calls/t0.wav,1,2,dog", "calls/t0.wav,1.5,3,finch")
    monkeypatch.setattr(activity, "scored_set", lambda ask: folder)
    other = tmp_path / "made"  # a dog calls in t1, v0 is of another split, nothing calls in b0
    write(other / "splits.csv", "recording,split", "calls/t0.wav,test", "calls/t1.wav,test", "calls/v0.wav,validation",
          "background/b0.wav,test")  # fmt: skip
    write(other / "sources.csv", "recording,source", "calls/t0.wav,esc10/rain.wav", "calls/t1.wav,esc10/dog.wav")
    write(other / "annotations.csv", "recording,start_s,end_s,label",
          "calls/t0.wav,1,2,call", "calls/t1.wav,1,2,call", "calls/v0.wav,1,2,call")  # fmt: skip
    monkeypatch.setattr(activity, "training_set", lambda ask, part: other)
    write(tmp_path / "esc10" / "meta.csv", "file,class,fold", "dog.wav,Dog bark,5", "rain.wav,Rain,5")
    return folder


def test_auroc_of_a_species_leaves_the_other_ones_out(tmp_path: Path, soundscapes: Path) -> None:
    windows = [(0, 0.2), (1, 0.1), (1.5, 0.9), (2, 0.0), (3, 0.3)]  # half a second each: none, dog, both, finch, none
    lines = [f"{soundscapes}/calls/t0.wav,mix,{start},{start + 0.5},{score}" for start, score in windows]
    write(tmp_path / "scan" / "scores.csv", "recording,channel,start_s,end_s,call", *lines)
    ask = Ask(tmp_path, tmp_path, development=False)
    assert activity.measure(ask, "dog", tmp_path / "scan")["AUROC of dog, never heard"].value == 2 / 4
    assert activity.measure(ask, "nothing", tmp_path / "scan")["AUROC of rooster, heard"].value is None


def test_made_calls_are_scored_where_none_is_left_out(tmp_path: Path, soundscapes: Path) -> None:
    other = tmp_path / "made"
    ask = Ask(tmp_path, tmp_path, development=False, learns=False)
    (trial,) = activity.trials(ask)
    assert trial.scanned == (soundscapes / "calls/t0.wav", other / "calls/t0.wav")
    assert activity.made_calls(replace(ask, development=True)) == (other / "calls/v0.wav",)
    assert activity.scored_on(ask, "dog") == (soundscapes / "calls/t0.wav",)
    scored = {soundscapes: [(0, 0.9), (1, 0.95)], other: [(0, 0.1), (1, 0.3), (1.5, 0.5), (2, 0.4), (3, 0.2)]}
    lines = [
        f"{folder}/calls/t0.wav,mix,{start},{start + 0.5},{score}"
        for folder, windows in scored.items()
        for start, score in windows
    ]
    write(tmp_path / "scan" / "scores.csv", "recording,channel,start_s,end_s,call", *lines)
    figures = activity.measure(ask, "nothing", tmp_path / "scan")
    assert figures["AUROC of made, heard"].value == 5 / 6  # 0.3 and 0.5 for 0.1, 0.2 and 0.4 of the same soundscape
    assert figures["AUROC of dog, heard"].value == 1.0  # 0.95 for 0.9: made soundscapes have no part in it


def test_a_model_that_is_trained_is_only_scanned_with(tmp_path: Path, soundscapes: Path, detector: Detector) -> None:
    given = find_folder("call-activity")
    quality.main(["run", str(tmp_path), str(tmp_path / "work"), "call-activity", "--model", f"given={given}"])
    assert [words[0] for words in detector.words] == ["scan"]
    (result,) = read_results(tmp_path / "work")
    assert (result.part, result.seconds) == ("nothing", Seconds(scan=2.0, scanned=20.0))


def test_real_splits(data: Path, tmp_path: Path) -> None:
    """20 of the 30 typed recordings are for training, 5 for validation, 5 for testing; of g there are too few calls."""
    for development in (True, False):
        (types,) = trials(SYLLABLE_TYPES, data, tmp_path, development=development)
        assert (len(learnt(types)), len(types.scanned)) == (25, 5)
        assert [trial.part for trial in trials(TWENTY_CALLS, data, tmp_path, development=development)] == list("abcdef")
    assert [trial.part for trial in trials(EXCHANGED, data, tmp_path, development=False)] == list("abcdef")
    assert [len(trial.scanned) for trial in trials(ESC10, data, tmp_path, development=False)] == [80] * 5
    assert sum(len(trial.scanned) for trial in trials(BOOBOOK, data, tmp_path, development=False)) == 33


def test_animals_that_were_never_heard_are_heard_in_recordings_that_had_only_trained(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt_from: list[list[Source]] = []
    asked: list[tuple[object, ...]] = []

    def make(_data: Path, own: list[Source], folder: Path, *_: float) -> None:
        learnt_from.append(own)
        write(folder / "splits.csv", "recording,split")
        write(folder / "annotations.csv", "recording,start_s,end_s,label")
        write(folder / "sources.csv", "recording,source")

    def scenes(_data: Path, minutes: dict[str, int], seed: int, *, turn: int, exchange: bool) -> Iterator[Scene]:
        asked.append((minutes, seed, turn, exchange))
        return iter(())

    monkeypatch.setattr(activity, "make", make)
    monkeypatch.setattr(activity, "scenes", scenes)
    ask = Ask(data, tmp_path / "tables" / "final", False, 0)
    assert [trial.part for trial in ACTIVITY_EXCHANGED.trials(ask)] == [*activity.SPECIES, "nothing"]
    assert asked == [({"test": 60}, 0, 3, True)]
    was = {source.path: source.split for source in read_sources(data)}
    tests = {source.path for source in learnt_from[-1] if source.split == "test"}
    assert {was[path] for path in tests} == {"train"}
    scored_on = {source.path for source in sources(data, 3, exchange=True) if source.split == "test"}
    assert not scored_on & {source.path for own in learnt_from for source in own if source.split != "test"}
    heard = {source.path for own in learnt_from for source in own if source.split == "train"}
    assert {path for path, split in was.items() if split == "test"} <= heard
    assert [{"dog", "rooster", "finch", "boobook"} - {source.kind for source in own} for own in learnt_from] == [
        *({name} for name in activity.SPECIES),
        set(),
    ]
    with pytest.raises(ConfigurationError, match="--development: call-activity-exchanged has none"):
        ACTIVITY_EXCHANGED.trials(replace(ask, development=True))


@pytest.mark.slow
def test_a_short_run_on_real_recordings(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = str(tmp_path / "work")
    short = ["--folds", "c", "--seeds", "0", "--epochs-cap", "1", "--recipe", f"quick={QUICK}"]
    quality.main(["run", str(data), work, "twenty-calls", *short, "--development"])
    quality.main(["tables", work])
    assert "| quick-of-1-epochs | 1 |" in capsys.readouterr().out


def test_a_change_is_the_example_recipe_but_for_its_keys_and_its_command_says_them() -> None:
    words = ["run", "DATA", "WORK", "boobook"]
    text = "other=training.stretch=0.2; network.recurrent={cell='gru', units=8}"
    (entry,) = quality.entries_of(quality.parse([*words, "--change", text]), BOOBOOK)
    (example,) = quality.entries_of(quality.parse(words), BOOBOOK)
    assert entry.recipe.training.stretch == 0.2
    assert entry.recipe.network.recurrent == Recurrent(cell="gru", units=8)
    assert entry.recipe.network.stage == example.recipe.network.stage
    same = {"training": {"stretch": 0.0}, "network": {"recurrent": None}}
    for section, keys in same.items():
        one, other = (getattr(it.recipe, section).model_copy(update=keys) for it in (entry, example))
        assert one == other
    (again,) = quality.entries_of(quality.parse([*words, *shlex.split(entry.option)]), BOOBOOK)
    assert again.recipe == entry.recipe


@pytest.mark.parametrize("text", ["other", "other=", "=training.mix=0.1", "a/b=training.mix=0.1", "a=training.mix"])
def test_a_change_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SystemExit):
        quality.parse(["run", "DATA", "WORK", "boobook", "--change", text])


def test_a_change_to_false_takes_a_table_out() -> None:
    words = ["run", "DATA", "WORK", "twenty-calls"]
    (example,) = quality.entries_of(quality.parse(words), TWENTY_CALLS)
    assert example.recipe.network.recurrent is not None
    (plain,) = quality.entries_of(quality.parse([*words, "--change", "plain=network.recurrent=false"]), TWENTY_CALLS)
    assert plain.recipe.network == example.recipe.network.model_copy(update={"recurrent": None})
    (again,) = quality.entries_of(quality.parse([*words, *shlex.split(plain.option)]), TWENTY_CALLS)
    assert again.recipe == plain.recipe


def test_windows_of_another_duration_are_in_the_name_and_in_the_command() -> None:
    words = ["run", "DATA", "WORK", "twenty-calls", "--recipe", "crnn=crnn", "--window", "1.25", "--epochs-cap", "3"]
    (entry,) = quality.entries_of(quality.parse(words), TWENTY_CALLS)
    assert (entry.name, entry.recipe.window.duration) == ("crnn-in-1.25-s-of-3-epochs", 1.25)
    assert entry.recipe.network == find_recipe("crnn").network
    (again,) = quality.entries_of(quality.parse([*words[:4], *shlex.split(entry.option)]), TWENTY_CALLS)
    assert again == entry


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "a"])
def test_a_duration_that_none_can_be_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        quality.parse(["run", "DATA", "WORK", "boobook", "--window", text])
    assert f"--window: {text!r} is not a number above 0" in capsys.readouterr().err


def test_quieter_copies_are_scored_by_the_model_that_is_there(made: Path, tmp_path: Path, detector: Detector) -> None:
    for n in range(30):
        place = made / "zebra-finch" / "recordings" / f"r{n}.flac"
        place.parent.mkdir(exist_ok=True)
        soundfile.write(place, np.sin(np.arange(800) + n), 8000)
    words = ["run", str(made), str(tmp_path / "work"), "syllable-types", "--seeds", "0"]
    quality.main(words)
    plain = list(detector.scanned)
    for _ in range(2):
        quality.main([*words, "--quieter", "12"])
    assert (detector.count("train"), detector.count("scan")) == (1, 2)
    copies = [Path(name) for name in detector.scanned[len(plain) :]]
    assert [path.name for path in copies] == [Path(name).name for name in plain]
    for copy, name in zip(copies, plain):
        np.testing.assert_allclose(soundfile.read(copy)[0], soundfile.read(name)[0] * 10 ** (-12 / 20), atol=2e-7)
    by_name = {result.recipe: result for result in read_results(tmp_path / "work")}
    louder, quiet = by_name["example"], by_name["example-12-dB-quieter"]
    assert quiet.command == f"{louder.command} --quieter 12"
    assert (quiet.model, quiet.seconds.train) == (louder.model, louder.seconds.train)


def test_only_recordings_that_annotations_find_by_their_names_are_made_quieter(
    made: Path, tmp_path: Path, detector: Detector, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        quality.main(["run", str(made), str(tmp_path / "work"), "esc10", "--folds", "1", "--quieter", "6"])
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"quality.py: --quieter: {made / 'esc10' / 'x'}")
    assert detector.words == []


@pytest.mark.parametrize("option", ["--window=1", "--epochs-cap=1", "--mined", "--from=call-activity"])
def test_a_trained_model_takes_no_option_of_training(option: str) -> None:
    words = ["run", "DATA", "WORK", "call-activity", "--model", "given=call-activity", option]
    with pytest.raises(ConfigurationError, match=r"--model given: is trained already"):
        list(quality.entries_of(quality.parse(words), CALL_ACTIVITY))


def test_a_change_of_another_recipe_says_of_which() -> None:
    words = ["run", "DATA", "WORK", "esc10", "--of", "crnn", "--change", "plain=network.recurrent=false"]
    (entry,) = quality.entries_of(quality.parse(words), ESC10)
    assert entry.recipe.network == find_recipe("crnn").network.model_copy(update={"recurrent": None})
    (again,) = quality.entries_of(quality.parse([*words[:4], *shlex.split(entry.option)]), ESC10)
    assert again == entry
    with pytest.raises(ConfigurationError, match="--of crnn: goes with --change"):
        list(quality.entries_of(quality.parse(words[:6]), ESC10))


def test_mining_goes_on_from_what_was_trained(made: Path, tmp_path: Path, detector: Detector) -> None:
    words = ["run", str(made), str(tmp_path / "work"), "esc10", "--folds", "1", "--recipe", f"quick={QUICK}"]
    quality.main(words)
    quality.main([*words, "--mined"])
    assert [of[0] for of in detector.words] == ["extract", "train", "scan", "mine", "scan"]
    train, mine, last = detector.words[1], detector.words[3], detector.words[4]
    assert mine[:4] == ("mine", train[1], "-m", train[train.index("-o") + 1])
    assert last[last.index("-m") + 1] == mine[mine.index("-o") + 1] != mine[3]
    commands = {result.recipe: result.command for result in read_results(tmp_path / "work")}
    assert commands == {"quick": (plain := commands["quick"]), "quick-mined": f"{plain} --mined"}


def test_what_begins_with_another_models_weights_is_told_apart(made: Path, tmp_path: Path, detector: Detector) -> None:
    words = ["run", str(made), str(tmp_path / "work"), "esc10", "--folds", "1", "--recipe", f"quick={QUICK}"]
    quality.main(words)
    quality.main([*words, "--from", "call-activity"])
    assert [of[0] for of in detector.words] == ["extract", "train", "scan", "train", "scan"]
    plain, begun = detector.words[1], detector.words[3]
    assert begun[begun.index("--from") + 1] == find_folder("call-activity")
    assert "--from" not in plain
    assert begun[begun.index("-o") + 1] != plain[plain.index("-o") + 1]
    commands = {result.recipe: result.command for result in read_results(tmp_path / "work")}
    of = commands["quick"]
    assert commands == {"quick": of, "quick-from-call-activity": f"{of} --from call-activity"}
    quality.main([*words, "--from", "call-activity", "--mined"])
    mine = detector.words[-2]
    assert mine[:4] == ("mine", begun[1], "-m", begun[begun.index("-o") + 1])
    assert mine[mine.index("--from") + 1] == find_folder("call-activity")


def test_a_change_to_false_takes_a_value_out_but_sets_a_switch(tmp_path: Path) -> None:
    text = "other=frontend.background=false; training.balance=false; labels.background=false"
    of = write_recipe(tmp_path / "of.toml", recipe("background"))
    (entry,) = quality.entries_of(
        quality.parse(["run", "DATA", "WORK", "boobook", "--of", str(of), "--change", text]), BOOBOOK
    )
    base = find_recipe(str(of))
    assert (base.frontend.background, entry.recipe.frontend.background) == (0.5, None)
    assert (base.training.balance, entry.recipe.training.balance) == (True, False)
    assert entry.recipe.labels.background is False


def test_the_hard_headline_is_that_of_the_curve() -> None:
    curve = json.loads((RESULTS / "hard-soundscapes.json").read_text(encoding="utf-8"))
    half = curve["models"]["small-cnn"]["snr_db_at_recall_one_half"]["all"]
    told = f"+{half['value']:.1f} dB ({half['low']:.1f} to {half['high']:.1f})"
    (row,) = [line for line in page_of_quality().splitlines() if line.startswith("| hard soundscapes * |")]
    assert row.endswith(f"| {told} |")
    assert f"at most 10 false alarms per hour | {told} |" in (ROOT / "README.md").read_text(encoding="utf-8")
