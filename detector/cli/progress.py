"""Show progress on standard error: bars on a terminal, and lines above them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from detector.cli.flags import with_flags
from detector.progress import Progress, Work
from detector.terminal import visible

if TYPE_CHECKING:
    from tqdm import tqdm

BY_RECORDING = "{percentage:3.0f}%|{bar}| {n:.1f} of {total} recordings [{elapsed}<{remaining}]"


class _Bar(Work):
    """A bar of tqdm."""

    def __init__(self, bar: tqdm[NoReturn]) -> None:
        self._bar = bar

    def advance(self, n: float = 1) -> None:
        """Lengthen the bar by `n` units."""
        self._bar.update(n)

    def done(self) -> None:
        """Remove the bar."""
        self._bar.close()


class Bars(Progress):
    """Show the progress that the library reports.

    Parameters
    ----------
    prefix : str
        Beginning of every line.
    form : str or None
        Format of the bars, for tqdm; None for tqdm's default.
    hidden : bool
        Whether bars are left out even on a terminal, because a table is printed there.
    """

    def __init__(self, *, prefix: str = "detector: ", form: str | None = None, hidden: bool = False) -> None:
        self._prefix = prefix
        self._form = form
        self._disable = True if hidden else None  # None: tqdm draws bars on a terminal only
        self._context = click.get_current_context(silent=True)

    def say(self, line: str) -> None:
        """Write a line above the bar."""
        from tqdm import tqdm

        tqdm.write(f"{self._prefix}{visible(with_flags(line, self._context))}", file=sys.stderr)

    def begin(self, total: int, unit: str, task: str = "") -> Work:
        """Draw a bar."""
        from tqdm import tqdm

        return _Bar(
            tqdm(
                total=total,
                desc=task or None,
                unit=unit,
                bar_format=self._form,
                disable=self._disable,
                leave=False,
                file=sys.stderr,
            )
        )
