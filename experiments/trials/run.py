"""Run the trials of a set and write what came of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from detector.errors import ConfigurationError
from detector.network.description import describe_recipe
from detector.presets import find_recipe
from trials.files import fingerprint, remade
from trials.result import Result, here, read_result, write_result
from trials.trial import DETECTIONS, EFFORT, POOLED, Ask, Bench, Figures, Seconds, Trial
from trials.workshop import Entry, Workshop


@dataclass(frozen=True)
class Order:
    """What the command line asks for."""

    data: Path
    work: Path
    development: bool = False
    parts: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    n_parts: int = 0


def run(bench: Bench, entry: Entry, seed: int, order: Order) -> Iterator[Result]:
    """Make the trials of one recipe and seed, one after the other; give their results."""
    stage = "development" if order.development else "final"
    ask = Ask(
        order.data,
        order.work / "tables" / bench.name / stage,
        order.development,
        seed,
        order.parts,
        entry.model is None,
    )
    shop = Workshop(order.work, bench, entry, ask)
    every = bench.trials(ask)
    names = (ask.learns and bench.parts) or tuple(trial.part for trial in every)
    chosen = [trial for trial in every if ask.wants(trial.part)]
    if not chosen:
        raise ConfigurationError(f"--folds: {','.join(order.parts)}: {bench.name} has {', '.join(names)}")
    order = replace(order, n_parts=len(names))
    for trial in chosen:
        yield one(shop, trial, order)
    if bench.pooled and len(chosen) == len(names):
        yield pooled(shop, chosen, order)


def one(shop: Workshop, trial: Trial, order: Order) -> Result:
    """Train, scan and measure, unless the result is there."""
    blank = draft(shop, trial.part, shop.model_key(trial), shop.scan_key(trial), order)
    if known := found(blank, order):
        return known
    scan = shop.scan(trial)
    figures = shop.bench.measure(shop.ask, trial.part, scan)
    return finished(blank, figures, shop.seconds(trial, scan), shop.model(trial), order.work)


def pooled(shop: Workshop, trials: Sequence[Trial], order: Order) -> Result:
    """Measure the scans of all parts as one."""
    keys = [fingerprint(*(key(trial) for trial in trials)) for key in (shop.model_key, shop.scan_key)]
    blank = draft(shop, POOLED, *keys, order)
    if known := found(blank, order):
        return known
    scans = [shop.scan(trial) for trial in trials]
    joined = joint(scans, order.work / "scans" / f"{shop.bench.name}-{POOLED}-{fingerprint(*(s.name for s in scans))}")
    seconds = sum((shop.seconds(trial, scan) for trial, scan in zip(trials, scans)), Seconds())
    return finished(blank, shop.bench.measure(shop.ask, POOLED, joined), seconds, shop.model(trials[0]), order.work)


def joint(scans: Sequence[Path], folder: Path) -> Path:
    """Put the tables of several scans into one."""
    with remade(folder) as partial:
        if partial is not None:
            for name in (DETECTIONS, EFFORT):
                tables = [pd.read_csv(scan / name, dtype=str, keep_default_na=False) for scan in scans]
                pd.concat(tables).to_csv(partial / name, index=False)
    return folder


def draft(shop: Workshop, part: str, model: str, scan: str, order: Order) -> Result:
    """Write down what is known before the work."""
    entry = shop.entry
    return Result(
        set=shop.bench.name,
        recipe=entry.name,
        fingerprint=entry.recipe.fingerprint(),
        model=model,
        seed=shop.ask.seed,
        part=part,
        development=order.development,
        figures={},
        seconds=Seconds(),
        parameters=0,
        multiply_adds_per_s=0.0,
        machine=here(),
        command=command(shop.bench, entry, order.development),
        tables=order.tables,
        date=date.today().isoformat(),
        n_parts=order.n_parts,
        scan=scan,
    )


def command(bench: Bench, entry: Entry, development: bool) -> str:
    """Write what makes a recipe's results, all parts and seeds."""
    return f"python experiments/quality.py run DATA WORK {bench.name}{entry.option}{' --development' * development}"


def found(blank: Result, order: Order) -> Result | None:
    """Read the result that is there, if all is as it was then; show it in the tables asked for, too."""
    path = order.work / "results" / blank.name
    known = read_result(path) if path.is_file() else None
    if known is None or (known.model, known.scan) != (blank.model, blank.scan):
        return None
    tagged = replace(known.tagged(order.tables), n_parts=order.n_parts)
    if tagged != known:
        write_result(order.work, tagged)
    return tagged


def finished(blank: Result, figures: Figures, seconds: Seconds, model: Path, work: Path) -> Result:
    """Write a result down."""
    totals = describe_recipe(blank.recipe, find_recipe(str(model))).totals
    cost = {"parameters": totals.parameters, "multiply_adds_per_s": totals.multiply_adds_per_s}
    result = replace(blank, figures=figures, seconds=seconds, **cost)
    print(write_result(work, result), file=sys.stderr)
    return result
