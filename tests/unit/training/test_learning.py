"""Learning curves: parts are nested and like the whole; a forecast is told only where the points support one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from safetensors.torch import load_file

from detector.clips import Clip, ClipStore, ClipWriter, open_clips
from detector.errors import ConfigurationError, OutputError, ParameterError
from detector.model import load_model
from detector.model_folder import MODEL_FOLDER
from detector.training.fit import Trainer
from detector.training.learning import Learned, learn
from detector.training.learning_curve import Point, draw, forecast, format_forecast
from detector.training.nesting import Nesting, count_calls
from detector.training.train import TrainSettings, train
from tests.made import Heard, recipe, write_clips

MADE = recipe("pcen", labels={"names": ["a", "b"]}, training={"epochs": 2})
RARE = 4  # of how many calls one is of label b


def point(calls: int, value: float) -> Point:
    return Point(calls, calls * 3, value, 0.5, 1.0)


def power_law(
    a: float, b: float, c: float, noise: float = 0.0, calls: tuple[int, ...] = (10, 20, 40, 80)
) -> list[Point]:
    rng = np.random.default_rng(0)
    return [point(n, a - b * (n / calls[-1]) ** -c + noise * rng.standard_normal()) for n in calls]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ClipStore:
    """Write clips of 12 recordings: 8 with four calls each, of which two clips share one, 4 of background alone."""
    folder = tmp_path_factory.mktemp("nesting") / "clips"
    folder.mkdir()
    writer = ClipWriter(folder, MADE)
    frames = np.ones((MADE.n_bands, MADE.window_frames), dtype=np.float32)
    for number in range(12):
        name = f"{number}.wav"
        for n in range(6 if number < 8 else 10):
            start, call = n / 2, number < 8 and n < 5
            onset = 0.1 if n < 4 else -0.4  # that of the clip before, seen from here
            label = "b" if (number + min(n, 3)) % RARE == 0 else "a"
            events = ((onset, onset + 0.7, label),) if call else ()
            kind = "call" if call else "background"
            clip = Clip(name, "mix", start, kind, label if call else "", "train", name, True, 0, 1, events)
            writer.add(clip, frames, frames[:, 0])
    writer.close({})
    return open_clips(folder)


def part(nesting: Nesting, store: ClipStore, share: float) -> pd.DataFrame:
    return store.index[~store.index["clip"].isin(nesting.left_out(share))]


@pytest.mark.parametrize("seed", range(5))
def test_parts_are_nested_and_have_their_share_of_calls_labels_and_background(store: ClipStore, seed: int) -> None:
    nesting = Nesting(store, seed)
    assert nesting.n_calls == 8 * 4
    before: set[int] = set()
    for share in (0.125, 0.25, 0.5, 0.75, 1.0):
        rows = part(nesting, store, share)
        assert before <= set(rows["clip"])
        before = set(rows["clip"])
        assert nesting.count(share) == 32 * share
        counts = rows.loc[rows["start_s"] != 2.0, "labels"].value_counts()  # of two clips of one call, one
        assert abs(counts["b"] / (counts["a"] + counts["b"]) - 0.25) <= 0.1
        assert len(rows[rows["kind"] == "background"]) == pytest.approx(48 * share, abs=2)
        whole = rows[rows["kind"] == "call"].groupby("recording").size()
        assert sum(whole < 5) <= 1  # recordings are taken one after the other
    assert len(before) == len(store)


@pytest.mark.parametrize("seed", range(5))
def test_recordings_of_one_label_each_are_taken_so_that_labels_keep_their_shares(tmp_path: Path, seed: int) -> None:
    writer = ClipWriter(tmp_path, MADE)
    frames = np.ones((MADE.n_bands, MADE.window_frames), dtype=np.float32)
    for n, label in enumerate("aaaaaabb"):
        clip = Clip(f"{n}.wav", "0", 0.0, "call", label, "train", str(n), True, 0, 1, ((0.1, 0.4, label),))
        writer.add(clip, frames, frames[:, 0])
    writer.close({})
    store = open_clips(tmp_path)
    assert sorted(part(Nesting(store, seed), store, 0.5)["labels"]) == ["a", "a", "a", "b"]


def test_parts_are_drawn_by_the_seed(store: ClipStore) -> None:
    parts = [tuple(part(Nesting(store, seed), store, 0.25)["clip"]) for seed in (0, 0, 1, 2)]
    assert parts[0] == parts[1]
    assert len(set(parts)) > 1


def test_clips_that_are_left_out_are_in_no_split_and_in_the_fingerprint(store: ClipStore) -> None:
    less = store.without(np.array([3, 1]))
    assert set(store.in_split("train")) - set(less.in_split("train")) == {1, 3}
    assert len(store.in_split("train")) == len(store)
    prints = {one.fingerprint() for one in (store, less, store.without(np.array([1])), less.without(np.array([5])))}
    assert len(prints) == 4
    assert store.without(np.array([1, 3])).fingerprint() == less.fingerprint()


@settings(deadline=None)
@given(st.floats(0.6, 1.0), st.floats(0.02, 0.3), st.floats(0.2, 1.5))
def test_points_on_a_power_law_are_carried_on(a: float, b: float, c: float) -> None:
    expected = forecast(power_law(a, b, c))
    wanted = b * (1 - 2**-c)
    if expected is not None:
        assert expected.gain == pytest.approx(min(wanted, 1 - (a - b)), abs=0.01)
        assert 0 <= expected.low <= expected.gain <= expected.high <= 1 - (a - b) + 1e-9


def test_a_clear_curve_is_told_with_its_interval() -> None:
    sentence = format_forecast(power_law(0.9, 0.1, 0.7, noise=0.0005))
    assert all(part in sentence for part in ("80 annotated calls", "by 0.03", "(80% interval 0.0"))


@pytest.mark.parametrize(
    "points",
    [
        power_law(0.9, 0.1, 0.7)[1:],
        [point(10, 0.5), point(20, 0.8), point(40, 0.4), point(80, 0.6)],
        [point(80, 0.6)],
        [point(2, 0.318), point(5, 0.284), point(11, 0.739), point(23, 0.967)],
    ],
)
def test_points_that_support_no_forecast_get_none(points: list[Point]) -> None:
    assert forecast(points) is None
    sentence = format_forecast(points)
    assert sentence.startswith(f"{len(points)} training runs")
    if len(points) > 1:
        assert sentence.endswith(f"average precision went from {points[-2].average_precision:.3f} to "
                             f"{points[-1].average_precision:.3f}")  # fmt: skip


def run(clips: Path, output: Path, sizes: tuple[float, ...], lines: list[str], **settings: Any) -> Learned | None:
    return learn(clips, output, None, TrainSettings(device="cpu", **settings), sizes, Heard(lines))


@pytest.mark.parametrize("values", [(0.99995, 0.99996, 0.99997), (0.5, 0.6, 0.7), (0.0, 0.0, 0.0), (1.0, 1.0)])
def test_the_axis_of_scores_runs_from_0_to_1_whatever_the_points_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: tuple[float, ...]
) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    assert draw([point(10 * 2**n, value) for n, value in enumerate(values)], tmp_path / "curve.png")
    (axis,) = drawn[0].axes
    assert axis.get_ylim() == (0, 1)


@given(st.integers(0, 11))
def test_calls_are_counted_once_in_however_many_clips(store: ClipStore, first: int) -> None:
    some = store.without(np.flatnonzero(store.index["recording"] != f"{first}.wav"))
    counts = count_calls(some, "train")
    assert sum(counts.values()) == (4 if first < 8 else 0)
    assert set(counts) == {"a", "b"}
    assert set(count_calls(store, "validation").values()) == {0}


def test_the_model_is_the_one_trained_on_all_with_the_curve_in_its_folder(tmp_path: Path) -> None:
    clips, lines = write_clips(tmp_path / "clips", MADE), list[str]()
    learned = run(clips, tmp_path / "model", (0.5, 1), lines)
    assert learned is not None
    total = Nesting(open_clips(clips), 0).n_calls
    assert [one.annotated_calls for one in learned.points] == [total // 2, total]
    assert learned.points[-1].average_precision == pytest.approx(
        learned.figures["validation"].mean_average_precision, abs=1e-6
    )
    curve = pd.read_csv(tmp_path / "model" / "learning-curve.csv")
    assert curve["annotated_calls"].tolist() == [total // 2, total]
    assert MODEL_FOLDER.is_kind_of(tmp_path / "model")
    assert learned.table() == (tmp_path / "model" / "learning-curve.csv").read_text()
    assert (tmp_path / "model" / "learning-curve.png").stat().st_size > 1000
    assert load_model(tmp_path / "model").labels == ("a", "b")
    train(clips, tmp_path / "alone", None, TrainSettings(device="cpu"))
    model, alone = (load_file(tmp_path / name / "weights.safetensors") for name in ("model", "alone"))
    assert all(torch.equal(model[name], alone[name]) for name in model)
    assert {path.name for path in tmp_path.iterdir()} == {"clips", "model", "alone"}
    run(clips, tmp_path / "model", (0.5,), lines, force=True)  # the curve's files are known to be ours


@pytest.mark.parametrize("stop", [2, 3, 4])
def test_a_curve_that_was_stopped_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    clips, lines, count = write_clips(tmp_path / "clips", MADE), list[str](), 0
    whole = run(clips, tmp_path / "whole", (0.5, 1), lines)
    epoch = Trainer._epoch

    def interrupted(self: Trainer, number: int) -> Any:
        nonlocal count
        count += 1
        if count == stop:
            raise KeyboardInterrupt
        return epoch(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_epoch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(clips, tmp_path / "parts", (0.5, 1), lines)
    with pytest.raises(OutputError, match="holds a run that was stopped"):
        run(clips, tmp_path / "parts", (0.5, 1), lines)
    parts = run(clips, tmp_path / "parts", (0.5, 1), lines, resume=True)
    assert whole is not None
    assert parts is not None
    assert [(p.annotated_calls, p.average_precision, p.f1) for p in whole.points] == [
        (p.annotated_calls, p.average_precision, p.f1) for p in parts.points
    ]


def test_a_part_of_another_run_is_not_taken_for_this_one(tmp_path: Path) -> None:
    clips, lines = write_clips(tmp_path / "clips", MADE), list[str]()
    work = tmp_path / "model.training"
    work.mkdir()
    n = Nesting(open_clips(clips), 0).count(0.5)
    (work / f"part-{n}.json").write_text(json.dumps({"key": "other", "point": point(3, 0.5).__dict__}))
    with pytest.raises(OutputError, match=rf"part-{n}\.json: belongs to another recipe, seed or set of clips"):
        run(clips, tmp_path / "model", (0.5, 1), lines, resume=True)


def test_more_calls_than_there_are_is_refused(tmp_path: Path) -> None:
    clips = write_clips(tmp_path / "clips", MADE)
    with pytest.raises(ParameterError, match=r"^`sizes`: 500: .* only 9 annotated calls"):
        run(clips, tmp_path / "model", (2, 500), [])
    assert {path.name for path in tmp_path.iterdir()} == {"clips"}


def test_without_validation_there_is_no_curve(tmp_path: Path) -> None:
    clips = write_clips(tmp_path / "clips", MADE)
    index = pd.read_csv(clips / "clips.csv")
    index.assign(split="train").to_csv(clips / "clips.csv", index=False)
    with pytest.raises(ConfigurationError, match="no clips in the split validation"):
        run(clips, tmp_path / "model", (0.5,), [])


def test_a_part_without_a_label_is_left_out_and_said(tmp_path: Path) -> None:
    clips, lines = write_clips(tmp_path / "clips", MADE), list[str]()
    learned = run(clips, tmp_path / "model", (1 / 9, 1), lines)
    assert learned is not None
    assert len(learned.points) == 1
    assert any(line.startswith("1 annotated calls") and "skipped" in line for line in lines)


def test_shares_of_as_many_calls_are_one_part(tmp_path: Path) -> None:
    clips = write_clips(tmp_path / "clips", MADE, n=42)
    nesting = Nesting(open_clips(clips), 0)
    assert nesting.count(0.48) == nesting.count(0.52) == 7
    assert len(nesting.left_out(0.48)) > len(nesting.left_out(0.52))  # of the background
    learned = run(clips, tmp_path / "model", (0.48, 0.52), [])
    assert learned is not None
    assert [point.annotated_calls for point in learned.points] == [7, 15]


def test_a_part_whose_calls_of_a_label_are_no_targets_is_left_out_and_said(tmp_path: Path) -> None:
    clips, lines = write_clips(tmp_path / "clips", MADE), list[str]()
    nesting, events = Nesting(open_clips(clips), 0), pd.read_csv(clips / "events.csv")
    last = max(nesting._calls, key=nesting._place.__getitem__)
    (label,) = events.loc[events["clip"] == last, "label"]
    edge = (events["label"] == label) & (events["clip"] != last)
    events.loc[edge, ["start_s", "end_s"]] = (0.45, 2.0)  # a tenth of the window of 0.5 s
    events.to_csv(clips / "events.csv", index=False)
    learned = run(clips, tmp_path / "model", (0.7,), lines)
    assert learned is not None
    assert [point.annotated_calls for point in learned.points] == [9]
    assert any("this part is skipped" in line for line in lines)
