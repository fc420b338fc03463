"""Soundscapes with exact truth: nothing crosses splits, levels are what the table says, the curve counts rightly."""

from __future__ import annotations

import csv
import json
from itertools import islice
from pathlib import Path

import hard_soundscapes
import numpy as np
import pytest
import soundfile
from call_activity import Source
from hard import pipeline
from hard.energy import band_of_calls, levels_of, runs
from hard.figures import (
    Outcome,
    Reference,
    half_recall,
    logistic,
    operating_point,
    outcome,
    pairs,
    read_reference,
    recall_by_bin,
)
from hard.pipeline import search
from hard.scenes import SNR_DB, Recording, Scene, Truth, place, scenes, write_rows, write_set
from hard.sources import energy_band, joined, sources
from hard_soundscapes import main, parse
from scipy.signal import butter, sosfilt
from soundscapes import RATE

from detector.events import Event
from detector.tables.formats import read_annotations
from detector.tables.table import ReadOptions

MINUTES = {"train": 5, "validation": 1, "test": 4}
SECONDS = 20.0


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def original(path: Path) -> str:
    """Name what a source was cut from: ESC-10 numbers its freesound originals, boobook its sites."""
    if path.parts[0] == "boobook":
        return path.name.split("_30_0")[0].rsplit("_", 3)[0]
    return path.stem.split("-")[1] if path.parts[0] == "esc10" else path.stem


def power_db(sound: np.ndarray, span: slice, low: float, high: float) -> float:
    """Measure power within a band and a span, with another kind of filter than the one under test."""
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    kept = np.fft.irfft(np.where((hz >= low) & (hz <= high), spectrum, 0), len(sound))
    return float(10 * np.log10(np.mean(kept[span] ** 2)))


def bursts(*spans: tuple[float, float], seconds: float = 20.0) -> np.ndarray:
    """Make quiet noise with bursts of a tone."""
    times = np.arange(round(seconds * RATE)) / RATE
    sound = np.random.default_rng(0).normal(0, 0.01, len(times))
    for start, end in spans:
        sound += 0.05 * np.sin(2 * np.pi * 2000 * times) * ((times >= start) & (times < end))
    return sound


def truth_folder(folder: Path, calls: dict[str, list[tuple[float, float, str, float]]]) -> Path:
    """Write the truth of soundscapes of half an hour."""
    folder.mkdir()
    for name, own in calls.items():
        write_rows(folder / "recordings.csv", Recording, [Recording(f"calls/{name}", "test", 1800.0, "Rain", "")])
        told = [Truth(f"calls/{name}", start, end, 0, 1, label, snr, "Rain", "") for start, end, label, snr in own]
        write_rows(folder / "calls.csv", Truth, told)
    return folder


