"""The loop of mining: what is wrongly found is learned, rounds end where they stop helping, nothing is half written."""

from __future__ import annotations

import errno
import filecmp
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from detector.clips import CLIPS_FOLDER, open_clips
from detector.errors import ClipsError, ConfigurationError, OutputError
from detector.events import overlap_s
from detector.extraction.known import read_known
from detector.mining.add import MINED
from detector.mining.mine import Mined, MinePlan, mine
from detector.mining.scans import MineMaterial
from detector.model import Model, load_model, save_model
from detector.model_folder import MODEL_FOLDER
from detector.operating.points import Operating, operating_toml
from detector.provenance import Provenance, read_provenance
from detector.training.figures import TrainFigures
from detector.training.fit import Trainer
from detector.training.start import Start
from detector.training.train import TrainSettings, train
from tests.made import Heard, recipe
from tests.unit.mining.conftest import write_clips_of_recordings

Given = tuple[Path, Path]


def run(given: Given, output: Path, lines: list[str] | None = None, **options: Any) -> Mined:
    settings = {name: options.pop(name) for name in ("resume", "force", "seed") if name in options}
    plan = MinePlan(**{"per_round": 6, **options}, training=TrainSettings(device="cpu", **settings))
    return mine(given[0], str(given[1]), output, plan, Heard(lines))


