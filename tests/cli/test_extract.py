"""`detector extract`: exit codes, what stands where, and that nothing half-written is left."""

from __future__ import annotations

import csv
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from detector.cli import main
from detector.clips import open_clips
from detector.extraction.cut import ClipCutter
from detector.extraction.known import read_known
from tests.made import recipe, sound, write_recipe, write_set, write_sound, write_table


def run(*arguments: object) -> int:
    """Run the command line in this process; give its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["detector", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            main()
    return done.value.code if isinstance(done.value.code, int) else 0


@pytest.fixture
def given(tmp_path: Path) -> list[object]:
    """Write three recordings with calls; give the arguments that extract them."""
    table, folder = write_set(tmp_path, n=3, seconds=6.0)
    made = write_recipe(tmp_path / "my.toml", recipe())
    return ["extract", table, folder, "-r", made, "-o", tmp_path / "clips", "--fully-annotated"]


def test_clips_a_table_and_a_picture_come_out(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*given, "--plot", tmp_path / "sheet.png") == 0
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[-3].split() == ["label", "train", "clips", "s", "validation", "clips", "s", "test", "clips", "s"]
    assert [line.split()[0] for line in lines[-2:]] == ["low", "(background)"]
    assert len(open_clips(tmp_path / "clips")) == sum(int(n) for line in lines[-2:] for n in line.split()[1::2])
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_preview_is_plot(tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*given, "--plot", tmp_path / "new.png") == 0
    new = capsys.readouterr().err
    assert run(*given, "--force", "--preview", tmp_path / "old.png") == 0
    notice, old = capsys.readouterr().err.split("\n", 1)
    assert (tmp_path / "old.png").read_bytes() == (tmp_path / "new.png").read_bytes()
    assert old == new
    assert "--preview is now --plot" in notice


def test_every_option_reaches_the_clips(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    write_sound(tmp_path / "quiet" / "q.wav", sound(2.0, seed=9))
    noise = write_table(tmp_path / "noise.csv", [("q.wav", 1.0, 1.1, "click")])
    write_table(
        tmp_path / "calls.csv", [("site0_0.wav", 1, 1.2, ""), ("site1_1.wav", 1, 1.2, "x?"), ("site2_2.wav", 1, 2, "y")]
    )
    options = ["--label", "low", "--rename", "y=high", "--uncertain-label", "x?", "--background", tmp_path / "quiet"]
    options += [
        "--confusing",
        noise,
        "--negatives",
        "1",
        "--group",
        r"^(site\d|q)",
        "--fractions",
        "1,0,0",
        "--seed",
        3,
    ]
    assert run(*given, *options) == 0
    store = open_clips(tmp_path / "clips")
    assert store.recipe.labels.names == ("high", "low")
    assert store.index["kind"].value_counts().to_dict() == {"call": 3, "background": 3, "confusing": 1}
    assert set(store.index["group"]) <= {"site0", "site1", "site2", "q"}
    assert set(store.index["split"]) == {"train"}


def test_sites_may_be_folders(tmp_path: Path, given: list[object]) -> None:
    for site, name in enumerate(("site0_0.wav", "site1_1.wav", "site2_2.wav")):
        target = tmp_path / "recordings" / f"wood{site // 2}" / name
        target.parent.mkdir(exist_ok=True)
        (tmp_path / "recordings" / name).rename(target)
    write_sound(tmp_path / "quiet" / "wood1" / "q.wav", sound(2.0, seed=9))
    assert run(*given, "--background", tmp_path / "quiet", "--group", "^([^/]+)/") == 0
    groups = {source.path.name: source.group for source in read_known(tmp_path / "clips")}
    assert groups == {"site0_0.wav": "wood0", "site1_1.wav": "wood0", "site2_2.wav": "wood1", "q.wav": "wood1"}


def test_one_broken_recording_is_exit_code_1_and_named_while_the_others_are_cut(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "recordings" / "site1_1.wav"
    broken.write_bytes(b"")
    assert run(*given) == 1
    assert f"detector: failed: {broken}: is an empty file (0 bytes)" in capsys.readouterr().err.splitlines()
    assert open_clips(tmp_path / "clips").index["recording"].nunique() == 2


def test_recordings_without_annotations_are_told(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    write_sound(tmp_path / "recordings" / "more.wav", sound(1.0))
    assert run(*given) == 0
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "without annotations" in line]
    assert re.search(r"\b1 recording\b.*--background", line)


def test_recordings_that_only_the_split_or_background_rows_name_are_background_where_the_user_says_so(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("split", "rain", "unnamed"):
        write_sound(tmp_path / "recordings" / f"{name}.wav", sound(2.0, seed=len(name)))
    with (tmp_path / "calls.csv").open("a") as table:
        table.write("rain.wav,0.1,0.2,rain\n")
    names = ("site0_0", "site1_1", "site2_2", "split", "rain", "gone")
    (tmp_path / "splits.csv").write_text("file,split\n" + "".join(f"{name}.wav,train\n" for name in names))
    options = ["--background-label", "rain", "--split", tmp_path / "splits.csv", "--force"]
    for more, complete in (([], set()), (["--listed-background"], {"split.wav", "rain.wav"})):
        assert run(*given[:-1], *options, *more) == 0
        lines = [line for line in capsys.readouterr().err.splitlines() if "annotated background" in line]
        assert {source.path.name for source in read_known(tmp_path / "clips") if source.complete} == complete
        assert len(lines) == len(more)
    assert re.search(r"\b2 recordings\b.*\b1 named only by the split.*\b1 only by background rows", lines[0])


def test_clips_that_train_would_refuse_for_want_of_background_are_made_with_a_warning_that_says_what_to_give(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    def warned(*options: object) -> list[str]:
        assert run(*given[:-1], *options, "--fractions", "1,0,0", "--force") == 0
        lines = capsys.readouterr().err.splitlines()
        return [
            line for line in lines if "no background" in line and "--fully-annotated" in line and "--background" in line
        ]

    write_sound(tmp_path / "quiet" / "q.wav", sound(2.0, seed=9))
    assert len(warned()) == 1
    assert run("train", tmp_path / "clips", "-o", tmp_path / "model", "--epochs", 1) == 2
    assert warned("--fully-annotated") == warned("--background", tmp_path / "quiet") == []


def test_annotations_with_none_of_the_labels_that_a_recipe_names_are_refused_with_both_and_the_way_out(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    write_recipe(tmp_path / "my.toml", recipe(labels={"names": ["hum", "high"]}))
    for name in ("lost1", "lost2", "lost3"):  # faults that are not the reason
        write_table(tmp_path / "tables" / f"{name}.csv", [(f"{name}.wav", 1, 2, "low")])
    (tmp_path / "calls.csv").rename(tmp_path / "tables" / "calls.csv")
    assert run("extract", tmp_path / "tables", *given[2:]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert all(part in line for part in ("'hum'", "'high'", "'low'", "--rename low=hum"))
    assert run("extract", tmp_path / "tables", *given[2:], "--rename", "low=hum") == 0


def test_an_existing_output_is_refused_untouched_and_replaced_with_force(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "mine").write_text("1")
    assert run(*given) == 2
    assert capsys.readouterr().err == (
        f"detector: {tmp_path}/clips: exists already; choose another name, or --force to replace it\n"
    )
    assert run(*given, "--force") == 2
    assert "--force does not replace it" in capsys.readouterr().err
    assert (tmp_path / "clips" / "mine").exists()
    (tmp_path / "clips" / "mine").rename(tmp_path / "clips" / "clips.csv")
    assert run(*given, "--force") == 0
    assert not (tmp_path / "clips" / "mine").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--fractions", "0.5,0.5"], "'0.5,0.5' is not three numbers"),
        (["--fractions", "0.5,0.5,0.5"], "'0.5,0.5,0.5': "),
        (["--fractions", "nan,0,1"], "'nan,0,1': "),
        (["--rename", "call"], "'call' is not OLD=NEW"),
        (["--rename", "call=a", "--rename", "call=b"], "is given 2 times for call"),
        (["--group", "("], "--group: '(': is not a regular expression"),
        (["--format", "tape"], "tape"),
        (["--label-column", "species"], "no column 'species'"),
        (["--negatives", "-1"], "-1"),
    ],
)
def test_a_wrong_option_is_exit_code_2_and_writes_nothing(
    tmp_path: Path, given: list[object], options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert run(*given, *options) == 2
    err = capsys.readouterr().err
    assert told in err
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_preview_that_cannot_be_drawn_is_refused_before_the_work(
    tmp_path: Path, given: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert run(*given, "--plot", tmp_path / "sheet.png") == 2
    assert not (tmp_path / "clips").exists()


def test_ctrl_c_is_exit_code_130_and_leaves_nothing_half_written(
    tmp_path: Path, given: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = ClipCutter.cut

    def interrupted(*arguments: object) -> object:
        yield from cut(*arguments)  # type: ignore[arg-type]
        assert list(tmp_path.glob("clips.partial-*"))
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(ClipCutter, "cut", interrupted)
    before = sorted(tmp_path.rglob("*"))
    assert run(*given) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "detector: interrupted"
    assert sorted(tmp_path.rglob("*")) == before


def test_boobook_owls_become_clips_by_site(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unnamed labels, doubled views, a recording that is both positive and negative: as such data arrives."""
    boobook = data / "boobook"
    made = write_recipe(tmp_path / "my.toml", recipe(window={"duration": 1.0}))
    code = run(
        *("extract", boobook / "positive", boobook / "positive", "-r", made, "-o", tmp_path / "clips"),
        *("--label", "boobook", "--fully-annotated", "--background", boobook / "negative"),
        *("--confusing", boobook / "negative", "--group", "^(.+?_[0-9]+_[0-9]+)_"),
    )
    err = capsys.readouterr().err
    assert code == 0
    store = open_clips(tmp_path / "clips")
    assert store.recipe.labels.names == ("boobook",)
    calls = store.index[store.index["kind"] == "call"]
    assert len(calls) >= 50
    assert calls["recording"].str.contains("/positive/").all()
    assert (store.index.groupby("group")["split"].nunique() == 1).all()
    assert "has the same content as" in err
    assert "given as background" in err


