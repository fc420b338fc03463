"""The curve as a picture, as a Markdown table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from hard.figures import (
    ALL,
    DRAWS,
    HIGHEST_DB,
    LEAST_IOU,
    LOWEST_DB,
    Estimate,
    Outcome,
    half_recall,
    logistic,
    recall_by_bin,
)

from detector.drawing import check_picture as check_drawing
from detector.drawing import find_figure, save_picture
from detector.outputs import check_output, new_file


def species_of(result: Outcome) -> list[str]:
    """List the groups that figures are given for: all calls, then each species."""
    return [ALL, *sorted(set(result.species.tolist()))]


def bounded(db: float) -> str:
    """Write a ratio; beyond the range that was tried, only that it lies beyond."""
    return f"> {HIGHEST_DB:+.0f}" if db > HIGHEST_DB else f"< {LOWEST_DB:+.0f}" if db < LOWEST_DB else f"{db:+.1f}"


def shown_db(estimate: Estimate) -> str:
    """Write a ratio with its interval."""
    return f"{bounded(estimate.value)} ({bounded(estimate.low)} to {bounded(estimate.high)})"


def markdown(halves: Mapping[str, Mapping[str, Estimate]], results: Mapping[str, Outcome]) -> str:
    """Tabulate the ratios at which half of the calls are found, with 95 % intervals."""
    names = species_of(next(iter(results.values())))
    lines = [
        "| model | false alarms/h | recall | SNR at recall one half, dB: " + " | ".join(names) + " |",
        "|---" * (len(names) + 3) + "|",
    ]
    for model, result in results.items():
        cells = [f"{result.rate:.1f}", f"{result.recall:.3f}", *(shown_db(halves[model][name]) for name in names)]
        lines.append(f"| {model} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def summary(
    halves: Mapping[str, Mapping[str, Estimate]], results: Mapping[str, Outcome], rate: float
) -> dict[str, Any]:
    """Gather every figure of the picture as plain values."""
    models: dict[str, Any] = {}
    for model, result in results.items():
        bins = {
            name: [
                {"snr_db": middle, "calls": n, "low": recall.low, "recall": recall.value, "high": recall.high}
                for middle, n, recall in recall_by_bin(result, name)
            ]
            for name in species_of(result)
        }
        half = {name: {"low": e.low, "value": e.value, "high": e.high} for name, e in halves[model].items()}
        models[model] = {
            "false_alarms_per_hour": result.rate,
            "recall": result.recall,
            "snr_db_at_recall_one_half": half,
            "recall_by_snr": bins,
        }
    hours = next(iter(results.values())).hours
    how = {"at_most_per_hour": rate, "iou": LEAST_IOU, "bootstrap_draws": DRAWS, "interval": 0.95}
    return {"hours": hours, **how, "models": models}


def all_halves(results: Mapping[str, Outcome]) -> dict[str, dict[str, Estimate]]:
    """Estimate the ratio at recall one half for each model and group."""
    return {
        model: {name: half_recall(result, name) for name in species_of(result)} for model, result in results.items()
    }


def check_picture(path: Path, force: bool) -> None:
    """Raise where a picture could not be drawn into `path`."""
    check_drawing(path, "-o")
    check_output(path, force)


def draw(results: Mapping[str, Outcome], path: Path, rate: float) -> None:
    """Draw recall against the ratio, with the fits, for all calls and for each species."""
    names = species_of(next(iter(results.values())))
    figure = find_figure("-o")(figsize=(3.6 * len(names), 3.9), layout="constrained")
    grid = np.linspace(LOWEST_DB, HIGHEST_DB, 141)
    for axis, name in zip(figure.subplots(1, len(names), sharey=True, squeeze=False)[0], names):
        for number, (model, result) in enumerate(results.items()):
            chosen = np.ones(len(result.found), dtype=bool) if name == ALL else result.species == name
            half, width = logistic(result.snr_db[chosen], result.found[chosen].astype(float), np.ones(chosen.sum()))
            points = recall_by_bin(result, name)
            middles = [point[0] for point in points]
            values = np.array([point[2].value for point in points])
            bars = [values - [p[2].low for p in points], [p[2].high for p in points] - values]
            colour = f"C{number}"
            axis.plot(
                grid, 1 / (1 + np.exp(-(grid - half) / width)), color=colour, label=f"{model}: {bounded(half)} dB"
            )
            axis.errorbar(middles, values, np.maximum(bars, 0), fmt="o", color=colour, markersize=4, capsize=2)
        axis.axhline(0.5, color="grey", linewidth=0.5)
        axis.set(title=name, xlabel="signal-to-noise ratio in the call's band, dB", ylim=(0, 1))
        axis.legend(fontsize=7, loc="upper left")
    first = next(iter(results.values()))
    figure.axes[0].set_ylabel("recall")
    figure.suptitle(
        f"Calls found at {rate:g} false alarms an hour or fewer, {first.hours:.1f} h of soundscapes", fontsize=10
    )
    save_picture(figure, path)


def write_text(text: str, path: Path, force: bool) -> None:
    """Write a file, whole or not at all."""
    with new_file(path, force) as stream:
        stream.write(text)


def as_json(value: Mapping[str, Any]) -> str:
    """Write JSON as people read it."""
    return json.dumps(value, indent=2) + "\n"
