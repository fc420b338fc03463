"""The figures of a benchmark, worked out from what its scans took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from detector.benchmark.products import OPERATIONS
from detector.benchmark.scans import Case, Run
from detector.clock import STAGES


@dataclass(frozen=True)
class BenchmarkStage:
    """What a stage took: its share (0 to 1) of all processor time, and seconds of sound per second of it."""

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
        The hop asked for, as a share of the window.
    hop_s, step_s : float
        The hop that was used, and from one column of the trunk to the next.
    x_real_time : float
        Seconds of sound per second, end to end; the median of all runs.
    spread : float
        The slowest run's time less the fastest one's, as a share of the median.
    windows_per_s : float
        In the median run.
    trunk_multiply_adds_per_s : float
        For a second of sound.
    of_matrix_products : float
        The trunk's operations a second, end to end, as a share (0 to 1) of the device's in matrix products.
    busy : float
        The stages' processor time as a share of that of all workers.
    stages : dict of str to BenchmarkStage
        In the order in which sound goes through them.
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


def figures(case: Case, runs: Sequence[Run], multiply_adds_per_s: float, rate: float) -> BenchmarkScan:
    """Work out the figures of a case.

    Parameters
    ----------
    case : Case
    runs : sequence of Run
        At least one.
    multiply_adds_per_s : float
        Of the trunk, for a second of sound.
    rate : float
        Floating-point operations a second of the device in matrix products.
    """
    times = [run.elapsed_s for run in runs]
    middle = median(times)
    x_real_time = runs[0].sound_s / middle
    spent = {stage: sum(run.stages[stage] for run in runs) for stage in STAGES}
    total, sound_s = sum(spent.values()), sum(run.sound_s for run in runs)
    return BenchmarkScan(
        engine=case.layout.engine,
        asked_share=case.share,
        hop_s=case.layout.grid.hop_s,
        step_s=case.layout.step / case.layout.grid.frame_rate,
        x_real_time=x_real_time,
        spread=(max(times) - min(times)) / middle,
        windows_per_s=runs[0].windows / middle,
        trunk_multiply_adds_per_s=multiply_adds_per_s,
        of_matrix_products=OPERATIONS * multiply_adds_per_s * x_real_time / rate,
        busy=total / (sum(times) * case.setting.workers),
        stages={name: BenchmarkStage(took / total, sound_s / took if took else None) for name, took in spent.items()},
    )


@dataclass(frozen=True)
class Ratio:
    """How many times as many windows a second one pass scores as windows one by one, at a hop."""

    asked_share: float
    hop_s: float
    shared_over_windows: float


def ratios(scans: Sequence[BenchmarkScan]) -> tuple[Ratio, ...]:
    """Compare the engines at each hop that both were measured at."""
    alone = {scan.asked_share: scan for scan in scans if scan.engine == "windows"}
    return tuple(
        Ratio(scan.asked_share, scan.hop_s, scan.windows_per_s / alone[scan.asked_share].windows_per_s)
        for scan in scans
        if scan.engine == "shared" and scan.asked_share in alone
    )


def cost_of_overlap(scans: Sequence[BenchmarkScan]) -> float | None:
    """Tell how many times as long one pass takes at the finest hop as at the coarsest; None without such scans."""
    shared = sorted((scan.asked_share, scan.x_real_time) for scan in scans if scan.engine == "shared")
    return shared[-1][1] / shared[0][1] if shared else None
