"""Results: one JSON file a run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from detector.benchmark.machine import processor_name
from detector.cores import count_cores
from detector.evaluation.figures import Figure
from trials.files import write_whole
from trials.trial import Figures, Seconds


@dataclass(frozen=True)
class Machine:
    """Where it was measured."""

    processor: str
    cores: int
    threads: str


@dataclass(frozen=True)
class Result:
    """What came of one trial.

    Attributes
    ----------
    set, recipe, part : str
        Names: of the set, of the recipe, of the fold, site or type.
    fingerprint : str
        Of the recipe.
    model : str
        Names all that the figures depend on.
    seed : int
        Of the training.
    development : bool
        Whether validation recordings were scored, not test recordings.
    tables : tuple of str
        The tables in which it is to be shown.
    command : str
        What made it, without seeds and parts.
    scan : str
        Names how it was scanned and what is scored; empty where that was not written down.
    n_parts : int
        How many parts the set has; 0 where that was not written down.
    """

    set: str
    recipe: str
    fingerprint: str
    model: str
    seed: int
    part: str
    development: bool
    figures: Figures
    seconds: Seconds
    parameters: int
    multiply_adds_per_s: float
    machine: Machine
    command: str
    tables: tuple[str, ...] = ()
    date: str = ""
    n_parts: int = 0
    scan: str = ""

    @property
    def name(self) -> str:
        """The name of its file."""
        stage = "development" if self.development else "final"
        return f"{self.set}-{self.recipe}-{self.fingerprint}-seed{self.seed}-{self.part}-{stage}.json"

    @property
    def model_folder(self) -> str:
        """The name of the model's folder."""
        return f"{self.set}-{self.part}-{self.model}"

    def tagged(self, tables: tuple[str, ...]) -> Result:
        """Show it in more tables."""
        return replace(self, tables=tuple(dict.fromkeys([*self.tables, *tables])))


def write_result(work: Path, result: Result) -> Path:
    """Write a result."""
    return write_whole(work / "results" / result.name, json.dumps(asdict(result), indent=1) + "\n")


def read_result(path: Path) -> Result:
    """Read a result."""
    return as_result(json.loads(path.read_text(encoding="utf-8")))


def as_result(content: dict[str, Any]) -> Result:
    """Make a result of what JSON holds of it."""
    figures = {name: Figure(**estimate) for name, estimate in content["figures"].items()}
    parts = {"figures": figures, "seconds": Seconds(**content["seconds"]), "machine": Machine(**content["machine"])}
    return Result(**(content | parts | {"tables": tuple(content["tables"])}))


def read_results(work: Path) -> Iterator[Result]:
    """Read all results, in order of their names."""
    for path in sorted((work / "results").glob("*.json")):
        yield read_result(path)


def here() -> Machine:
    """Say where this is."""
    return Machine(processor_name(), count_cores(), os.environ.get("OMP_NUM_THREADS", ""))
