"""What a user is told when a signal stops a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from detector.cli.messages import say

_explanations: list[str] = []
"""Of the commands that run now: at most one."""


@contextmanager
def explained_when_stopped(line: str) -> Iterator[None]:
    """Say a line if a signal ends the block."""
    _explanations.append(line)
    try:
        yield
    except KeyboardInterrupt:
        explain_stop()
        raise
    finally:
        _explanations.clear()


def explain_stop() -> None:
    """Say the line of the block that runs now, once."""
    while _explanations:
        say(_explanations.pop())
