"""The figures of a benchmark, computed from the times of its scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from detector.benchmark.products import OPERATIONS
from detector.benchmark.scans import Case, Run
from detector.clock import STAGES


@dataclass(frozen=True)
class BenchmarkStage:
    """The cost of a stage.

    Attributes
    ----------
    share : float
        Its share of the processor time of all stages, from 0 to 1.
    x_real_time : float or None
        Seconds of sound per second of its processor time; None for a stage that took no time.
    """

    share: float
    x_real_time: float | None


@dataclass(frozen=True)
class BenchmarkScan:
    """The figures of a case.

    Attributes
    ----------
    engine : str
        "shared" or "windows".
    asked_share : float
        The requested hop, as a share of the window.
    hop_s, step_s : float
        The hop that was used, and the time from one column of the trunk to the next, in s.
    x_real_time : float
        Seconds of sound per second, from file to table; the median of all runs.
    spread : float
        Difference of the slowest and the fastest run's time, divided by the median.
    windows_per_s : float
        Windows scored per second in the median run.
    trunk_multiply_adds_per_s : float
        Multiply-adds of the trunk for a second of sound.
    of_matrix_products : float
        Operations per second of the trunk, from file to table, divided by those of matrix products on the device.
    busy : float
        Processor time of the stages, divided by the time that all workers had.
    stages : dict of str to BenchmarkStage
        In the order in which sound passes through them.
    """

    engine: str
    asked_share: float
    hop_s: float
    step_s: float
    x_real_time: float
    spread: float
    windows_per_s: float
    trunk_multiply_adds_per_s: float
    of_matrix_products: float
    busy: float
    stages: dict[str, BenchmarkStage]


def scan_figures(case: Case, runs: Sequence[Run], multiply_adds_per_s: float, rate: float) -> BenchmarkScan:
    """Compute the figures of a case.

    Parameters
    ----------
    case : Case
        What was scanned, and how.
    runs : sequence of Run
        Its runs, at least one.
    multiply_adds_per_s : float
        Multiply-adds of the trunk for a second of sound.
    rate : float
        Floating-point operations per second of the device in matrix products.
    """
    times_s = [run.elapsed_s for run in runs]
    median_s = median(times_s)
    x_real_time = runs[0].sound_s / median_s
    spent_s = {stage: sum(run.stages[stage] for run in runs) for stage in STAGES}
    total_s = sum(spent_s.values())
    sound_s = sum(run.sound_s for run in runs)
    stages = {
        name: BenchmarkStage(seconds / total_s, sound_s / seconds if seconds else None)
        for name, seconds in spent_s.items()
    }
    return BenchmarkScan(
        engine=case.layout.engine,
        asked_share=case.share,
        hop_s=case.layout.grid.hop_s,
        step_s=case.layout.step / case.layout.grid.frame_rate,
        x_real_time=x_real_time,
        spread=(max(times_s) - min(times_s)) / median_s,
        windows_per_s=runs[0].windows / median_s,
        trunk_multiply_adds_per_s=multiply_adds_per_s,
        of_matrix_products=OPERATIONS * multiply_adds_per_s * x_real_time / rate,
        busy=total_s / (sum(times_s) * case.setting.workers),
        stages=stages,
    )


@dataclass(frozen=True)
class Ratio:
    """How the engines compare at a hop.

    Attributes
    ----------
    asked_share : float
        The requested hop, as a share of the window.
    hop_s : float
        The hop that was used, in s.
    shared_over_windows : float
        Windows per second of the engine "shared", divided by those of the engine "windows".
    """

    asked_share: float
    hop_s: float
    shared_over_windows: float


def compare_engines(scans: Sequence[BenchmarkScan]) -> tuple[Ratio, ...]:
    """Compare the engines at each hop at which both were measured."""
    by_windows = {scan.asked_share: scan for scan in scans if scan.engine == "windows"}
    return tuple(
        Ratio(scan.asked_share, scan.hop_s, scan.windows_per_s / by_windows[scan.asked_share].windows_per_s)
        for scan in scans
        if scan.engine == "shared" and scan.asked_share in by_windows
    )


def cost_of_overlap(scans: Sequence[BenchmarkScan]) -> float | None:
    """Return the time of the engine "shared" at the finest hop, divided by that at the coarsest hop.

    None where this engine was not measured.
    """
    speeds = sorted((scan.asked_share, scan.x_real_time) for scan in scans if scan.engine == "shared")
    if not speeds:
        return None
    _, finest = speeds[0]
    _, coarsest = speeds[-1]
    return coarsest / finest
