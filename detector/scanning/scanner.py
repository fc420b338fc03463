"""Scan one recording: from a file to events, scores, and a word on what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from math import inf
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from detector.audio.metadata import StartTime, start_time
from detector.audio.stream import AudioStream
from detector.errors import RecordingError
from detector.events import Event
from detector.model import Model
from detector.scanning.channel import ChannelScan
from detector.scanning.effort import Effort, Status
from detector.scanning.windows import Points, lay_out

BLOCK_S = 10.0

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class ScoreBlock:
    """The next scores of a recording.

    Attributes
    ----------
    recording : Path
        The file.
    points : Points
        The times of all its scores.
    first : int
        Number of the first score here.
    limit_s : float
        What scores describe ends here at the latest, s.
    scores : dict of str to ndarray
        By channel, (point, label), the same number of points for each.
    """

    recording: Path
    points: Points
    first: int
    limit_s: float
    scores: dict[str, Rows]

    @property
    def n_points(self) -> int:
        """Count the points."""
        return len(next(iter(self.scores.values())))


@dataclass(frozen=True)
class Scanned:
    """What came out of a recording.

    Attributes
    ----------
    recording : Path
        The file.
    start : StartTime or None
        When it began.
    effort : tuple of Effort
        One a channel.
    detections : tuple of (str, Event)
        Channel and event, in order of time.
    remarks : tuple of str
        What a person should hear of at once.
    """

    recording: Path
    start: StartTime | None
    effort: tuple[Effort, ...]
    detections: tuple[tuple[str, Event], ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Say whether the recording was not analysed."""
        return any(row.status == "failed" for row in self.effort)

    @property
    def scanned_s(self) -> float:
        """Give the length that was scanned, s."""
        return max(row.scanned_s for row in self.effort)


Keeper = Callable[[ScoreBlock], None]
Advance = Callable[[float], None]


class Scanner:
    """Scan recordings, one at a time.

    Parameters
    ----------
    model : Model
        On its device.
    hop_s : float, optional
        From one window to the next, s.
    threshold : float, optional
        For all labels, in the place of the model's own.
    timezone : tzinfo, optional
        Of recorders that tell the time without one.
    block_s : float
        How much is decoded at once, s. It changes no byte of the results.
    """

    def __init__(
        self,
        model: Model,
        hop_s: float | None = None,
        threshold: float | None = None,
        timezone: tzinfo | None = None,
        block_s: float = BLOCK_S,
    ) -> None:
        self.model = model
        self.grid = lay_out(model.recipe, hop_s)
        update = {} if threshold is None else {"threshold": threshold}
        self.operating = tuple(point.model_copy(update=update) for point in model.operating.label)
        self._hop_s, self._timezone, self._block_s = hop_s, timezone, block_s

    def hop_note(self) -> str | None:
        """Tell that the hop is not the one asked for, where the difference is more than a rounding to frames."""
        asked, grid = self._hop_s, self.grid
        if asked is None or abs(grid.hop - asked * grid.frame_rate) <= 0.5:
            return None
        return f"--hop {asked:g} s: taken as {grid.hop_s:g} s, the nearest multiple of the network's step"

    def scan(self, recording: Path, keep: Keeper | None = None, advance: Advance | None = None) -> Scanned:
        """Scan a recording.

        Parameters
        ----------
        recording : Path
            The file. One that cannot be read gives a result that says so.
        keep : callable, optional
            Takes the scores as they come, in `ScoreBlock`s.
        advance : callable, optional
            Hears now and then which share of the recording (0 to 1) is done.
        """
        start = start_time(recording, self._timezone)
        try:
            stream = AudioStream(recording, self.model.recipe.audio, self._block_s)
            scans = {name: ChannelScan(self.model, self.grid, self.operating) for name in stream.channels}
            for block in self._blocks(recording, stream, scans):
                if keep is not None:
                    keep(block)
                if advance is not None:
                    advance(stream.scanned_s / max(stream.seconds, 1e-9))
        except RecordingError as error:
            return failed(recording, start, str(error))
        return self._told(recording, start, stream, scans)

    def _blocks(self, recording: Path, stream: AudioStream, scans: dict[str, ChannelScan]) -> Iterator[ScoreBlock]:
        points, first = self.grid.points, 0
        for rows, limit_s in self._rows(stream, list(scans.values())):
            if not all(np.isfinite(scores).all() for scores in rows):
                raise RecordingError(f"{recording}: gives scores that are no numbers, by {stream.scanned_s:.0f} s")
            yield ScoreBlock(recording, points, first, limit_s, dict(zip(scans, rows)))
            first += len(rows[0])

    def _rows(self, stream: AudioStream, scans: Sequence[ChannelScan]) -> Iterator[tuple[list[Rows], float]]:
        """Run a recording through the scans of its channels; give the next scores of each, and where columns end."""
        for block in stream.blocks():
            samples = torch.from_numpy(block)  # (channel, sample)
            yield [scan.push(samples[n : n + 1]) for n, scan in enumerate(scans)], inf
        seconds = stream.n_samples / self.model.recipe.audio.sample_rate
        yield [scan.finish() for scan in scans], inf if self.grid.columns is None else seconds

    def _told(
        self, recording: Path, start: StartTime | None, stream: AudioStream, scans: dict[str, ChannelScan]
    ) -> Scanned:
        detail = "; ".join(stream.faults)
        short = stream.n_samples < round(self.model.recipe.window.duration * self.model.recipe.audio.sample_rate)
        effort: list[Effort] = []
        for channel, scan in scans.items():
            status: Status = "short" if short else "ok"
            if stream.status != "ok" or not scan.sounding:
                status = "silent" if stream.status == "ok" else stream.status
            effort.append(Effort(recording, channel, status, stream.seconds, stream.scanned_s, start, detail))
        found = [(channel, event) for channel, scan in scans.items() for event in scan.events()]
        found.sort(key=lambda detection: detection[1].span)
        return Scanned(recording, start, tuple(effort), tuple(found), (f"{recording}: {detail}",) if detail else ())


def failed(recording: Path, start: StartTime | None, reason: str) -> Scanned:
    """Tell of a recording that was not analysed."""
    return Scanned(recording, start, (Effort(recording, "", "failed", start=start, detail=reason),), remarks=(reason,))
