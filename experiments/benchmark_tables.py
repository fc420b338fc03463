"""The tables of BENCHMARKS.md, from the figures that benchmarks.py measures, beside what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

LEAST_S = 0.001
LEAST_SHARE = 0.0005
MB = 1e6
OVERLAPS = {0.5: 50, 0.1: 90, 0.03: 97}  # of windows, %, by the hop as a share of a window
ASKED = {0.5: 1.7, 0.1: 7, 0.03: 20}  # one pass over windows by themselves, at least

Figures = dict[str, Any]


def fill(page: Path, name: str, machine: Figures, day: str, rows: Sequence[str], *, short: bool = False) -> None:
    """Put rows between `<!-- name -->` and `<!-- end -->` of a page, under a line that names machine and date."""
    versions = ", ".join(f"{package} {version}" for package, version in machine["versions"].items())
    where = f"{machine['cores']} cores of {_named(machine)}, {versions}"
    told = f"Measured on {day} on {where}." + " A short try, whose figures mean nothing." * short
    text, n = re.subn(
        rf"(<!-- {name} -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}{told}\n\n" + "\n".join(rows) + f"\n{found[2]}",
        page.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    if n != 1:
        raise SystemExit(f"{page}: must have <!-- {name} --> and <!-- end --> once, has them {n} times")
    page.write_text(text, encoding="utf-8")


def _named(machine: Figures) -> str:
    both = dict.fromkeys((machine["processor"], machine["device"]))
    return " with ".join(both)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Write a Markdown table."""
    return [f"| {' | '.join(cells)} |" for cells in (headings, ["---"] * len(headings), *rows)]


def scan_rows(figures: Figures) -> list[str]:
    """Write what `detector benchmark` tells: speeds, ratios, stages."""
    scans = figures["scans"]
    speeds = [
        [
            scan["engine"],
            f"{OVERLAPS[scan['asked_share']]} %",
            f"{scan['hop_s']:.3g} s",
            _speed(scan),
            f"{scan['spread']:.0%}",
            f"{scan['windows_per_s']:,.0f}",
            f"{scan['of_matrix_products']:.0%}",
        ]
        for scan in scans
    ]
    headings = ["engine", "overlap", "hop", "real time", "slowest to fastest", "windows a second", "of matrix products"]
    shared = [scan for scan in scans if scan["engine"] == "shared"]
    stages = [[name, *(_stage(scan["stages"][name]) for scan in shared)] for name in shared[0]["stages"]]
    stage_headings = ["stage, one pass", *(f"{OVERLAPS[scan['asked_share']]} % overlap" for scan in shared)]
    return [*table(headings, speeds), "", *_asked(figures, shared), "", *table(stage_headings, stages)]


def _asked(figures: Figures, shared: Sequence[Figures]) -> list[str]:
    """Write what is asked for beside what was reached."""
    lowest = min(scan["of_matrix_products"] for scan in shared)
    products = figures["matrix_products"][-1]
    rate = f"{products['mean'] / 1e9:,.0f} GFLOP/s in {products['precision']}"
    rows = [["of the matrix-product rate, at every overlap", f"{lowest:.0%} of {rate}", "60 % at least"]]
    for ratio in figures["shared_over_windows"]:
        share = ratio["asked_share"]
        what = f"one pass over windows by themselves, {OVERLAPS[share]} % overlap"
        rows.append([what, f"{ratio['shared_over_windows']:.3g}x", f"{ASKED[share]:g}x at least"])
    rows.append(["cost of 97 % overlap, of that of 50 %", f"{figures['finest_over_coarsest']:.2f}x", "1.3x at most"])
    return table(["figure", "reached", "asked for"], rows)


def _speed(figures: Figures) -> str:
    speed = figures["x_real_time"]
    return f"{speed:,.0f}x" if speed >= 100 else f"{speed:.3g}x"


def _stage(stage: Figures) -> str:
    return f"{stage['share']:.1%}, {_speed(stage) if stage['share'] >= LEAST_SHARE else '-'}"


