"""The place of a run: what cannot be written is told in one line that names it, and a bug is not taken for that."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from safetensors import SafetensorError

from detector.errors import OutputError
from detector.training.place import check_place, written

FULL = [
    OSError(errno.ENOSPC, "No space left on device"),
    SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 4224 vs 4116"),
]


@pytest.mark.parametrize("raised", FULL, ids=lambda error: type(error).__name__)
def test_a_full_disk_is_one_line_whichever_library_finds_it(raised: Exception) -> None:
    with pytest.raises(OutputError, match=r"^m\.training: cannot be written.*") as told, written(Path("m.training")):
        raise raised
    assert "\n" not in str(told.value)


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), written(Path("m.training")):
        raise RuntimeError("shapes do not fit")


def test_a_file_on_the_way_to_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("x")
    with pytest.raises(OutputError, match=r"/notes: .*notes/model\.training"):
        check_place(tmp_path / "notes" / "model.training")
    check_place(tmp_path / "new" / "model.training")
    assert {path.name for path in tmp_path.iterdir()} == {"notes"}


def test_a_folder_that_may_not_be_changed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(OutputError, match=rf"new/m: cannot be written: .* {tmp_path}$"):
        check_place(tmp_path / "new" / "m")
