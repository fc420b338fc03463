"""What became of each round of mining, kept in a file so that it goes on where it was stopped."""

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


def judged(found: TrainFigures, added: int, recordings: int) -> Round:
    """Make a round of what was added and the figures of the model trained on it."""
    f1 = sum(found.f1.values()) / max(1, len(found.f1))
    average_precision = round(found.mean_average_precision, 6)
    return Round(added=added, recordings=recordings, average_precision=average_precision, f1=round(f1, 6))


@dataclass
class Rounds:
    """The rounds so far, the model that mining began with as round 0.

    Attributes
    ----------
    path : Path
        The file.
    key : str
        What they are rounds of.
    """

    path: Path
    key: str
    done: list[Round] = field(default_factory=list)

    @property
    def best(self) -> int:
        """Number of the round with the highest average precision; of equals the first."""
        return max(range(len(self.done)), key=lambda n: (self.done[n].average_precision, -n))

    @property
    def helping(self) -> bool:
        """Tell whether the last round was better than all before it."""
        return self.best == len(self.done) - 1

    def add(self, done: Round) -> None:
        """Take a round and write the file, whole or not at all."""
        self.done.append(done)
        content = {"key": self.key, "rounds": [each.model_dump() for each in self.done]}
        with written(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with own_file(self.path) as temporary:
                temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    def read(self) -> None:
        """Read the file; raise `OutputError` where it is of another run, or broken."""
        try:
            content = parse_json(read_text(self.path, STATE_BYTES))
            key = content["key"]
            done = [Round(**each) for each in content["rounds"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OutputError(
                f"{self.path}: cannot be resumed: {one_line(error)}; {Parameter('force')} instead begins anew"
            ) from error
        if key != self.key:
            raise OutputError(
                f"{self.path}: belongs to another model, operating.toml, set of clips, {Parameter('per_round')}, "
                f"{Parameter('start')} or {Parameter('seed')}; {Parameter('force')} instead of {Parameter('resume')} "
                "begins anew"
            )
        self.done = done