@pytest.fixture
def values(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give a list of what rounds are judged as; the list is used up, round by round."""
    told: list[float] = []

    def judge(self: MineMaterial, model: object) -> TrainFigures:
        value = told.pop(0)
        return TrainFigures(0.0, {"low": value}, {"low": value / 2}, {"low": 0.5}, None, 9)

    monkeypatch.setattr(MineMaterial, "judge", judge)
    return told


def same(one: Path, other: Path) -> bool:
    first, second = (load_file(folder / "weights.safetensors") for folder in (one, other))
    return all(torch.equal(first[name], second[name]) for name in first)


def test_what_was_added_is_of_training_recordings_and_meets_no_call(
    tmp_path: Path, given: Given, values: list[float]
) -> None:
    values += [0.1, 0.2]
    run(given, tmp_path / "new", keep_clips=tmp_path / "kept", rounds=1)
    before, store = open_clips(given[0]), open_clips(tmp_path / "kept")
    added = store.index.iloc[len(before) :]
    assert 0 < len(added) <= 6
    assert set(added["kind"]) == {MINED}
    assert set(added["split"]) == {"train"}
    calls = {source.path.as_posix(): [event.span for event, _ in source.calls] for source in read_known(given[0])}
    for recording, start in zip(added["recording"], added["start_s"]):
        assert all(overlap_s((start, start + 0.5), call) < 0.02 for call in calls[recording])
    assert not any(path.is_symlink() for path in (tmp_path / "kept").iterdir())


def test_rounds_end_at_the_first_that_does_not_help_and_the_best_is_kept(
    tmp_path: Path, given: Given, values: list[float]
) -> None:
    values += [0.5, 0.6, 0.6, 0.9]
    lines: list[str] = []
    found = run(given, tmp_path / "new", lines, rounds=5, keep_clips=tmp_path / "kept")
    assert ([one.average_precision for one in found.rounds], found.best) == ([0.5, 0.6, 0.6], 1)
    assert sum(open_clips(tmp_path / "kept").index["kind"] == MINED) == found.rounds[1].added > 0
    assert not same(tmp_path / "new", given[1])
    card = (tmp_path / "new" / "README.md").read_text()
    assert card.startswith("# new\n")
    assert "| 1 (kept) | 6 | " in card
    assert f"| 0 | 0 | 0 | {0.5:.4f} | {0.25:.4f} |" in card
    (record,) = read_provenance(tmp_path / "new").mining
    assert (record.round, record.kept) == (found.rounds, 1)
    assert (record.origin.name, record.origin.licence) == (given[1].name, "not stated")
    assert MODEL_FOLDER.is_kind_of(tmp_path / "new")
    assert CLIPS_FOLDER.is_kind_of(tmp_path / "kept")
    assert {path.name for path in tmp_path.iterdir()} == {"new", "kept"}


def test_where_no_round_helps_the_model_is_the_first_and_its_card_says_so(
    tmp_path: Path, given: Given, values: list[float]
) -> None:
    values += [0.5, 0.4]
    found = run(given, tmp_path / "new", keep_clips=tmp_path / "kept")
    assert found.best == 0
    assert same(tmp_path / "new", given[1])
    assert filecmp.cmp(tmp_path / "new" / "operating.toml", given[1] / "operating.toml", shallow=False)
    assert "no round helped, so this is that model" in (tmp_path / "new" / "README.md").read_text()
    assert read_provenance(tmp_path / "new").training == read_provenance(given[1]).training
    assert not (tmp_path / "kept").exists()


def test_mining_again_keeps_what_is_known_of_the_mining_before(
    tmp_path: Path, given: Given, values: list[float]
) -> None:
    values += [0.5, 0.4]
    run(given, tmp_path / "new", rounds=1)
    values += [0.5, 0.4]
    run((given[0], tmp_path / "new"), tmp_path / "newer", rounds=1)
    known = read_provenance(tmp_path / "newer")
    assert known.name == "newer"
    assert [record.origin.name for record in known.mining] == [given[1].name, "new"]


def test_a_model_made_before_0_2_0_can_be_mined_and_its_card_stays(
    tmp_path: Path, given: Given, values: list[float]
) -> None:
    shutil.copytree(given[1], tmp_path / "old")
    (tmp_path / "old" / "provenance.toml").unlink()
    (tmp_path / "old" / "README.md").write_text("# old\n\n- licence of the weights: CC0\n", encoding="utf-8")
    values += [0.5, 0.4]
    run((given[0], tmp_path / "old"), tmp_path / "new", rounds=1)
    values += [0.5, 0.6]
    run((given[0], tmp_path / "old"), tmp_path / "better", rounds=1)
    kept = read_provenance(tmp_path / "new")
    assert (kept.licence, kept.earlier_card) == ("CC0", "# old\n\n- licence of the weights: CC0\n")
    better = read_provenance(tmp_path / "better")
    assert better.mining[0].origin.earlier_card == kept.earlier_card
    assert "> - licence of the weights: CC0\n" in (tmp_path / "better" / "README.md").read_text(encoding="utf-8")


def test_at_most_so_many_rounds(tmp_path: Path, given: Given, values: list[float]) -> None:
    values += [0.1, 0.2, 0.3]
    assert len(run(given, tmp_path / "new", rounds=2).rounds) == 3


def test_a_later_round_adds_windows_that_no_round_added_before(
    tmp_path: Path, given: Given, values: list[float]
) -> None:
    values += [0.1, 0.2, 0.3]
    run(given, tmp_path / "new", rounds=2, keep_clips=tmp_path / "kept")
    index = open_clips(tmp_path / "kept").index
    for _, rows in index[index["kind"] == MINED].groupby("recording"):
        starts = sorted(rows["start_s"])
        assert all(late - early >= 0.25 - 0.02 for early, late in pairwise(starts))


@pytest.mark.parametrize("stop", [1, 3, 5])
def test_mining_that_was_stopped_goes_on_to_the_same_model(
    tmp_path: Path, given: Given, values: list[float], stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    values += [0.1, 0.2, 0.3]
    run(given, tmp_path / "whole" / "new", rounds=2)
    epoch, count = Trainer._epoch, 0

    def interrupted(self: Trainer, number: int) -> Any:
        nonlocal count
        count += 1
        if count == stop:
            raise KeyboardInterrupt
        return epoch(self, number)

    values += [0.1, 0.2, 0.3]
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_epoch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(given, tmp_path / "new", rounds=2)
    assert not (tmp_path / "new").exists()
    with pytest.raises(OutputError, match=r"new\.mining: .*`resume`.*`force`"):
        run(given, tmp_path / "new")
    with pytest.raises(
        OutputError, match=r"another model, operating\.toml, set of clips, `per_round`, `start` or `seed`"
    ):
        run(given, tmp_path / "new", resume=True, seed=9)
    found = run(given, tmp_path / "new", rounds=2, resume=True)
    assert found.best == 2
    assert same(tmp_path / "whole" / "new", tmp_path / "new")
    assert not (tmp_path / "new.mining").exists()


def test_rounds_of_other_thresholds_are_not_gone_on_with(tmp_path: Path, given: Given, values: list[float]) -> None:
    shutil.copytree(given[1], tmp_path / "model")
    own, operating = (given[0], tmp_path / "model"), tmp_path / "model" / "operating.toml"
    values += [0.1]  # and nothing for the first round
    with pytest.raises(IndexError):
        run(own, tmp_path / "new", rounds=1)
    before, (point,) = operating.read_text(), load_model(own[1]).operating.label
    operating.write_text(operating_toml(Operating(label=(point.at(0.123),))))
    with pytest.raises(OutputError, match=r"rounds\.json: belongs to another model, operating\.toml"):
        run(own, tmp_path / "new", rounds=1, resume=True)
    operating.write_text(f"# a note\n{before}")
    values += [0.2]
    assert run(own, tmp_path / "new", rounds=1, resume=True).best == 1


def test_resume_without_rounds_that_were_stopped_says_so_once(
    tmp_path: Path, given: Given, values: list[float]
) -> None:
    values += [0.1, 0.2]
    lines: list[str] = []
    assert run(given, tmp_path / "new", lines, rounds=1, resume=True).best == 1
    assert [line for line in lines if "nothing to resume" in line] == [
        f"nothing to resume in {tmp_path / 'new.mining'}: mining begins anew"
    ]


@pytest.mark.parametrize(
    ("name", "names", "told"),
    [("mel", ["low"], "was made with another front end"), ("pcen", ["other"], "the labels")],
)
def test_a_model_of_another_front_end_or_other_labels_is_refused(
    tmp_path: Path, given: Given, name: str, names: list[str], told: str
) -> None:
    (tmp_path / "foreign").mkdir()
    save_model(Model(recipe(name, labels={"names": names})), tmp_path / "foreign")
    with pytest.raises(ClipsError, match=told):
        run((given[0], tmp_path / "foreign"), tmp_path / "new")


def test_frames_are_mined_too(tmp_path: Path) -> None:
    clips = write_clips_of_recordings(tmp_path, per="frame")
    train(clips, tmp_path / "model", None, TrainSettings(device="cpu"))
    found = run((clips, tmp_path / "model"), tmp_path / "new", rounds=1)
    assert len(found.rounds) >= 1
    assert "over all columns of 2 validation recordings" in " ".join(
        (tmp_path / "new" / "README.md").read_text().split()
    )


def test_a_recording_that_is_gone_is_told_once_and_counted(tmp_path: Path, own: Given, values: list[float]) -> None:
    values += [0.1, 0.2, 0.3]
    source = next(source for source in read_known(own[0]) if source.split == "train")
    source.path.unlink()
    lines: list[str] = []
    found = run(own, tmp_path / "new", lines, rounds=2)
    assert found.failed == 1
    assert len([line for line in lines if str(source.path) in line]) == 1


@pytest.mark.parametrize("split", ["train", "validation"])
def test_recordings_that_are_all_gone_are_refused(tmp_path: Path, own: Given, split: str) -> None:
    for source in read_known(own[0]):
        if source.split == split:
            source.path.unlink()
    with pytest.raises(ClipsError, match=f"any other recording of the split {split}"):
        run(own, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("split", "told"), [("train", "no fully annotated recording"), ("validation", "no call in a")])
def test_clips_without_fully_annotated_recordings_are_refused(
    tmp_path: Path, own: Given, split: str, told: str
) -> None:
    table = own[0] / "recordings.csv"
    rows = table.read_text().splitlines()
    table.write_text("\n".join(r.replace("True", "False") if f",{split}," in r else r for r in rows) + "\n")
    with pytest.raises(ClipsError, match=f"clips: has {told}"):
        run(own, tmp_path / "new")


@pytest.mark.parametrize("keep", ["clips", "clips/in", "new", "new/in"])
def test_the_clips_and_the_model_are_never_replaced_by_the_clips_that_are_kept(
    tmp_path: Path, own: Given, keep: str
) -> None:
    with pytest.raises(OutputError, match=f"{keep}: is, or lies in, another folder of this run"):
        run(own, tmp_path / "new", keep_clips=tmp_path / keep, force=True)
    with pytest.raises(OutputError, match="clips: is, or lies in, another folder of this run"):
        run(own, own[0], force=True)


def test_a_folder_of_other_things_in_the_way_of_the_rounds_is_kept(tmp_path: Path, given: Given) -> None:
    (tmp_path / "new.mining").mkdir()
    (tmp_path / "new.mining" / "thesis.txt").write_text("x")
    with pytest.raises(OutputError, match=r"new\.mining: is not a folder of rounds"):
        run(given, tmp_path / "new", force=True)
    assert (tmp_path / "new.mining" / "thesis.txt").exists()


def test_outputs_that_exist_are_refused_before_anything_is_done(tmp_path: Path, given: Given) -> None:
    for name in ("new", "kept"):
        shutil.copytree(given[1], tmp_path / name)
        with pytest.raises(OutputError, match=f"{name}: exists already"):
            run(given, tmp_path / ("new" if name == "new" else "other"), keep_clips=tmp_path / "kept")
        shutil.rmtree(tmp_path / name)
    assert not (tmp_path / "new.mining").exists()


@pytest.mark.parametrize(
    ("output", "keep"), [("kept/new", "kept"), ("new", "new.mining"), ("new", "new.mining/kept"), ("new", "model/in")]
)
def test_folders_that_lie_in_each_other_are_refused_before_anything_is_done(
    tmp_path: Path, given: Given, output: str, keep: str
) -> None:
    shutil.copytree(given[1], tmp_path / "model")
    with pytest.raises(OutputError, match="is, or lies in, another folder of this run"):
        run((given[0], tmp_path / "model"), tmp_path / output, keep_clips=tmp_path / keep)
    assert {path.name for path in tmp_path.iterdir()} == {"model"}


def test_a_model_in_the_state_of_the_rounds_is_kept(tmp_path: Path, given: Given) -> None:
    model = tmp_path / "new.mining" / "round-1" / "new"
    shutil.copytree(given[1], model)
    with pytest.raises(OutputError, match="round-1/new: is, or lies in, another folder of this run"):
        run((given[0], model), tmp_path / "new", force=True)
    assert (model / "weights.safetensors").is_file()


def test_what_training_cannot_do_is_refused_before_the_first_scan(tmp_path: Path, given: Given) -> None:
    other = Model(recipe("mel", labels={"names": ["low"]}))
    start = Start("other", other, Provenance(name="other", licence="CC0"))
    float16 = TrainSettings(device="cpu", precision="float16")
    for settings, told in (
        (TrainSettings(device="cpu", start=start), "`start`: other"),
        (float16, "`precision`: float16"),
    ):
        with pytest.raises(ConfigurationError, match=told):
            mine(given[0], str(given[1]), tmp_path / "new", MinePlan(training=settings))
    assert not list(tmp_path.iterdir())


def test_validation_recordings_without_a_call_that_can_be_read_judge_nothing(tmp_path: Path, own: Given) -> None:
    table = own[0] / "annotations.csv"
    known = [source for source in read_known(own[0]) if source.split == "validation"]
    kept = [row for row in table.read_text().splitlines() if not row.startswith(known[0].path.as_posix())]
    table.write_text("\n".join(kept) + "\n")
    for source in known[1:]:
        source.path.unlink()
    with pytest.raises(ClipsError, match="split validation"):
        run(own, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_clips_that_cannot_be_kept_leave_no_model_and_rounds_that_go_on(
    tmp_path: Path, given: Given, values: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    values += [0.1, 0.2]
    copy = shutil.copyfile

    def full(source: Path, target: Path) -> None:
        if Path(target).name == "power-0000.npy":
            raise OSError(errno.ENOSPC, "No space left on device")
        copy(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        with pytest.raises(OutputError, match="kept: cannot be written: No space left on device"):
            run(given, tmp_path / "new", keep_clips=tmp_path / "kept", rounds=1)
    assert {path.name for path in tmp_path.iterdir()} == {"new.mining"}
    run(given, tmp_path / "new", keep_clips=tmp_path / "kept", rounds=1, resume=True)
    assert {path.name for path in tmp_path.iterdir()} == {"new", "kept"}
