"""Results as Markdown: one table a set and stage, development and final figures never in one."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from detector.evaluation.figures import Figure
from trials.result import Result
from trials.trial import POOLED, Bench

STAGES = {False: "test recordings", True: "development: validation recordings"}
PRESETS = "presets"  # the table of recipes that differ in their networks
FRONT = "on the front of accuracy against multiply-adds"
COST = ("parameters", "million multiply-adds a second of sound", "training", "scanning")


@dataclass(frozen=True)
class Row:
    """What one recipe comes to on one set: the results of all its seeds and parts."""

    results: tuple[Result, ...]

    @property
    def models(self) -> int:
        """How many models there are: of all parts and seeds."""
        return len({(result.seed, result.part) for result in self.results if result.part != POOLED})

    def shown(self, figure: str, *, pools: bool) -> str:
        """Write a figure: where a set pools, that of all parts as one; else the mean over parts, with the worst."""
        values = [(result.part, result.figures[figure]) for result in self.results if figure in result.figures]
        pooled = [estimate for part, estimate in values if part == POOLED]
        if pools:
            return cell(pooled) if pooled else "-"
        parts: defaultdict[str, list[Figure]] = defaultdict(list)
        for part, estimate in values:
            parts[part].append(estimate)
        means = {part: mean(estimates) for part, estimates in parts.items()}
        if not means:
            return "-"
        worst = min(means, key=lambda part: (means[part], part))
        more = f" (worst: {worst}, {means[worst]:.3f})" if len(means) > 1 else ""
        return f"{fmean(means.values()):.3f}{more}"

    def accuracy(self, bench: Bench) -> float:
        """Give the figure that recipes are ranked by, from 0: the first that is shown, or the mean of those judged."""
        estimates = [self.of(figure, POOLED if bench.pooled else None) for figure in bench.judged or bench.shown[:1]]
        return fmean(mean(found) for found in estimates if found) if any(estimates) else 0.0

    @property
    def multiply_adds(self) -> float:
        """Multiply-adds a second of sound, windows side by side."""
        return self.results[0].multiply_adds_per_s

    def cost(self, speeds: Mapping[str, float]) -> list[str]:
        """Write size, multiply-adds, training time of one model, and the speed of scans."""
        alone = [result for result in self.results if result.part != POOLED] or list(self.results)
        trained = fmean(result.seconds.train for result in alone)
        first = alone[0]
        speed = speeds.get(self.results[0].fingerprint)
        return [
            f"{first.parameters:,}",
            f"{self.multiply_adds / 1e6:.1f}",
            f"{trained:.0f} s" if trained else "-",
            "-" if speed is None else f"{speed:.0f} x real time",
        ]

    def command(self, bench: Bench) -> str:
        """Write the command that makes these results, with seeds that are not the set's own, parts that are not all."""
        seeds = tuple(sorted({result.seed for result in self.results}))
        parts = sorted({result.part for result in self.results} - {POOLED})
        options = f" --seeds {','.join(map(str, seeds))}" if seeds != bench.seeds else ""
        if max(result.n_parts for result in self.results) > len(parts):
            options += f" --folds {','.join(parts)}"
        return self.results[0].command + options

    def beside(self, shown: Sequence[str]) -> str:
        """Write the first figure of each part, or where there is one part, the figures that no column shows."""
        parts = {result.part for result in self.results}
        if len(parts) == 1:
            names = dict.fromkeys(name for result in self.results for name in result.figures if name not in shown)
            return ", ".join(f"{name} {mean(self.of(name)):.4g}" for name in names)
        by_part = {part: found for part in sorted(parts - {POOLED}) if (found := self.of(shown[0], part))}
        if len(by_part) == 1:  # each part has a column of its own
            return ""
        return ", ".join(f"{part} {mean(estimates):.3f}" for part, estimates in by_part.items())

    def of(self, figure: str, part: str | None = None) -> list[Figure]:
        """List a figure of all seeds."""
        results = [result for result in self.results if part in (None, result.part)]
        return [result.figures[figure] for result in results if figure in result.figures]