def table(path: Path, *detections: tuple[str, float, float, float]) -> Path:
    lines = ["recording,start_s,end_s,label,score", *(f"{n},{s},{e},call,{score}" for n, s, e, score in detections)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def made(data: Path) -> list[Scene]:
    return list(scenes(data, MINUTES, seed=3, seconds=SECONDS))


@pytest.fixture(scope="module")
def folder(made: list[Scene], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hard") / "set"
    write_set(folder, iter(made))
    return folder


@pytest.mark.parametrize("exchange", [False, True])
def test_no_original_is_heard_in_two_splits(data: Path, exchange: bool) -> None:
    splits: dict[str, set[str]] = {}
    for source in sources(data, exchange=exchange):
        splits.setdefault(original(source.path), set()).add(source.split)
    assert all(len(found) == 1 for found in splits.values())


@pytest.mark.parametrize("exchange", [False, True])
def test_every_split_has_every_kind_of_call_and_background(data: Path, exchange: bool) -> None:
    found = {(source.kind, source.split) for source in sources(data, exchange=exchange)}
    assert len(found) == 3 * len({kind for kind, _ in found})


def test_the_folds_are_turned_and_nothing_else_is(data: Path) -> None:
    was, turned = ({source.path: source.split for source in sources(data, turn)} for turn in (0, 4))
    assert {path.parts[0] for path in turned if turned[path] != was[path]} == {"esc10"}
    folds = {(split, path.name[0]) for path, split in turned.items() if path.parts[0] == "esc10"}
    assert folds == {("test", "1"), ("train", "2"), ("train", "3"), ("train", "4"), ("validation", "5")}


def test_exchanged_tests_hold_only_what_had_trained_and_what_had_tested_trains(data: Path) -> None:
    was, exchanged = ({s.path: s.split for s in sources(data, exchange=exchange)} for exchange in (False, True))
    for folder in ("zebra-finch", "boobook"):
        moves = {(was[path], exchanged[path]) for path in was if path.parts[0] == folder}
        assert moves == {("train", "test"), ("test", "train"), ("validation", "validation")} | (
            {("train", "train")} if folder == "zebra-finch" else set()  # owls change by site, all of them
        )
    assert all(exchanged[path] == split for path, split in was.items() if path.parts[0] == "esc10")


def test_the_command_line_turns_and_exchanges(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--minutes", "1,1,2", "--seconds", "20", "--turn", "1", "--exchange"]
    main(["make", str(data), str(tmp_path / "set"), *words])
    home = {source.path.as_posix(): source.split for source in sources(data, 1, exchange=True)}
    for part in ("training", "test"):
        for row in rows(tmp_path / "set" / part / "recordings.csv"):
            assert {home[name] for name in row["sources"].split(";")} == {row["split"]}
    counted: list[dict[str, str]] = []

    def census(_data: Path, found: list[Source]) -> list[tuple[object, ...]]:
        counted.append({source.path.as_posix(): source.split for source in found})
        return [("dog", "test", 8, 46, 0)]

    monkeypatch.setattr(hard_soundscapes, "census", census)
    main(["sources", str(data), *words[4:]])
    assert counted == [home]
    assert capsys.readouterr().out.endswith("\n| dog | test | 8 | 46 | 0 |\n")
    usual = {source.path.as_posix(): source.split for source in sources(data, 1)}
    callers = {row["source"] for row in rows(tmp_path / "set" / "test" / "calls.csv")}
    assert {usual[name] for name in callers if not name.startswith("esc10")} == {"train"}


def test_soundscapes_are_made_only_from_sources_of_their_own_split(data: Path, made: list[Scene]) -> None:
    home = {source.path.as_posix(): source.split for source in sources(data)}
    for scene in made:
        used = {*scene.recording.sources.split(";"), *(call.source for call in scene.truth)}
        assert {home[name] for name in used} == {scene.recording.split}


def test_the_same_seed_makes_the_same_bytes(data: Path, folder: Path, tmp_path: Path) -> None:
    write_set(tmp_path / "again", scenes(data, MINUTES, seed=3, seconds=SECONDS))
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert len(written) == sum(MINUTES.values()) + 4
    for path in written:
        assert (tmp_path / "again" / path.relative_to(folder)).read_bytes() == path.read_bytes(), path.name


def test_a_soundscape_does_not_depend_on_how_many_are_made(data: Path, made: list[Scene]) -> None:
    first = next(scenes(data, {"train": 1}, seed=3, seconds=SECONDS))
    np.testing.assert_array_equal(first.sound, made[0].sound)


def test_a_call_stands_over_the_background_by_what_the_table_says(made: list[Scene]) -> None:
    errors = []
    for scene in made:
        for call in scene.truth:
            span = slice(round(call.start_s * RATE), round(call.end_s * RATE))
            met = [
                other for other in scene.truth if other.start_s < call.end_s + 0.4 and other.end_s + 0.4 > call.start_s
            ]
            if len(met) == 1:  # echoes of others count as noise otherwise
                band = span, call.low_hz, call.high_hz
                alone = power_db(scene.sound - scene.background, *band)
                errors.append(alone - power_db(scene.background, *band) - call.snr_db)
    assert len(errors) > 10
    assert abs(np.median(errors)) < 0.5  # the skirts of the filters differ
    assert np.abs(errors).max() < 2


def test_in_even_noise_a_placed_tone_has_exactly_its_ratio() -> None:
    background = np.random.default_rng(1).normal(0, 0.1, 10 * RATE)
    call, out = np.zeros(10 * RATE), background.copy()
    span = 5 * RATE, 6 * RATE
    call[slice(*span)] = sosfilt(butter(4, [2000, 3000], "bandpass", fs=RATE, output="sos"), background[:RATE])
    low, high = place(out, background, call, span, -7.0)
    assert 1900 < low < 2200
    assert 2800 < high < 3100
    alone, noise = (power_db(sound, slice(*span), low, high) for sound in (out - background, background))
    assert alone - noise == pytest.approx(-7, abs=0.3)


def test_ratios_lie_in_the_stated_range_and_calls_in_the_soundscape(made: list[Scene]) -> None:
    for call in (call for scene in made for call in scene.truth):
        assert SNR_DB[0] <= call.snr_db <= SNR_DB[1]
        assert 0 <= call.start_s < call.end_s <= SECONDS
        assert 0 < call.low_hz < call.high_hz < RATE / 2


def test_soundscapes_never_clip_and_a_quarter_has_no_calls(made: list[Scene]) -> None:
    assert all(np.abs(scene.sound).max() <= 0.9901 for scene in made)
    empty = [scene for scene in made if not scene.truth]
    assert [scene.recording.recording for scene in empty] == ["background/train-0003.wav", "background/test-0003.wav"]
    assert all(np.array_equal(scene.sound, scene.background) for scene in empty)


def test_detector_reads_the_truth_with_species_as_labels(folder: Path) -> None:
    recordings = sorted((folder / "test").rglob("*.wav"))
    read = read_annotations(folder / "test" / "calls.csv", recordings, ReadOptions()).annotations
    assert len(read) == len(rows(folder / "test" / "calls.csv")) > 0
    assert {row.event.label for row in read} <= {"dog", "rooster", "finch", "boobook"}
    assert all(row.recording in recordings for row in read)
    assert {soundfile.info(path).subtype for path in recordings} == {"PCM_16"}
    assert read_reference(folder / "test").hours == pytest.approx(4 * SECONDS / 3600)


def test_barks_are_single_and_fragments_of_crows_are_none(data: Path) -> None:
    for source in sources(data):
        for cut in source.cuts:
            assert source.kind not in ("dog", "finch") or len(cut.parts) == 1
            assert source.kind != "rooster" or cut.parts[-1][1] - cut.parts[0][0] >= 0.5


def test_a_band_holds_nine_tenths_of_the_energy() -> None:
    noise = np.random.default_rng(2).normal(0, 1, RATE)
    low, high = energy_band(noise)
    assert low == pytest.approx(0.05 * RATE / 2, rel=0.1)
    assert high == pytest.approx(0.95 * RATE / 2, rel=0.02)


def test_joints_keep_the_power_of_noise() -> None:
    rng = np.random.default_rng(0)
    joint = np.mean([joined([rng.normal(size=RATE), rng.normal(size=RATE)]) ** 2 for _ in range(20)], axis=0)
    assert joint[RATE // 2 : RATE].mean() == pytest.approx(1, abs=0.05)


def test_a_detection_of_two_calls_is_the_louder_ones() -> None:
    faint, loud = Event(1.0, 1.2, "finch"), Event(1.1, 1.3, "dog")
    assert pairs([faint, loud], [-10, 10], [Event(1.0, 1.3, "call")]) == [(1, 0)]
    assert pairs([loud, faint], [10, -10], [Event(1.0, 1.3, "call")]) == [(0, 0)]
    assert len(pairs([faint, loud], [-10, 10], [Event(1.0, 1.2, "call"), Event(1.1, 1.3, "call")])) == 2


def test_loudest_first_costs_no_pair() -> None:
    """The loud call meets both detections, the faint one only the first: both are found."""
    loud, faint = Event(1.0, 2.0, "dog"), Event(0.5, 1.1, "dog")
    assert len(pairs([loud, faint], [10, -10], [Event(0.6, 1.4, "call"), Event(1.6, 2.0, "call")])) == 2


def test_a_call_is_found_once_and_what_lies_elsewhere_is_a_false_alarm(tmp_path: Path) -> None:
    reference = Reference({"a": [Event(1, 2, "dog")], "b": []}, {"a": [0.0], "b": []}, hours=2.0)
    found = {
        "a": [Event(1, 1.5, "call", score=0.9), Event(1.5, 2, "call", score=0.8)],
        "b": [Event(5, 6, "c", score=1)],
    }
    result = outcome(reference, found)
    assert result.found.tolist() == [True]
    assert result.alarms.tolist() == [1, 1]
    assert result.rate == 1.0
    assert outcome(reference, found, least=0.85).alarms.tolist() == [0, 1]


def test_a_whole_recording_marked_as_one_call_finds_nothing() -> None:
    reference = Reference({"a": [Event(1, 2, "dog")]}, {"a": [0.0]}, hours=1.0)
    result = outcome(reference, {"a": [Event(0, 60, "call", score=1.0)]})
    assert (result.found.tolist(), result.alarms.tolist()) == ([False], [1])


def test_the_table_with_the_most_false_alarms_that_are_not_too_many_is_taken(tmp_path: Path) -> None:
    reference = read_reference(truth_folder(tmp_path / "t", {"a.wav": [(1, 2, "dog", 0.0)], "b.wav": []}))
    call, alarms = ("calls/a.wav", 1, 2, 0.9), [("b.wav", 10 * i, 10 * i + 1, 0.95 - i / 100) for i in range(20)]
    strict, right, lax = (table(tmp_path / f"{n}.csv", call, *alarms[:n]) for n in (2, 9, 20))
    assert operating_point(reference, [lax, strict, right]).rate == 9
    assert operating_point(reference, [lax]).rate == 10  # cut by score: the call, which scores 0.9, stays no longer
    assert operating_point(reference, [lax], rate=4).found.tolist() == [False]
    assert operating_point(reference, [lax], rate=6).found.tolist() == [True]


def test_the_fit_gives_back_the_ratio_at_one_half() -> None:
    rng = np.random.default_rng(0)
    snr_db = rng.uniform(-15, 20, 4000)
    found = rng.uniform(size=4000) < 1 / (1 + np.exp(-(snr_db - 3) / 2.5))
    half, width = logistic(snr_db, found.astype(float), np.ones(4000))
    assert half == pytest.approx(3, abs=0.3)
    assert width == pytest.approx(2.5, abs=0.3)


@pytest.mark.parametrize(("share", "beyond"), [(1.0, -15), (0.0, 20)])
def test_where_all_or_nothing_is_found_one_half_lies_outside(share: float, beyond: float) -> None:
    half, _ = logistic(np.linspace(-15, 20, 300), np.full(300, share), np.ones(300))
    assert half < beyond if share else half > beyond


def test_intervals_hold_their_values_and_do_not_change() -> None:
    rng = np.random.default_rng(4)
    snr_db, scene = rng.uniform(-15, 20, 500), rng.integers(0, 50, 500)
    result = Outcome(scene, snr_db, np.full(500, "dog"), snr_db > rng.normal(2, 3, 500), np.zeros(50, dtype=int), 1.0)
    half = half_recall(result, draws=200)
    assert half.low < half.value < half.high < half.low + 4
    assert half_recall(result, draws=200) == half
    bins = recall_by_bin(result, draws=200)
    assert sum(n for _, n, _ in bins) == 500
    assert all(recall.low <= recall.value <= recall.high for _, _, recall in bins)


def test_band_energy_finds_bursts_over_a_steady_background(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", bursts((5.0, 5.5), (12.0, 12.3)), RATE)
    found = runs(levels_of(tmp_path / "a.wav", (1500, 2500)), 6.0)
    assert [(start, end) for start, end, _ in found] == [
        (pytest.approx(5.0, abs=0.1), pytest.approx(5.5, abs=0.1)),
        (pytest.approx(12.0, abs=0.1), pytest.approx(12.3, abs=0.1)),
    ]


def test_near_runs_are_one_and_their_highest_level_is_the_score() -> None:
    db = np.zeros(200)
    db[20:30], db[35:45], db[100:110] = 7, 9, 8
    assert runs(db, 6.0) == [(0.2, 0.45, 9.0), (1.0, 1.1, 8.0)]


def test_the_band_is_that_of_the_training_calls(tmp_path: Path) -> None:
    told = [Truth("calls/a.wav", 0, 1, low, low + 1000, "dog", 0, "Rain", "") for low in (1000, 2000, 3000, 4000, 5000)]
    write_rows(tmp_path / "calls.csv", Truth, told)
    assert band_of_calls(tmp_path / "calls.csv") == (2000, 5000)


def test_the_search_ends_near_ten_false_alarms_an_hour_and_scans_nothing_twice(tmp_path: Path) -> None:
    test = truth_folder(tmp_path / "t", {"a.wav": [], "b.wav": []})
    scanned: list[float] = []

    def scan(level: float, path: Path) -> None:
        scanned.append(level)
        table(path, *(("a.wav", 5 * i, 5 * i + 1, 0.5) for i in range(round(40 - 4 * level))))

    found = search(scan, (10.0, 9.0, 6.0, 0.0), tmp_path / "w", test)
    assert operating_point(read_reference(test), found).rate == 10
    assert scanned[:3] == [10.0, 9.0, 6.0]
    assert search(scan, (10.0, 9.0, 6.0, 0.0), tmp_path / "w", test) == found
    assert len(scanned) == len(found)


def test_the_curve_is_drawn_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calls = {f"{i}.wav": [(10.0, 11.0, "dog", i - 15.0), (20.0, 21.0, "finch", i - 15.0)] for i in range(35)}
    test = truth_folder(tmp_path / "test", calls)
    found = table(tmp_path / "d.csv", *((f"{i}.wav", at, at + 1, 0.9) for i in range(18, 35) for at in (10, 20)))
    arguments = ["curve", str(test), f"mine={found}", "-o", str(tmp_path / "c.png"), "--json", str(tmp_path / "c.json")]
    main(arguments)
    assert "| mine | 0.0 | 0.486 |" in capsys.readouterr().out
    told = json.loads((tmp_path / "c.json").read_text())["models"]["mine"]
    assert told["snr_db_at_recall_one_half"]["all"]["value"] == pytest.approx(2.5, abs=0.5)
    assert set(told["recall_by_snr"]) == {"all", "dog", "finch"}
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "c.png: exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("recording,start_s,end_s\n0.wav,1,2\n", "line 2: 'score'; a table of detections has"),
        ("recording,start_s,end_s,score\n0.wav,one,2,1\n", "line 2: could not convert string to float: 'one'"),
        ("recording,start_s,end_s,score\nx.wav,1,2,1\n", "line 2: x.wav is not one of the soundscapes"),
    ],
)
def test_a_faulty_table_is_told_in_one_line(
    content: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = truth_folder(tmp_path / "test", {"0.wav": []})
    (tmp_path / "d.csv").write_text(content)
    with pytest.raises(SystemExit, match="2"):
        main(["curve", str(test), f"a={tmp_path / 'd.csv'}", "-o", str(tmp_path / "c.png")])
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert not (tmp_path / "c.png").exists()


@pytest.mark.parametrize("minutes", ["1,2", "1,0,1", "1,2,x"])
def test_minutes_are_three_whole_numbers(minutes: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["make", "data", "set", "--minutes", minutes])
    assert "is not three whole numbers of at least 1" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_one_command_makes_trains_scans_and_draws_and_goes_on_where_it_stopped(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hard_soundscapes, "PLAIN", {})  # which take minutes to train
    quick = Path(__file__).resolve().parents[2] / "examples" / "recipes" / "quick-start.toml"
    (tmp_path / "r.toml").write_text(quick.read_text().replace("epochs = ", "epochs = 1 # "))
    work = tmp_path / "work"
    arguments = ["run", str(data), str(work), "--minutes", "4,2,2", "--seconds", "10", "--recipe"]
    main([*arguments, f"small-cnn={tmp_path / 'r.toml'}"])
    first = capsys.readouterr().out
    assert "| band energy | " in first
    assert "| small-cnn | " in first
    before = {path: path.stat().st_mtime_ns for path in (work / "small-cnn").rglob("*")}
    main([*arguments, f"small-cnn={tmp_path / 'r.toml'}"])
    assert capsys.readouterr().out == first
    assert {path: path.stat().st_mtime_ns for path in (work / "small-cnn").rglob("*")} == before
    with pytest.raises(SystemExit, match="2"):
        main([*arguments, f"small-cnn={quick}"])
    assert f"model: is of another recipe than {quick}; remove " in capsys.readouterr().err
    assert list(islice(work.glob("curve.*"), 3))


def test_a_model_of_species_is_scanned_as_tuned_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A threshold is a probability then, by the validation soundscapes and no others."""
    told: list[list[str]] = []
    monkeypatch.setattr(pipeline, "detector", lambda *words: told.append([str(word) for word in words]))
    monkeypatch.setattr(pipeline, "band_energy", lambda _made: None)
    monkeypatch.setattr(pipeline, "search", lambda scan, ladder, work, _test: [scan and scan(0.0, work / "table.csv")])
    plan = pipeline.Plan({"validation": 30})
    write_plan(tmp_path / "set", plan)
    recipes = {"plain": pipeline.Recipe("small-cnn"), "own": pipeline.Recipe("my.toml", species=True)}
    tables = pipeline.run(tmp_path, tmp_path, recipes, {}, plan)
    assert list(tables) == ["band energy", "plain", "own", "own, tuned"]
    (tuning,) = [words for words in told if words[0] == "tune"]
    part = tmp_path / "set" / "training"
    assert tuning[1:5] == [
        str(tmp_path / "own" / "model"),
        *(str(part / n) for n in ("calls.csv", "calls", "background")),
    ]
    assert tuning[5:7] == ["--split", str(part / "recordings.csv")]
    scans = [(words[4], words[6]) for words in told if words[0] == "scan"]
    models = [str(tmp_path / name) for name in ("plain/model", "own/model", "own/tuned")]
    assert scans == list(zip(models, ["0.50000000"] * 3))
    write_plan(tmp_path / "set", shorter := pipeline.Plan({"validation": 29}))
    assert "own, tuned" not in pipeline.run(tmp_path, tmp_path, recipes, {}, shorter)


def write_plan(folder: Path, plan: pipeline.Plan) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "plan.txt").write_text(plan.options)


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ("--minutes 60,30,180 --seconds 60 --seed 2 --turn 2", "--minutes 60,30,180 --seconds 60 --seed 2 --turn 2"),
        (None, "a plan that is not known"),
    ],
)
def test_soundscapes_that_were_made_otherwise_are_not_taken(
    plan: str | None, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "set").mkdir()
    if plan:
        (tmp_path / "set" / "plan.txt").write_text(f"{plan}\n")
    with pytest.raises(SystemExit, match="2"):
        main(["run", "data", str(tmp_path), "--seed", "3", "--turn", "1", "--exchange"])
    asked = "--minutes 60,30,180 --seconds 60 --seed 3 --turn 1 --exchange"
    assert capsys.readouterr().err == (
        f"hard_soundscapes.py: {tmp_path}/set: was made by {told}, not {asked}; remove it, or name another folder\n"
    )


def test_the_command_is_told_without_the_folders_of_this_machine(tmp_path: Path) -> None:
    table = tmp_path / "found.csv"
    assert parse(["run", str(tmp_path / "d"), str(tmp_path), "--turn", "4", "--model", f"mine={tmp_path}/m"]).told == (
        "python experiments/hard_soundscapes.py run DATA WORK --turn 4 --model mine=m"
    )
    words = ["curve", str(tmp_path / "test"), f"mine={table}", "-o", str(tmp_path / "c.png"), "--rate", "12"]
    assert parse(words).told.endswith(" curve SET/test mine=found.csv -o c.png --rate 12")
    words[1:3] = [f"{tmp_path / 'test'}/", f"my own, tuned={table}"]
    assert parse(words).told.endswith(" curve SET/test 'my own, tuned=found.csv' -o c.png --rate 12")


def test_a_curve_is_of_the_lowest_threshold_that_keeps_its_rate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A call in each of 60 half hours: half of them found, or all of them and 30 false alarms."""
    test = truth_folder(tmp_path / "test", {f"{i}.wav": [(10.0, 11.0, "dog", i % 30 - 10.0)] for i in range(60)})
    sure = table(tmp_path / "sure.csv", *((f"{i}.wav", 10, 11, 0.9) for i in range(0, 60, 2)))
    lax = table(
        tmp_path / "lax.csv",
        *((f"{i}.wav", 10, 11, 0.9) for i in range(60)),
        *((f"{i}.wav", 40, 41, 0.5) for i in range(30)),
    )
    for rate, shown in (("0.9", "| mine | 0.0 | 0.500 |"), ("1.1", "| mine | 1.0 | 1.000 |")):
        arguments = ["curve", str(test), f"mine={sure}", f"mine={lax}", "-o", str(tmp_path / f"{rate}.png")]
        main([*arguments, "--rate", rate, "--json", str(tmp_path / f"{rate}.json")])
        assert shown in capsys.readouterr().out
        assert json.loads((tmp_path / f"{rate}.json").read_text())["at_most_per_hour"] == float(rate)


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "many"])
def test_a_rate_that_is_none_is_refused(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["curve", "test", "mine=found.csv", "-o", "c.png", "--rate", rate])
    assert f"argument --rate: {rate!r} is not a number above 0" in capsys.readouterr().err
