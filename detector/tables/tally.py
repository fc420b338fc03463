"""Count what a format could not hold, and say it once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from detector.texts import many


class Tally:
    """What became of the rows of a table.

    Attributes
    ----------
    n_written : int
        Number of rows that were written.
    dropped : Counter
        Number of written rows that lost a field, by the name of the field.
    left_out : Counter
        Number of rows that could not be written, by reason.
    remarks : list of str
        Other lines for the user.
    """

    def __init__(self) -> None:
        self.n_written = 0
        self.dropped: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.remarks: list[str] = []

    @property
    def n_left_out(self) -> int:
        """Return the number of rows that could not be written."""
        return self.left_out.total()

    def count(self, lost: Iterable[str], refusal: str = "") -> None:
        """Count a row: one that is written without the fields `lost`, or one that is left out for a reason."""
        if refusal:
            self.left_out[refusal] += 1
        else:
            self.n_written += 1
            self.dropped.update(lost)

    def update(self, other: Tally) -> None:
        """Add the counts of another table."""
        self.n_written += other.n_written
        self.dropped.update(other.dropped)
        self.left_out.update(other.left_out)
        self.remarks += [remark for remark in other.remarks if remark not in self.remarks]

    def lines(self, name: str) -> Iterator[str]:
        """Say what the format `name` could not hold; no line if it held everything."""
        if self.dropped:
            rows = many(self.n_written, "row")
            yield f"{name}: wrote {rows}, but this format has no place for their {self._fields()}"
        for reason, n_rows in self.left_out.items():
            yield f"{name}: left out {many(n_rows, 'row')}: {reason}"
        yield from (f"{name}: {remark}" for remark in self.remarks)

    def _fields(self) -> str:
        """List the fields that written rows lost; those that not all rows lost, with the number of rows."""
        return ", ".join(
            field if n_rows == self.n_written else f"{field} (in {many(n_rows, 'row')})"
            for field, n_rows in self.dropped.items()
        )
