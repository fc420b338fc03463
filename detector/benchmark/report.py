"""What a benchmark tells."""

from __future__ import annotations

from dataclasses import dataclass

from detector.benchmark.figures import BenchmarkScan, Ratio
from detector.benchmark.machine import Machine


@dataclass(frozen=True)
class BenchmarkSound:
    """What was scanned: how many recordings, their length together in s, and whether they were made for it."""

    recordings: int
    seconds: float
    made: bool


@dataclass(frozen=True)
class MatrixProducts:
    """Floating-point operations a second in matrix products: before the scans, after them, and the mean of both."""

    precision: str
    before: float
    after: float
    mean: float


@dataclass(frozen=True)
class BenchmarkReport:
    """The figures of a benchmark; `dataclasses.asdict` of it is what `detector benchmark` prints as JSON.

    Attributes
    ----------
    model : str
        What was measured.
    trained : bool
        Whether its weights were; random ones take the same time.
    sample_rate_hz, window_s
        From the recipe.
    precision : str
        What the trunk computed in.
    workers : int
        Threads that scanned.
    machine : Machine
    sound : BenchmarkSound
    matrix_products : tuple of MatrixProducts
        In float32, and in the trunk's precision where that is another; the last is what scans are compared with.
    peak_bytes : int or None
        The most memory in use until one engine had scanned at all hops; None where the system does not count it.
    scans : tuple of BenchmarkScan
        The shared engine first, then windows by themselves, each from the coarsest hop to the finest.
    shared_over_windows : tuple of Ratio
        One for each hop; none where windows cannot share.
    finest_over_coarsest : float or None
        How many times as long one pass takes at the finest hop as at the coarsest; None where windows cannot share.
    notes : tuple of str
        What a reader should know.
    failed : tuple of str
        Recordings that could not be scanned, and why.
    """

    model: str
    trained: bool
    sample_rate_hz: int
    window_s: float
    precision: str
    workers: int
    machine: Machine
    sound: BenchmarkSound
    matrix_products: tuple[MatrixProducts, ...]
    peak_bytes: int | None
    scans: tuple[BenchmarkScan, ...]
    shared_over_windows: tuple[Ratio, ...]
    finest_over_coarsest: float | None
    notes: tuple[str, ...]
    failed: tuple[str, ...]
