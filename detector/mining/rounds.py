"""The finished rounds of mining, kept in a file so that mining can be resumed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from detector.errors import OutputError, Parameter, one_line
from detector.outputs import FolderKind, own_file
from detector.provenance import Round
from detector.texts import STATE_BYTES, parse_json, read_text
from detector.training.figures import TrainFigures
from detector.training.place import written

ROUNDS_FILE = "rounds.json"
WORK_FOLDER = FolderKind("the state of the rounds", ("round*",))  # rounds.json, round-1/clips, round-1/NAME, ...


def finished_round(figures: TrainFigures, added: int, recordings: int) -> Round:
    """Make the record of a round from the number of added clips, their recordings, and the figures of its model."""
    f1 = sum(figures.f1.values()) / max(1, len(figures.f1))
    average_precision = round(figures.mean_average_precision, 6)
    return Round(added=added, recordings=recordings, average_precision=average_precision, f1=round(f1, 6))


@dataclass
class Rounds:
    """The rounds so far. Round 0 is the model that mining began with.

    Attributes
    ----------
    path : Path
        The file.
    key : str
        Text that stands for the inputs of the rounds; only rounds with this key are resumed.
    """

    path: Path
    key: str
    done: list[Round] = field(default_factory=list)

    @property
    def best(self) -> int:
        """Number of the round with the highest average precision; the first of equals."""
        return max(range(len(self.done)), key=lambda n: (self.done[n].average_precision, -n))

    @property
    def helping(self) -> bool:
        """Whether the last round was better than all before it."""
        return self.best == len(self.done) - 1

    def add(self, done: Round) -> None:
        """Add a round and replace the file."""
        self.done.append(done)
        content = {"key": self.key, "rounds": [each.model_dump() for each in self.done]}
        with written(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with own_file(self.path) as temporary:
                temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def read(self) -> None:
        """Read the file; raise `OutputError` if it is damaged, or belongs to another run."""
        try:
            content = parse_json(read_text(self.path, STATE_BYTES))
            key = content["key"]
            done = [Round(**fields) for fields in content["rounds"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OutputError(
                f"{self.path}: cannot be resumed: {one_line(error)}; begin anew with {Parameter('force')}"
            ) from error
        if key != self.key:
            raise OutputError(
                f"{self.path}: belongs to another model, operating.toml, set of clips, {Parameter('per_round')}, "
                f"{Parameter('start')} or {Parameter('seed')}; begin anew with {Parameter('force')} instead of "
                f"{Parameter('resume')}"
            )
        self.done = done
