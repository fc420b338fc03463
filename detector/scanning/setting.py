"""How to scan. This module does not import torch, so that a finished run is recognised in a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from detector.audio.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from detector.audio.times.pattern import TimePattern
    from detector.scanning.layout import EngineName
    from detector.scanning.trunks import Precision

BLOCK_S = 10.0


@dataclass(frozen=True)
class Setting:
    """How to scan.

    Attributes
    ----------
    hop_s : float or None
        Time from one window to the next, s.
    timezone : tzinfo or None
        Zone of times that are written without one.
    time_pattern : TimePattern or None
        Where the time stands in the names of recordings.
    engine : str
        "shared", "windows", or "auto" for "shared" if it is possible.
    precision : str
        Number format of the trunk.
    workers : int
        Number of threads. It changes no byte of the results.
    block_s : float
        Length of a decoded block, s. It changes no byte of the results.
    continuous : bool
        Whether windows and events go on from one recording into the next, where that follows without a pause.
    limits : Limits
        The largest values that a recording may have.
    """

    hop_s: float | None = None
    timezone: tzinfo | None = None
    time_pattern: TimePattern | None = None
    engine: EngineName = "auto"
    precision: Precision = "auto"
    workers: int = 1
    block_s: float = BLOCK_S
    continuous: bool = False
    limits: Limits = DEFAULT_LIMITS
