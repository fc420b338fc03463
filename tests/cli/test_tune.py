"""`detector tune` stores what it tells, `detector scan` means it, and what is wrong is said in one line."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from click.testing import CliRunner, Result

from detector.cli import commands
from detector.errors import DetectorError
from detector.model import Model, Operating, OperatingPoint, load_model, save_model
from detector.operating.points import read_operating
from detector.operating.target import parse_target
from detector.provenance import read_provenance
from detector.recipe import Labels, parse_recipe

RATE = 8000
RECIPE = """
audio = { sample_rate = 8000 }
window = { duration = 1.0 }
frontend = { kind = "linear", n_fft = 256, hop_length = 80, fmin = 1500, fmax = 2500 }
labels = { names = ["tone"] }
[network]
stage = [{ kind = "conv1d", filters = 1, kernel = 1, activation = "sigmoid" }]
dense = { units = [], per = "frame" }
"""
SECONDS = 20.0


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Keep torch to one thread: networks this small only wait for the others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def save_made(folder: Path, *names: str) -> None:
    """Write a model that scores 2 kHz the higher the louder it is, the same for each label."""
    recipe = parse_recipe(RECIPE.replace('["tone"]', json.dumps(names)), "test")
    made = Model(recipe, operating=Operating(label=tuple(OperatingPoint(name=name, threshold=0.2) for name in names)))
    with torch.no_grad():
        for parameter in made.network.parameters():
            parameter.zero_()
        made.network.trunk.stages[1].convolution.weight[0, 16] = 0.3
        made.network.trunk.stages[1].convolution.bias.fill_(-2.0)
        made.network.head.dense[-1].weight.fill_(8.0)
        made.network.head.dense[-1].bias.fill_(-4.0)
    folder.mkdir()
    save_model(made, folder)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model for tones of 2 kHz, and recordings whose fainter tones are no calls."""
    folder = tmp_path_factory.mktemp("material")
    save_made(folder / "model", "tone")
    rows = [("recording", "start_s", "end_s", "label")]
    (folder / "rec").mkdir()
    for n in range(8):
        rng = np.random.default_rng(n)
        times = np.arange(round(SECONDS * RATE)) / RATE
        sound = rng.normal(0, 0.003, len(times))
        for k in range(6):
            start, end = 1.0 + 3 * k + rng.uniform(0, 1), 0.0
            end = start + rng.uniform(0.3, 0.9)
            call = k % 2 == 0
            level = 10 ** (rng.normal(-1.6 if call else -1.8, 0.25))
            sound += level * np.sin(2 * np.pi * 2000 * times) * ((times >= start) & (times < end))
            if call:
                rows.append((f"site{n % 3}_{n}.wav", f"{start:.3f}", f"{end:.3f}", "song"))
        soundfile.write(folder / "rec" / f"site{n % 3}_{n}.wav", sound, RATE, subtype="FLOAT")
    with (folder / "calls.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return folder


@pytest.fixture
def folder(material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(material, tmp_path / "x")
    monkeypatch.chdir(tmp_path / "x")
    return tmp_path / "x"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def tune(*arguments: str) -> Result:
    return run("tune", "model", "calls.csv", "rec", "--rename", "*=tone", "--device", "cpu", *arguments)


def counts(threshold: str | None, model: str = "model") -> dict[str, int]:
    """Scan, evaluate, and give hits and false alarms."""
    chosen = () if threshold is None else ("--threshold", threshold)
    outputs = ("-o", "found.csv", "--effort", "effort.csv", "--force")
    assert run("scan", "rec", "-m", model, *chosen, *outputs).exit_code == 0
    compared = run(
        "evaluate", "found.csv", "calls.csv", "--effort", "effort.csv", "--rename", "*=tone", "--json", "--draws", "0"
    )
    told = json.loads(compared.stdout)["overall"]
    return {name: told[name] for name in ("hits", "false_alarms")}


@pytest.mark.parametrize("calibration", ["none", "platt", "isotonic"])
@pytest.mark.parametrize("target", ["f1", "p=0.8"])
def test_a_scan_finds_exactly_what_tune_reports(folder: Path, target: str, calibration: str) -> None:
    done = tune("--target", target, "--calibration", calibration, "--json", "told.json")
    assert done.exit_code == 0, done.output
    told = json.loads(Path("told.json").read_text())["labels"]["tone"]
    expected = {name: told["figures"][name] for name in ("hits", "false_alarms")}
    assert 0 < expected["hits"] <= 24
    assert counts(None) == counts(target) == expected
    assert f"{told['point']['threshold']:.4g}" in done.stdout
    assert (told["point"].get("calibration") is None) == (calibration == "none")


def test_a_stored_curve_answers_other_targets_and_scores(folder: Path) -> None:
    assert tune("--target", "f1", "--calibration", "platt").exit_code == 0
    (point,) = load_model(folder / "model").operating.label
    curve = point.curve
    n = len(curve) // 2
    expected = {"hits": curve.hits[n], "false_alarms": curve.false_alarms[n]}
    assert counts(repr(curve.threshold[n])) == expected
    sure = counts("p=0.8")
    assert sure["hits"] / sum(sure.values()) >= 0.8
    assert counts("fa=200/h")["false_alarms"] <= 200 * 8 * SECONDS / 3600


def test_scores_are_written_as_probabilities(folder: Path) -> None:
    shutil.copytree("model", "bare")
    assert tune("--calibration", "platt", "-o", "tuned").exit_code == 0
    assert (folder / "model" / "operating.toml").read_bytes() == (folder / "bare" / "operating.toml").read_bytes()
    (point,) = load_model(folder / "tuned").operating.label
    rows = {}
    for model in ("bare", "tuned"):
        assert run("scan", "rec", "-m", model, "--scores", f"{model}.csv", "-o", f"{model}-found.csv").exit_code == 0
        with Path(f"{model}.csv").open() as stream:
            rows[model] = np.array([float(row["tone"]) for row in csv.DictReader(stream)])
    if point.smooth_s is None:
        assert rows["tuned"] == pytest.approx(point.calibration(rows["bare"]), abs=2e-5)
    with Path("tuned-found.csv").open() as stream:
        assert all(float(row["score"]) >= point.threshold - 5e-5 for row in csv.DictReader(stream))


def label_told(*arguments: str, table: str = "calls.csv", rename: str = "*=tone") -> dict[str, Any]:
    """Tune a copy of the model; give what is told of its label."""
    command = ("tune", "model", table, "rec", "--rename", rename, "--device", "cpu", "-o", "tuned", "--force")
    done = run(*command, "--json", "told.json", *arguments)
    assert done.exit_code == 0, done.output
    return json.loads(Path("told.json").read_text())["labels"]["tone"]


def test_a_hit_overlaps_as_much_as_is_asked_for(folder: Path) -> None:
    lax, strict = (label_told("--iou", iou)["figures"]["hits"] for iou in ("0.3", "0.99"))
    assert strict < lax
    assert load_model(folder / "tuned").operating.tuned.iou == 0.99


def test_uncertain_spans_are_neither_calls_nor_free_of_them(folder: Path) -> None:
    table = Path("calls.csv")
    rows = table.read_text().splitlines()
    table.write_text("\n".join([rows[0], *(row.replace("song", "UNK") for row in rows[1::2]), *rows[2::2]]))
    sure, doubtful, wrong = (
        label_told("--target", "p=0.5", *options, rename="song=tone")["figures"]
        for options in ((), ("--uncertain-label", "UNK"), ("--background-label", "UNK"))
    )
    assert [figures["events"] for figures in (sure, doubtful, wrong)] == [12, 12, 12]
    assert doubtful["precision"]["value"] > sure["precision"]["value"] == wrong["precision"]["value"]


@pytest.mark.parametrize(
    ("name", "header", "cell", "arguments"),
    [
        ("other.csv", "", "", ("--label", "song")),
        ("other.csv", ",label,species", ",7,song", ("--label-column", "species")),
        ("other.txt", ",label", ",song", ("--format", "csv")),
    ],
)
def test_annotations_are_read_as_options_say(
    folder: Path, name: str, header: str, cell: str, arguments: tuple[str, ...]
) -> None:
    rows = [line.removesuffix(",song") for line in Path("calls.csv").read_text().splitlines()[1:]]
    Path(name).write_text("\n".join([f"recording,start_s,end_s{header}", *(f"{row}{cell}" for row in rows)]))
    assert run("tune", "model", name, "rec", "--rename", "song=tone", "-o", "tuned").exception
    assert label_told(*arguments, table=name, rename="song=tone") == label_told()


def test_folds_and_intervals_go_by_deployment(folder: Path) -> None:
    rows = Path("calls.csv").read_text().splitlines()
    Path("calls.csv").write_text("\n".join(row for row in rows if "site0" not in row))  # all of it is false alarms
    alone, grouped, one = (
        label_told("--calibration", "platt", *options) for options in ((), ("--group", "^site."), ("--group", "wav$"))
    )
    assert alone["figures"]["precision"]["value"] == grouped["figures"]["precision"]["value"]
    assert alone["figures"]["precision"]["low"] > grouped["figures"]["precision"]["low"]
    assert alone["calibration"]["log_loss"]["none"] == grouped["calibration"]["log_loss"]["none"]
    assert alone["calibration"]["log_loss"]["platt"] != grouped["calibration"]["log_loss"]["platt"]
    assert one["calibration"]["reason"] == "all are of one recording or group, so nothing can be cross-validated"
    assert "calibration" not in one["point"]


def test_only_the_split_validation_is_heard(folder: Path) -> None:
    Path("splits.csv").write_text(
        "recording,split\n"
        + "".join(
            f"site{n % 3}_{n}.wav,{s}\n"
            for n, s in enumerate(["train", "validation", "test", "validation", "train", "train"])
        )
    )
    done = tune("--split", "splits.csv", "-o", "tuned")
    assert done.stdout.startswith("2 recordings, 0.0111 h")
    assert load_model(folder / "tuned").operating.tuned.events == 6


def test_a_model_tells_what_it_was_tuned_on(folder: Path) -> None:
    assert tune("--target", "fa=90/h").exit_code == 0
    text = (folder / "model" / "operating.toml").read_text()
    assert (
        'chosen_on = "90 false alarms per hour by events at IoU 0.3: 24 annotated, in 8 recordings, 0.0444 h"' in text
    )
    assert 'target = "fa=90/h"' in text
    told = run("describe", "model").stdout
    assert "Operating points, chosen for: 90 false alarms per hour by events" in told
    assert json.loads(run("describe", "model", "--json").stdout)["operating"]["tuned"]["iou"] == 0.3
    noted = run("scan", "rec", "-m", "model", "--hop", "0.25")
    assert "the model was tuned with a window every 0.5 s" in noted.stderr


def test_provenance_and_card_of_a_tuned_model_say_where_its_thresholds_come_from(folder: Path) -> None:
    card = "# model\n\n- licence of the weights: CC BY 4.0\n\nThresholds were chosen on the split validation.\n"
    Path("model/README.md").write_text(card, encoding="utf-8")  # as of a model made before 0.2.0
    assert tune("--target", "fa=90/h", "-o", "tuned").exit_code == 0
    assert Path("model/README.md").read_text(encoding="utf-8") == card
    assert not Path("model/provenance.toml").exists()
    assert tune("--target", "fa=90/h").exit_code == 0
    for name in ("tuned", "model"):
        known = read_provenance(Path(name))
        assert known.tuning is not None
        assert known.tuning.chosen == read_operating(Path(name), Labels(names=("tone",))).tuned
        assert (known.name, known.licence, known.earlier_card) == (name, "CC BY 4.0", card)
        told = Path(name, "README.md").read_text(encoding="utf-8")
        assert "90 false alarms per hour, at an IoU of 0.3" in told
        assert "> - licence of the weights: CC BY 4.0\n" in told


def test_a_second_tuning_takes_the_place_of_the_first_in_provenance(folder: Path) -> None:
    assert tune("--target", "p=0.8").exit_code == 0
    assert tune("--target", "fa=90/h").exit_code == 0
    tuning = read_provenance(Path("model")).tuning
    assert tuning is not None
    assert tuning.chosen.target == "fa=90/h"
    assert Path("model/README.md").read_text(encoding="utf-8").count("## Thresholds of") == 1


def test_a_broken_provenance_stops_tuning_before_it_begins_and_no_scan(folder: Path) -> None:
    Path("model/provenance.toml").write_text("name = 'm'\nlicence = 1", encoding="utf-8")
    before = Path("model/operating.toml").read_bytes()
    done = tune("--target", "fa=90/h")
    assert isinstance(done.exception, DetectorError)
    assert str(done.exception).startswith("model/provenance.toml: licence: 1: must be")
    assert Path("model/operating.toml").read_bytes() == before
    assert run("scan", "rec", "-m", "model").exit_code == 0
    assert run("describe", "model").exit_code == 0


def test_small_sets_and_flattering_figures_are_said_on_standard_error(folder: Path) -> None:
    done = tune("--target", "p=0.8")
    assert "detector: tone: tuned on 24 calls in 8 recordings (0.044 h): at threshold" in done.stderr
    assert "too little to promise 0.8" in done.stderr
    assert "run detector evaluate on other recordings" in done.stderr
    assert "flatter" not in done.stdout


@pytest.mark.parametrize("target", ["p=0.8", "p=0.9", "fa=60/h"])
def test_a_scan_for_a_target_that_too_little_was_tuned_on_for_warns_with_the_interval(
    folder: Path, target: str
) -> None:
    assert tune("--target", "p=0.8").exit_code == 0
    warned = [
        line for line in run("scan", "rec", "-m", "model", "--threshold", target).stderr.splitlines() if "too" in line
    ]
    (line,) = warned
    assert line.startswith("detector: tone: tuned on 24 calls in 0.044 h: at threshold")
    assert "95 % interval" in line
    assert f"too little to promise {target.strip('pfa=/h')}" in line
    assert "too little" not in run("scan", "rec", "-m", "model", "--threshold", "0.5").stderr


def test_a_scan_for_a_target_that_is_borne_out_does_not_warn(folder: Path) -> None:
    assert tune("--target", "fa=2000/h").exit_code == 0
    assert "too little" not in run("scan", "rec", "-m", "model", "--threshold", "fa=2000/h").stderr
    assert "borne out: at threshold" in run("describe", "model").stdout


def test_a_label_without_annotated_calls_stays_as_it_was_in_a_scan_for_a_target(folder: Path) -> None:
    save_made(folder / "two", "hum", "tone")
    assert run("tune", "two", "calls.csv", "rec", "--rename", "*=tone", "--device", "cpu").exit_code == 0
    scan = ("scan", "rec", "-m", "two", "--force", "-o", "found.csv", "--threshold")
    done = run(*scan, "p=0.8")
    assert done.exit_code == 0, done.output
    told = "the label 'hum' of this model was not tuned; its own threshold, 0.2, stays"
    assert f"detector: --threshold: p=0.8: {told}\n" in done.stderr
    with Path("found.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    hum, tone = load_model(folder / "two").operating.label
    least = {label: min(float(row["score"]) for row in rows if row["label"] == label) for label in ("hum", "tone")}
    assert least["hum"] >= 0.2
    assert least["tone"] >= tone.at(parse_target("p=0.8")).threshold - 5e-5
    assert {row["label"] for row in rows} == {"hum", "tone"}
    assert hum.curve is None
    assert "was not tuned" not in run(*scan, "0.5").stderr


def test_how_well_a_target_is_borne_out_is_stored_and_described(folder: Path) -> None:
    assert tune("--target", "p=0.8", "--calibration", "platt", "--json", "told.json").exit_code == 0
    told = json.loads(Path("told.json").read_text())["labels"]["tone"]
    operating = load_model(folder / "model").operating
    evidence = operating.label[0].evidence
    assert evidence.target == "p=0.8"
    assert evidence.borne_out is told["borne_out"] is False
    precision = told["figures"]["precision"]
    stored = (evidence.figure, evidence.low, evidence.high)
    assert stored == pytest.approx([precision[name] for name in ("value", "low", "high")], abs=1e-6)
    errors = [told["calibration"][name] for name in ("error_before", "error_after")]
    assert (evidence.error_before, evidence.error_after) == pytest.approx(errors, abs=1e-6)
    described = " ".join(run("describe", "model").stdout.split())
    assert "tone: for a precision of 0.8, at threshold" in described
    assert "too little to promise 0.8; calibration error" in described


def test_the_data_are_named_by_their_content_wherever_they_lie(folder: Path) -> None:
    def named(*paths: str) -> str:
        done = run("tune", "model", *paths, "--rename", "*=tone", "-o", "tuned", "--force")
        assert done.exit_code == 0, done.output
        return load_model(folder / "tuned").operating.tuned.data

    first = named("calls.csv", "rec")
    assert len(first) == 12
    assert int(first, 16) >= 0
    shutil.copytree("rec", "elsewhere/rec")
    shutil.copyfile("calls.csv", "same.csv")
    assert named("same.csv", "elsewhere/rec") == first
    lines = Path("calls.csv").read_text().splitlines()
    Path("fewer.csv").write_text("\n".join(lines[:-1]))
    assert named("fewer.csv", "rec") != first
    Path("rec/site0_0.wav").unlink()
    assert named("calls.csv", "rec") != first


def test_a_reliability_diagram_is_drawn_and_nothing_is_replaced_without_force(folder: Path) -> None:
    outputs = ("-o", "tuned", "--json", "told.json", "--plot", "told.png")
    assert tune(*outputs).exit_code == 0
    assert Path("told.png").read_bytes().startswith(b"\x89PNG")
    assert isinstance(tune(*outputs).exception, DetectorError)
    assert tune(*outputs, "--force").exit_code == 0


def test_diagram_is_plot_and_json_without_a_file_is_printed(folder: Path) -> None:
    new = tune("-o", "new", "--json", "new.json", "--plot", "new.png")
    old = tune("-o", "old", "--json=old.json", "--diagram", "old.png")
    assert Path("old.png").read_bytes() == Path("new.png").read_bytes()
    assert Path("old.json").read_bytes() == Path("new.json").read_bytes()
    assert old.stdout == new.stdout
    assert old.stderr == f"detector: --diagram is now --plot; the old name works in this version only\n{new.stderr}"
    printed = run("tune", "--json", "model", "calls.csv", "rec", "--rename", "*=tone", "--device", "cpu", "-o", "third")
    assert printed.stdout == Path("new.json").read_text() + "\n"


def test_a_recording_without_rows_is_free_of_calls_or_left_out(folder: Path) -> None:
    soundfile.write("rec/empty.wav", np.random.default_rng(9).normal(0, 0.003, RATE * 5), RATE)
    assert "1 recording not named in calls.csv" in tune("-o", "one").stderr
    assert tune("-o", "two", "--annotated-only").stdout.startswith("8 recordings")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--target", "p=2"], "'p=2': the precision must be above 0 and at most 1"),
        (["--target", "fa=2"], "'fa=2': must be f1, p=PRECISION as in p=0.9, or fa=RATE/h"),
        (["--target", "p=nan"], "'p=nan': the precision must be above 0 and at most 1"),
        (["--target", "fa=inf/h"], "'fa=inf/h': the rate must be a number from 0"),
        (["--iou", "0"], "0 is not in the range"),
        (["--iou", "nan"], "nan is not a finite number"),
        (["--iou", "inf"], "inf is not in the range"),
        (["--hop", "nan"], "nan is not a finite number"),
        (["--json=a.png", "--plot", "a.png"], "'a.png' does not end in .json"),
        (["--json", "tuned/told.json", "-o", "tuned"], "tuned/told.json lies in the folder of a model, tuned"),
        (["--calibration", "best"], "'best' is not one of"),
    ],
)
def test_wrong_usage_says_what_is_allowed(folder: Path, arguments: list[str], told: str) -> None:
    done = tune(*arguments)
    assert done.exit_code == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--json=calls.csv"], "'calls.csv' does not end in .json"),
        (["--json", "told.txt"], "'told.txt' does not end in .json"),
        (["--plot", "calls.csv"], "calls.csv is read by this command"),
        (["--split", "training.json", "--json", "rec/../training.json"], "training.json is read by this"),
        (["--json=model/operating.toml"], "'model/operating.toml' does not end in .json"),
        (["--json", "model/told.json"], "model/told.json lies in the folder of a model, model"),
        (["-o", "model/tuned"], "model/tuned lies in the folder of a model, model"),
        (["--split", "data/training.csv", "-o", "data"], "data holds data/training.csv, which is read by this"),
    ],
)
def test_nothing_that_is_read_is_overwritten_even_with_force(folder: Path, arguments: list[str], told: str) -> None:
    (folder / "data").mkdir()
    for table in ("data/training.csv", "training.json"):
        (folder / table).write_text("recording,split\nsite0_0.wav,validation\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    done = tune(*arguments, "--force")
    assert done.exit_code == 2
    assert told in done.stderr
    assert {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()} == before


def test_what_is_written_among_the_annotations_is_no_table(folder: Path) -> None:
    (folder / "tables").mkdir()
    shutil.copyfile("calls.csv", "tables/calls.csv")
    rest = ("rec", "--rename", "*=tone", "-o", "tuned", "--force")
    assert run("tune", "model", "tables", *rest, "--json=tables/told.csv").exit_code == 2
    outputs = ("--json", "tables/told.json", "--plot", "tables/told.png")
    assert [run("tune", "model", "tables", *rest, *outputs).exit_code for _ in range(2)] == [0, 0]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["tune", "model", "calls.csv", "rec"],
            "calls.csv: has none of the model's labels tone on these recordings, but song",
        ),
        (["tune", "call-activity", "calls.csv", "rec"], "call-activity: ships with the package"),
        (["tune", "model", "calls.csv", "rec", "-o", "model"], "model: is the model itself"),
        (
            ["tune", "model", "calls.csv", "rec", "--plot", "x.doc"],
            "`plot`: x.doc: has the wrong ending",
        ),
        (["tune", "model", "calls.csv", "nothing"], "no recordings to scan: nothing: no such file or folder"),
        (["tune", "nothing", "calls.csv", "rec"], "nothing: neither a folder nor one of the shipped models"),
        (
            ["scan", "rec", "-m", "model", "--threshold", "p=0.9"],
            "`threshold`: p=0.9: the label 'tone' of this model was not",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_leaves_nothing(
    folder: Path, arguments: list[str], told: str
) -> None:
    before = sorted(folder.rglob("*"))
    done = run(*arguments)
    assert isinstance(done.exception, DetectorError)
    assert done.exception.exit_code == 2
    assert str(done.exception).startswith(told)
    assert "\n" not in str(done.exception)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("table", "arguments", "told"),
    [
        ("calls.csv", ["--rename", "*=tone", "--group", "("], "`group`: '(': is not a regular expression"),
        (
            "calls.csv",
            ["--rename", "*=tone", "--group", "^far"],
            "`group`: '^far': finds nothing in the name site0_0.wav",
        ),
        (
            "calls.csv",
            ["--rename", "*=tone", "--group", "^rec/"],
            "`group`: '^rec/': finds nothing in the path site0_0.wav",
        ),
        ("calls.csv", [], "calls.csv: has none of the model's labels tone on these recordings, but song (`rename`"),
        ("empty.csv", [], "empty.csv: has no annotated calls on these recordings to tune on"),
        ("calls.csv", ["--background-label", "song"], "calls.csv: has no annotated calls on these recordings to tune"),
    ],
)
def test_what_the_tables_tell_is_checked_before_anything_is_scanned(
    folder: Path, monkeypatch: pytest.MonkeyPatch, table: str, arguments: list[str], told: str
) -> None:
    def scanned(*_arguments: object) -> None:
        raise AssertionError("scanned")

    monkeypatch.setattr("detector.tuning.listening.Scanner.scan_all", scanned)
    Path("empty.csv").write_text("recording,start_s,end_s,label\n", encoding="utf-8")
    done = run("tune", "model", table, "rec", "--device", "cpu", *arguments)
    assert isinstance(done.exception, DetectorError)
    assert done.exception.exit_code == 2
    assert str(done.exception).startswith(told)


@pytest.mark.parametrize("value", ["abc", "p=abc", "fa=2"])
def test_a_threshold_that_is_neither_score_nor_target_is_refused(folder: Path, value: str) -> None:
    done = run("scan", "rec", "-m", "model", "--threshold", value)
    assert done.exit_code == 2
    assert f"'{value}'" in done.stderr


def test_a_recording_that_cannot_be_scanned_costs_only_itself_and_shows_in_the_exit_code(folder: Path) -> None:
    spoilt = folder / "rec" / "site0_0.wav"
    spoilt.write_bytes(spoilt.read_bytes()[:20])
    done = tune("-o", "tuned")
    assert done.exit_code == 1
    assert "site0_0.wav" in done.stderr
    assert (folder / "tuned").is_dir()
