"""Run the corpus: `python -m tests.corpus`; see README.md beside this file."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.corpus.case import Case
from tests.corpus.corpus import Corpus
from tests.corpus.make import GROUPS


class Counted:
    """Cases one by one, and how many there were.

    They are not listed: a scan's peak memory, as the system tells it, is at least that of the process that started it.
    """

    def __init__(self, cases: Iterator[Case]) -> None:
        self.n = 0
        self._cases = cases

    def __iter__(self) -> Iterator[Case]:
        for case in self._cases:
            self.n += 1
            yield case


def _part(text: str) -> tuple[int, int]:
    number, parts = map(int, text.split("/"))
    return number, parts


def main() -> int:
    """Print each finding and a table of the groups; give 1 where there was a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description="Scan broken files and judge.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"among {', '.join(GROUPS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="only a part of the flips, and no file beyond 4 GiB")
    parser.add_argument("--part", type=_part, default=(1, 1), metavar="N/M", help="only the Nth of M equal parts")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="a new folder in which files and tables stay")
    options = parser.parse_args()
    if unknown := set(options.groups) - set(GROUPS):
        parser.error(f"no such group: {', '.join(unknown)}")
    rows, start = [], time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        corpus = Corpus(options.keep or Path(scratch), keep=options.keep is not None)
        for group in options.groups or GROUPS:
            began = time.monotonic()
            part, parts = options.part
            cases = Counted(islice(GROUPS[group](options.quick), part - 1, None, parts))
            kinds = Counter[str]()
            for finding in corpus.judge(group, cases):
                print(finding, flush=True)  # noqa: T201 (it is what the command is for)
                kinds[finding.kind] += 1
            counts = ", ".join(f"{n} {kind}" for kind, n in kinds.items()) or "none"
            rows.append(f"{group:15} {cases.n:6} {time.monotonic() - began:6.0f} s  {counts}")
    print("\ngroup            cases     time  findings", *rows, sep="\n")  # noqa: T201
    print(f"{time.monotonic() - start:.0f} s")  # noqa: T201
    return int(any(not row.endswith("none") for row in rows))


if __name__ == "__main__":
    sys.exit(main())
