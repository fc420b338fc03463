"""Where windows, columns and scores lie in a recording, in whole frames and in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Points:
    """The times of scores, s: score i describes the sound within `half_s` of first_s + i * step_s."""

    first_s: float
    step_s: float
    half_s: float

    def at(self, point: float) -> float:
        """Return the time of a score, s. A fractional number gives a time between two scores."""
        return self.first_s + point * self.step_s

    def span(self, point: int) -> tuple[float, float]:
        """Return the start and end of the sound that a score describes, s."""
        return self.at(point) - self.half_s, self.at(point) + self.half_s


@dataclass(frozen=True)
class Columns:
    """The scored columns of a window: column j is centred on frame `centre + j * step` of the window."""

    number: int
    step: int
    centre: float


@dataclass(frozen=True)
class WindowGrid:
    """The windows of a recording: window k covers `length` frames from frame `first + k * hop` on.

    Frames before and after the recording are zero. With `columns`, each column has a score. The columns of all windows
    then lie on one grid: `hop` is a multiple of `columns.step`, and `first` puts column 0 within half a frame of
    frame 0.
    """

    first: int
    hop: int
    length: int
    frame_rate: float
    columns: Columns | None = None

    @property
    def hop_s(self) -> float:
        """Return the time from one window to the next, s."""
        return self.hop / self.frame_rate

    def count(self, n_frames: int) -> int:
        """Count the windows that cover a recording of `n_frames`. The last one reaches its end or beyond."""
        if n_frames <= 0:
            return 0
        if self.columns is None:
            return count_windows(n_frames, self.length, self.hop)
        return count_windows(self.count_columns(n_frames), self.columns.number, self.hop // self.columns.step)

    def count_columns(self, n_frames: float) -> int:
        """Count the columns, each a step long, that lie at least partly in a recording of `n_frames`."""
        assert self.columns is not None
        if n_frames <= 0:
            return 0
        offset = self.first + self.columns.centre
        return max(1, ceil((n_frames - offset) / self.columns.step + 0.5 - 1e-9))

    @property
    def points(self) -> Points:
        """Return the times of the scores: the middles of the windows, or of the columns."""
        if self.columns is None:
            half = self.length / 2
            return Points((self.first + half) / self.frame_rate, self.hop_s, half / self.frame_rate)
        offset = self.first + self.columns.centre
        step = self.columns.step
        return Points(offset / self.frame_rate, step / self.frame_rate, step / 2 / self.frame_rate)


def count_windows(n: int, length: int, hop: int) -> int:
    """Count the windows of `length` that cover `n` places: at least one, the last one up to the end or beyond."""
    return 1 + max(0, -(-(n - length) // hop))


def nearest_hop(frames: float, step: int, longest: int) -> int:
    """Return the positive multiple of `step` nearest to `frames`, at most `longest`; `longest` if no multiple fits."""
    hop = max(1, round(frames / step)) * step
    return hop if hop <= longest else longest // step * step or longest