def test_names_of_any_bytes_come_through_clips_as_they_are(tmp_path: Path) -> None:
    called, quiet = 'a\r"b,\n.wav', os.fsdecode(b"\xff\r.wav")
    for folder, name, seed in (("in", called, 1), ("quiet", quiet, 2)):
        write_sound(tmp_path / folder / "a.wav", sound(6.0, seed=seed))
        (tmp_path / folder / "a.wav").rename(tmp_path / folder / name)
    with (tmp_path / "calls.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["recording", "start_s", "end_s", "label"], [called, 1.0, 1.5, "low"]])
    made = write_recipe(tmp_path / "my.toml", recipe())
    given = (tmp_path / "calls.csv", tmp_path / "in", "-r", made, "--background", tmp_path / "quiet")
    assert run("extract", *given, "-o", tmp_path / "clips") == 0
    assert {Path(path).name for path in open_clips(tmp_path / "clips").index["recording"]} == {called, quiet}
    assert {source.path.name for source in read_known(tmp_path / "clips")} == {called, quiet}


def test_a_folder_that_cannot_be_searched_costs_only_itself(
    tmp_path: Path, given: list[object], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = next(path for path in given if isinstance(path, Path) and path.is_dir()) / "locked"
    locked.mkdir()
    search = os.scandir

    def refuse(path: str) -> object:
        if str(path) == str(locked):
            raise PermissionError(13, "Permission denied")
        return search(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert run(*given) == 1
    assert str(locked) in capsys.readouterr().err
    assert len(open_clips(tmp_path / "clips")) > 0
