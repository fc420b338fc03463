"""Progress and messages on standard error, where they do not get in each other's way."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TextIO

from tqdm import tqdm

from detector.terminal import visible

BAR = "{percentage:3.0f}%|{bar}| {n:.1f} of {total} recordings [{elapsed}<{remaining}]"


class Progress:
    """A bar over recordings, and lines of text above it.

    The bar is shown only on a terminal, and only where no table is printed there: `stream` takes the table, if any.
    """

    def __init__(self, n_recordings: int, stream: TextIO | None = None) -> None:
        hidden = True if stream is not None and stream.isatty() else None  # None: unless it is a terminal
        self._bar = tqdm(total=n_recordings, bar_format=BAR, disable=hidden, leave=False, file=sys.stderr)
        self._n_done = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.close()

    def advance(self, share: float) -> None:
        """Show that `share` (0 to 1) of the recording is done."""
        self._show(self._n_done + min(1.0, share))

    def done(self) -> None:
        """Show that the recording is done."""
        self._n_done += 1
        self._show(self._n_done)

    def say(self, line: str) -> None:
        """Write a line of text."""
        tqdm.write(f"detector: {visible(line)}", file=sys.stderr)

    def _show(self, n: float) -> None:
        self._bar.update(n - self._bar.n)
