"""What the user is told of an extraction."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from detector.clips import SPLITS
from detector.errors import fault_of
from detector.place import Place
from detector.tables.table import AnnotationSet


@dataclass
class ExtractReport:
    """What became of a request: notes for the user, recordings that failed, and counts.

    `bugs` counts the recordings on which the program failed by a fault of its own.
    """

    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    bugs: int = 0
    unused: int = 0
    clips: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))

    def add_failure(self, recording: Path, error: Exception) -> None:
        """Take what kept a recording from being cut."""
        fault = fault_of(recording, error)
        self.failed.append(fault.reason)
        self.bugs += fault.bug is not None

    def pass_over(self, folder: Place, reason: str) -> None:
        """Take a folder that cannot be searched."""
        self.failed.append(f"{folder}: cannot be searched: {reason}")

    def add_problems(self, tables: AnnotationSet) -> None:
        """Take what could not be used of annotation tables: each with file and row, and their number."""
        self.notes.extend(str(problem) for problem in tables.problems)
        lost = sum(1 for problem in tables.problems if not problem.kept)
        if lost:
            self.notes.append(f"{lost} annotations or tables could not be used (named above)")

    def table(self) -> str:
        """Show clips and seconds by label and split."""
        labels = sorted({label for label, _ in self.clips}, key=lambda label: (label.startswith("("), label))
        width = max([len("label"), *(len(label) for label in labels)])
        lines = [f"{'label':{width}}" + "".join(f"{split:>12} clips{'s':>10}" for split in SPLITS)]
        for label in labels:
            cells = [f"{self.clips[label, split]:18d}{self.seconds[label, split]:10.1f}" for split in SPLITS]
            lines.append(f"{label:{width}}" + "".join(cells))
        return "\n".join(lines)
