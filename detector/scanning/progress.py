"""Report the progress of a scan, in recordings and fractions of the current one."""

from __future__ import annotations

from typing import Self

from detector.progress import Progress


class ScanProgress:
    """Report the progress of a scan of several recordings to a hook."""

    def __init__(self, progress: Progress, n_recordings: int) -> None:
        self.say = progress.say
        self._work = progress.begin(n_recordings, "recording")
        self._n_done = 0
        self._reported = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._work.done()

    def advance(self, share: float) -> None:
        """Report that the fraction `share` (0 to 1) of the current recording is done; above 1, the next ones, too."""
        self._report(self._n_done + share)

    def done(self) -> None:
        """Report that the current recording is done."""
        self._n_done += 1
        self._report(self._n_done)

    def _report(self, n: float) -> None:
        if n > self._reported:
            self._work.advance(n - self._reported)
            self._reported = n
