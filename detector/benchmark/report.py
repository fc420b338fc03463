"""The results of a benchmark of scans."""

from __future__ import annotations

from dataclasses import dataclass

from detector.benchmark.figures import BenchmarkScan, Ratio
from detector.benchmark.machine import Machine


@dataclass(frozen=True)
class BenchmarkSound:
    """The sound that was scanned.

    Attributes
    ----------
    recordings : int
        How many there were.
    seconds : float
        Their total length.
    made : bool
        Whether the benchmark made them.
    """

    recordings: int
    seconds: float
    made: bool


@dataclass(frozen=True)
class MatrixProducts:
    """Floating-point operations per second in matrix products: before the scans, after them, and their mean."""

    precision: str
    before: float
    after: float
    mean: float


@dataclass(frozen=True)
class BenchmarkReport:
    """The results of a benchmark; `detector benchmark` prints `dataclasses.asdict` of it as JSON.

    Attributes
    ----------
    model : str
        Name of the model or recipe that was measured.
    trained : bool
        Whether its weights were trained; random ones take the same time.
    sample_rate_hz, window_s
        From the recipe.
    precision : str
        Number format that the trunk computed in.
    workers : int
        Threads that scanned.
    machine : Machine
    sound : BenchmarkSound
    matrix_products : tuple of MatrixProducts
        In float32, then in the trunk's precision where that is another. Scans are compared with the last one.
    peak_bytes : int or None
        Largest memory used up to the end of the first scans at all hops; None where the system does not count it.
    scans : tuple of BenchmarkScan
        Of the engine "shared", then of the engine "windows", each from the coarsest hop to the finest.
    shared_over_windows : tuple of Ratio
        One for each hop; empty where windows cannot share columns.
    finest_over_coarsest : float or None
        Time of the engine "shared" at the finest hop, divided by that at the coarsest; None where windows cannot share
        columns.
    notes : tuple of str
        What a reader should know of the figures.
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
