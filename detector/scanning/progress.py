"""How far a scan is, in recordings and fractions of the current one."""

from __future__ import annotations

from typing import Self

from detector.progress import Progress


class ScanProgress:
    """Tell a hook how far a scan of several recordings is."""

    def __init__(self, progress: Progress, n_recordings: int) -> None:
        self.say = progress.say
        self._work = progress.begin(n_recordings, "recording")
        self._n_done = 0
        self._told = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._work.done()

    def advance(self, share: float) -> None:
        """Tell that `share` (0 to 1) of the recording at hand is done."""
        self._tell(self._n_done + min(1.0, share))

    def done(self) -> None:
        """Tell that the recording at hand is done."""
        self._n_done += 1
        self._tell(self._n_done)

    def _tell(self, n: float) -> None:
        self._work.advance(n - self._told)
        self._told = n
