"""Draw a benchmark: the processor time of each stage at each hop, and the speed of each engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detector.benchmark.figures import BenchmarkScan
from detector.benchmark.report import BenchmarkReport
from detector.clock import STAGES
from detector.drawing import check_picture as check_drawing
from detector.drawing import find_figure, save_picture
from detector.errors import OutputError
from detector.outputs import refuse_existing

HOUR_S = 3600


def check_picture(path: Path, *, force: bool) -> None:
    """Raise `ConfigurationError` or `OutputError` where a picture cannot be written to `path`."""
    check_drawing(path, "plot")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}")
    refuse_existing(path, force=force)


def draw(report: BenchmarkReport, path: Path) -> None:
    """Draw the stages of the first engine's scans, stacked, and beside them the speeds of all scans."""
    figure = find_figure("plot")(figsize=(9, 4), layout="constrained")
    figure.suptitle(f"{report.model} on {report.machine.device}, {report.precision}", fontsize=10)
    left, right = figure.subplots(1, 2)
    engine = report.scans[0].engine
    _draw_stages(left, [scan for scan in report.scans if scan.engine == engine])
    _draw_speeds(right, report)
    save_picture(figure, path)


def _draw_stages(axis: Any, scans: list[BenchmarkScan]) -> None:
    bottoms = [0.0] * len(scans)
    for stage in STAGES:
        speeds = [scan.stages[stage].x_real_time for scan in scans]
        heights = [HOUR_S / speed if speed else 0.0 for speed in speeds]
        axis.bar([_hop(scan) for scan in scans], heights, bottom=bottoms, label=stage, width=0.6)
        bottoms = [bottom + height for bottom, height in zip(bottoms, heights)]
    axis.set(
        xlabel="hop, of a window", ylabel="processor time for an hour of sound, s", title=f"engine {scans[0].engine}"
    )
    axis.set_xlim(-0.5, len(scans) + 0.4)  # room for the names of the stages
    handles, names = axis.get_legend_handles_labels()
    axis.legend(handles[::-1], names[::-1], frameon=False, fontsize=8, loc="center right")


def _draw_speeds(axis: Any, report: BenchmarkReport) -> None:
    engines = list(dict.fromkeys(scan.engine for scan in report.scans))
    width = 0.8 / len(engines)
    for n, engine in enumerate(engines):
        scans = [scan for scan in report.scans if scan.engine == engine]
        places = [place + (n - (len(engines) - 1) / 2) * width for place in range(len(scans))]
        bars = axis.bar(places, [scan.x_real_time for scan in scans], width, label=engine)
        axis.bar_label(bars, fmt="{:,.0f}", fontsize=8)
    axis.set_xticks(range(len(scans)), [_hop(scan) for scan in scans])
    axis.set(xlabel="hop, of a window", ylabel="x real time, end to end", title="speed")
    axis.margins(y=0.12)
    axis.legend(frameon=False, fontsize=8)


def _hop(scan: BenchmarkScan) -> str:
    return f"{scan.asked_share:.0%}\n({scan.hop_s:.3g} s)"
