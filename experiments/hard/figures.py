"""Recall against signal-to-noise ratio at a rate of false alarms: matching, the operating point, the fit, intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from call_activity import rows
from numpy.typing import NDArray

from detector.errors import AnnotationError
from detector.evaluation.events import match
from detector.events import Event

LEAST_IOU = 0.1
WIDENED_S = 0.25
RATE = 10.0  # false alarms an hour
BIN_DB = 5.0
LOWEST_DB = -15.0
HIGHEST_DB = 20.0
DRAWS = 1000  # of the bootstrap
ALL = "all"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """The truth of soundscapes: the calls of each, with the ratio (dB) of each call, and hours listened to."""

    calls: dict[str, list[Event]]
    snr_db: dict[str, list[float]]
    hours: float


@dataclass(frozen=True)
class Outcome:
    """What became of every call and of every false alarm of one model at one threshold.

    Attributes
    ----------
    scene, snr_db, species, found : ndarray, shape (call,)
    alarms : ndarray, shape (scene,)
        False alarms in each soundscape.
    """

    scene: NDArray[np.int64]
    snr_db: Floats
    species: NDArray[np.str_]
    found: NDArray[np.bool_]
    alarms: NDArray[np.int64]
    hours: float

    @property
    def rate(self) -> float:
        """False alarms an hour."""
        return float(self.alarms.sum() / self.hours)

    @property
    def recall(self) -> float:
        """Calls found, among all."""
        return float(self.found.sum() / max(1, len(self.found)))


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    low: float
    value: float
    high: float


def read_reference(folder: Path) -> Reference:
    """Read the truth of a part of the set: `calls.csv` and `recordings.csv`."""
    for name in ("calls.csv", "recordings.csv"):
        if not (folder / name).is_file():
            raise AnnotationError(
                f"{folder}: lacks {name}; name a folder that hard_soundscapes.py made, such as SET/test"
            )
    recordings = rows(folder / "recordings.csv")
    calls: dict[str, list[Event]] = {Path(row["recording"]).name: [] for row in recordings}
    snr_db: dict[str, list[float]] = {name: [] for name in calls}
    for row in rows(folder / "calls.csv"):
        name = Path(row["recording"]).name
        calls[name].append(Event(float(row["start_s"]), float(row["end_s"]), row["label"]))
        snr_db[name].append(float(row["snr_db"]))
    return Reference(calls, snr_db, sum(float(row["seconds"]) for row in recordings) / 3600)


def read_detections(table: Path, reference: Reference) -> dict[str, list[Event]]:
    """Read detections by soundscape, whatever their label."""
    found: dict[str, list[Event]] = {name: [] for name in reference.calls}
    for number, row in enumerate(rows(table), 2):
        try:
            name = Path(row["recording"]).name
            event = Event(float(row["start_s"]), float(row["end_s"]), "call", score=float(row["score"]))
        except (KeyError, TypeError, ValueError) as error:
            allowed = "a table of detections has recording, start_s, end_s and score"
            raise AnnotationError(f"{table}, line {number}: {error}; {allowed}") from error
        if name not in found:
            raise AnnotationError(f"{table}, line {number}: {name} is not one of the soundscapes")
        found[name].append(event)
    return found


def widened(event: Event) -> Event:
    """Widen an event on both sides."""
    return Event(event.start_s - WIDENED_S, event.end_s + WIDENED_S, event.label)


def pairs(calls: Sequence[Event], snr_db: Sequence[float], found: Sequence[Event]) -> list[tuple[int, int]]:
    """Pair calls and detections one-to-one, as many as can be, and the loudest calls of all.

    A detection that meets two calls is the louder one's: it does not say that the other was heard. Taking the loudest
    first costs no pair, for the sets of calls that can be paired are a matroid (Edmonds and Fulkerson 1965).
    """
    wide = [widened(call) for call in calls]
    estimated = [widened(event) for event in found]
    kept: list[int] = []
    made: list[tuple[int, int]] = []
    for call in sorted(range(len(calls)), key=lambda i: -snr_db[i]):
        trial = match([wide[i] for i in (*kept, call)], estimated, LEAST_IOU)
        if len(trial) > len(made):
            kept = [*kept, call]
            made = trial
    return [(kept[call], event) for call, event in made]


def outcome(reference: Reference, detections: dict[str, list[Event]], least: float = -np.inf) -> Outcome:
    """Match the detections that score above `least`."""
    scenes = []
    snrs = []
    species = []
    found = []
    alarms = []
    for number, (name, calls) in enumerate(reference.calls.items()):
        kept = [event for event in detections[name] if event.score is not None and event.score > least]
        paired = {call for call, _ in pairs(calls, reference.snr_db[name], kept)}
        alarms.append(len(kept) - len(paired))
        scenes += [number] * len(calls)
        snrs += reference.snr_db[name]
        species += [call.label for call in calls]
        found += [i in paired for i in range(len(calls))]
    columns = np.array(scenes, dtype=np.int64), np.array(snrs), np.array(species), np.array(found, dtype=bool)
    return Outcome(*columns, np.array(alarms), reference.hours)


def operating_point(reference: Reference, tables: Sequence[Path], rate: float = RATE) -> Outcome:
    """Choose, among a model's tables at several thresholds, that with the most false alarms, at most `rate` an hour.

    Where every table has more, the one with the fewest is cut: the detections that score least go, as many as need be.
    """
    read = {table: read_detections(table, reference) for table in tables}
    outcomes = {table: outcome(reference, found) for table, found in read.items()}
    quiet = [result for result in outcomes.values() if result.rate <= rate]
    if quiet:
        return max(quiet, key=lambda result: (result.rate, result.found.sum()))
    table = min(outcomes, key=lambda name: outcomes[name].rate)
    scores = sorted({event.score for events in read[table].values() for event in events if event.score is not None})
    low = 0
    high = len(scores) - 1  # above the highest score nothing is left
    while low < high:  # the rate falls as the score that is needed grows
        middle = (low + high) // 2
        if outcome(reference, read[table], scores[middle]).rate <= rate:
            high = middle
        else:
            low = middle + 1
    return outcome(reference, read[table], scores[low])


def logistic(snr_db: Floats, found: Floats, weight: Floats) -> tuple[float, float]:
    """Fit recall = 1 / (1 + exp(-(snr - half) / width)) by maximum likelihood (Newton); give (half, width) in dB.

    A weak normal prior keeps the fit finite where all calls were found, or none.
    """
    x = np.stack([np.ones_like(snr_db), snr_db / 10], axis=1)  # (call, 2)
    beta = np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + 0.1 * np.eye(2)
        step = np.linalg.solve(hessian, x.T @ (weight * (found - p)) - 0.1 * beta)
        beta += np.clip(step, -3, 3)
        if np.abs(step).max() < 1e-9:
            break
    slope = max(float(beta[1]) / 10, 1e-3)
    return float(-beta[0] / slope), 1 / slope


def resampled(result: Outcome, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Draw how often each call counts when soundscapes are drawn with replacement, shape (draw, call)."""
    scenes = len(result.alarms)
    counts = np.random.default_rng(seed).multinomial(scenes, np.full(scenes, 1 / scenes), size=draws)
    return counts[:, result.scene].astype(float)


