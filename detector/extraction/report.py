"""The report of an extraction for the user."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from detector.clips import SPLITS
from detector.errors import fault_of
from detector.place import Place
from detector.tables.table import AnnotationSet


@dataclass
class ExtractReport:
    """The result of a request.

    Attributes
    ----------
    notes : list of str
        Remarks for the user, each of one line.
    failed : list of str
        Why recordings could not be cut, or folders not searched.
    bugs : int
        Recordings on which the program itself failed.
    unused : int
        Recordings that no annotation names.
    clips, seconds : mapping of (str, str) to number
        Number and length of the clips, by label and split.
    """

    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    bugs: int = 0
    unused: int = 0
    clips: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))

    def add_failure(self, recording: Path, error: Exception) -> None:
        """Add the error that kept a recording from being cut."""
        fault = fault_of(recording, error)
        self.failed.append(fault.reason)
        self.bugs += fault.bug is not None

    def pass_over(self, folder: Place, reason: str) -> None:
        """Add a folder that cannot be searched."""
        self.failed.append(f"{folder}: cannot be searched: {reason}")

    def add_problems(self, tables: AnnotationSet) -> None:
        """Add the rows and tables that cannot be used, each with file and row number, and their count."""
        self.notes.extend(str(problem) for problem in tables.problems)
        lost = sum(1 for problem in tables.problems if not problem.kept)
        if lost:
            self.notes.append(f"{lost} annotations or tables could not be used (named above)")

    def count(self, labels: Iterable[str], split: str, seconds: float) -> None:
        """Count a written clip with these labels."""
        for label in labels:
            self.clips[label, split] += 1
            self.seconds[label, split] += seconds

    def table(self) -> str:
        """Write a table of clips and seconds by label and split."""
        labels = sorted({label for label, _ in self.clips}, key=lambda label: (label.startswith("("), label))
        width = max([len("label"), *(len(label) for label in labels)])
        lines = [f"{'label':{width}}" + "".join(f"{split:>12} clips{'s':>10}" for split in SPLITS)]
        for label in labels:
            cells = [f"{self.clips[label, split]:18d}{self.seconds[label, split]:10.1f}" for split in SPLITS]
            lines.append(f"{label:{width}}" + "".join(cells))
        return "\n".join(lines)