def cell(estimates: Sequence[Figure]) -> str:
    """Write the mean of estimates over seeds, with the mean of the ends of their intervals where each has one."""
    lows = [one.low for one in estimates if one.low is not None]
    highs = [one.high for one in estimates if one.high is not None]
    interval = f" ({fmean(lows):.3f} to {fmean(highs):.3f})" if len(lows) == len(highs) == len(estimates) > 0 else ""
    return f"{mean(estimates):.3f}{interval}"


def mean(estimates: Iterable[Figure]) -> float:
    """Average, an estimate that does not exist being 0: no detection at all has no precision."""
    return fmean(estimate.value or 0.0 for estimate in estimates)


def newest(results: Iterable[Result]) -> dict[tuple[str, str], Row]:
    """Gather results by set and recipe; of a name that stood for several recipes, the last one counts."""
    by: defaultdict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        by[result.set, result.recipe].append(result)
    chosen = {}
    for key, of in by.items():
        last = max(of, key=lambda result: (result.date, result.fingerprint)).fingerprint
        if old := {result.fingerprint for result in of} - {last}:
            print(f"{' '.join(key)}: results of other recipes of this name are left out: {old}", file=sys.stderr)
        chosen[key] = Row(tuple(result for result in of if result.fingerprint == last))
    return chosen


def fronts(rows: Mapping[str, Row], bench: Bench) -> dict[str, str]:
    """Say of each recipe that none is as accurate for fewer multiply-adds ("yes"), or name the best that is."""
    ranked = {name: (row.accuracy(bench), -row.multiply_adds) for name, row in rows.items()}
    told = {}
    for name, own in ranked.items():
        ahead = [
            other for other, rank in ranked.items() if rank != own and rank[0] >= own[0] and rank[1] >= own[1]
        ]  # fmt: skip
        told[name] = f"behind {max(ahead, key=lambda other: ranked[other])}" if ahead else "yes"
    return told


def markdown(results: Sequence[Result], benches: Mapping[str, Bench], speeds: Mapping[str, float]) -> str:
    """Write all tables, final figures first."""
    blocks = []
    for development in (False, True):
        stage = [result for result in results if result.development == development]
        names = dict.fromkeys(name for result in stage for name in (*result.tables, ""))
        for name in sorted(names):
            of = [result for result in stage if not name or name in result.tables]
            title = f"{name or 'all recipes'}{{}} ({STAGES[development]})"
            blocks += list(tables(title, of, benches, speeds, ranked=name == PRESETS))
    return "\n".join(blocks)


def tables(
    title: str, results: Sequence[Result], benches: Mapping[str, Bench], speeds: Mapping[str, float], *, ranked: bool
) -> Iterator[str]:
    """Write one table a set; where it is `ranked`, with a column on who is on the front."""
    gathered = newest(results)
    for bench in benches.values():
        of = {recipe: row for (set_, recipe), row in gathered.items() if set_ == bench.name}
        if not of:
            continue
        yield f"### {title.format(f': {bench.name}')}\n"
        front = fronts(of, bench) if ranked else {}
        head = ["recipe", "models", *bench.shown, *([FRONT] if ranked else []), *COST, "command"]
        yield line(head)
        yield line(["---"] * len(head))
        for recipe, row in of.items():
            figures = [row.shown(figure, pools=bench.pooled) for figure in bench.shown]
            cells = [recipe, str(row.models), *figures, *([front[recipe]] if ranked else [])]
            yield line([*cells, *row.cost(speeds), f"`{row.command(bench)}`"])
        yield ""
        for recipe, row in of.items():
            if more := row.beside(bench.shown):
                yield f"- {recipe}: {more}"
        yield f"\n{measured(list(of.values()))}\n"


def measured(rows: Iterable[Row]) -> str:
    """Say when and where rows were measured."""
    results = [result for row in rows for result in row.results]
    dates = sorted({result.date for result in results})
    machines = dict.fromkeys((result.machine.processor, result.machine.cores) for result in results)
    told = (f"{processor}, {cores} core{'s' * (cores > 1)}" for processor, cores in machines)
    when = f"on {dates[0]}" if len(dates) == 1 else f"from {dates[0]} to {dates[-1]}"
    return f"Measured {when}: {'; '.join(told)}."


def line(cells: Iterable[str]) -> str:
    """Write a row."""
    return f"| {' | '.join(cells)} |"