def half_recall(result: Outcome, species: str = ALL, draws: int = DRAWS) -> Estimate:
    """Estimate the ratio (dB) at which half of the calls are found, with its interval over soundscapes."""
    chosen = np.ones(len(result.found), dtype=bool) if species == ALL else result.species == species
    snr_db = result.snr_db[chosen]
    found = result.found[chosen].astype(float)
    weights = resampled(result, draws)[:, chosen]
    values = [logistic(snr_db, found, weight)[0] for weight in weights]
    low, high = np.quantile(values, [0.025, 0.975])
    return Estimate(float(low), logistic(snr_db, found, np.ones(len(found)))[0], float(high))


def recall_by_bin(result: Outcome, species: str = ALL, draws: int = DRAWS) -> list[tuple[float, int, Estimate]]:
    """Measure recall in bins of 5 dB: (middle, calls, recall)."""
    chosen = np.ones(len(result.found), dtype=bool) if species == ALL else result.species == species
    weights = resampled(result, draws)
    rows_ = []
    for low in np.arange(LOWEST_DB, HIGHEST_DB, BIN_DB):
        inside = chosen & (result.snr_db >= low) & (result.snr_db < low + BIN_DB + (low + BIN_DB >= HIGHEST_DB))
        if inside.any():
            there = weights[:, inside].sum(axis=1)
            shares = (weights[:, inside] @ result.found[inside])[there > 0] / there[there > 0]
            edges = np.quantile(shares, [0.025, 0.975]) if len(shares) else (np.nan, np.nan)
            recall = Estimate(float(edges[0]), float(result.found[inside].mean()), float(edges[1]))
            rows_.append((float(low + BIN_DB / 2), int(inside.sum()), recall))
    return rows_