def preset_rows(presets: Mapping[str, Figures]) -> list[str]:
    """Write the speed of one pass, a recipe a row."""
    headings = ["recipe", "50 % overlap", "90 % overlap", "of matrix products, 90 %"]
    rows = []
    for name, figures in presets.items():
        coarse, fine = (_one_pass(figures, share) for share in (0.5, 0.1))
        speeds = [_speed(scan) for scan in (coarse, fine)]
        rows.append([f"`{name}`", *speeds, f"{fine['of_matrix_products']:.0%}"])
    return table(headings, rows)


def _one_pass(figures: Figures, share: float) -> Figures:
    return next(scan for scan in figures["scans"] if scan["asked_share"] == share)


def training_rows(recipes: Mapping[str, Mapping[str, Figures]]) -> list[str]:
    """Write the speed of training, a recipe a row: in float32, and how much faster it is in bfloat16."""
    headings = [
        "recipe", "clips a second", "slowest to fastest", "GFLOP a clip", "of matrix products", "asked for",
        "in bfloat16",
    ]  # fmt: skip
    rows = [
        [
            f"`{name}`",
            f"{figures['clips_per_s']:,.0f}",
            f"{figures['spread']:.0%}",
            f"{figures['operations_per_clip'] / 1e9:.3g}",
            f"{figures['of_matrix_products']:.0%} of {figures['matrix_products']['mean'] / 1e9:,.0f} GFLOP/s",
            "35 % at least" if name == "small-cnn" else "",
            _faster(figures, of.get("bfloat16")),
        ]
        for name, of in recipes.items()
        for figures in (of["float32"],)
    ]
    return table(headings, rows)


def _faster(float32: Figures, bfloat16: Figures | None) -> str:
    """Write clips a second in bfloat16, and how many times as many that are."""
    if bfloat16 is None:
        return "-"
    clips = bfloat16["clips_per_s"]
    return f"{clips:,.0f}, {clips / float32['clips_per_s']:.2f}x"


def coding_rows(figures: Figures) -> list[str]:
    """Write how long two codings of one sound take."""
    wav = _net(figures, "wav")
    flac = _net(figures, "flac")
    length = _length(figures)
    rows = [
        [f"{length} as 24 kHz WAV", f"{wav:.1f} s", "", ""],
        [f"{length} as 48 kHz FLAC", f"{flac:.1f} s", f"{flac / wav:.2f}x the WAV", "1.35x at most"],
    ]
    return table(["recording", "scan", "ratio", "asked for"], rows)


def file_rows(figures: Figures) -> list[str]:
    """Write how fast one file and many go."""
    one = _net(figures, "one")
    many = _net(figures, "many")
    n = figures["files"]
    sound_s = n * figures["file_s"]
    rows = [
        [f"one file of {sound_s:,} s", f"{sound_s / one:,.0f}x", "", ""],
        [f"{n:,} files of {figures['file_s']} s", f"{sound_s / many:,.0f}x", f"{one / many:.2f}", "0.8 at least"],
    ]
    return table(["recordings", "real time", "of the rate of one file", "asked for"], rows)


def _net(figures: Figures, name: str) -> float:
    """Give the time of a scan, s, without that of the start."""
    return max(LEAST_S, figures[name] - figures["start"])


def memory_rows(brief: Figures, day: Figures | None) -> list[str]:
    """Write the most memory that scans took."""
    peak = brief["peak_bytes"]
    rows = [[_length(brief), f"{peak / MB:,.0f} MB", "", ""]]
    if day is not None:
        ratio = f"{day['peak_bytes'] / peak:.2f}x the shorter one"
        rows.append([_length(day), f"{day['peak_bytes'] / MB:,.0f} MB", ratio, "1.1x and 700 MB at most"])
    return table(["recording", "peak memory", "ratio", "asked for"], rows)


def _length(figures: Figures) -> str:
    minutes = figures["sound_s"] / 60
    return f"{minutes:.2g} minutes" if minutes < 60 else f"{minutes / 60:.2g} hours"


def start_rows(figures: Figures) -> list[str]:
    """Write how long a user waits."""
    names = {
        "first_row": ("`detector scan` to the first row", "under 4 s"),
        "help": ("`detector --help`", "under 0.3 s"),
    }
    rows = [
        [what, f"{min(figures[name]):.2f} s", f"{max(figures[name]):.2f} s", asked]
        for name, (what, asked) in names.items()
    ]
    return table(["start", f"best of {len(figures['help'])}", "worst", "asked for"], rows)
