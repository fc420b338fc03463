"""The hook of progress: silent by itself, and told of every item that was gone through."""

from __future__ import annotations

import pytest

from detector.progress import SILENT, Progress
from tests.made import Heard, HeardWork


def test_the_hook_itself_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    SILENT.say("a line")
    with SILENT.begin(3, "batch", "epoch 1") as work:
        work.advance()
    assert list(Progress().through("abc", 3, "letter")) == ["a", "b", "c"]
    assert capfd.readouterr() == ("", "")


def test_an_item_is_done_when_the_next_one_is_asked_for() -> None:
    heard = Heard()
    counts = [heard.works[0].n for _ in heard.through("abc", 3, "letter", "spelling")]
    assert counts == [0, 1, 2]
    assert heard.works == [HeardWork(3, "letter", "spelling", n=3, ended=True)]


def test_work_ends_where_an_item_fails() -> None:
    heard = Heard()

    def failing() -> object:
        yield 1
        raise RuntimeError

    with pytest.raises(RuntimeError):
        list(heard.through(failing(), 2, "number"))
    assert (heard.works[0].n, heard.works[0].ended) == (1, True)
