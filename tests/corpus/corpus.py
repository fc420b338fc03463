"""Make broken files batch by batch, scan them, and judge."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from tests.corpus.case import Case
from tests.corpus.judge import LIMIT_S, Finding, Truth, calls_of, judge_case, judge_neighbours, judge_run
from tests.corpus.make import GROUPS, NEIGHBOURS, write_batch, write_sources
from tests.corpus.model import write_model
from tests.corpus.run import Ran, run_scan

_BATCH = 500
_START_S = 30.0  # for a scan to begin on a machine that does much else
_USUAL_S = 0.5  # the time that a file takes at most on average
_SPOILING = {"hang", "crash", "traceback"}  # leave no tables to judge


class Corpus:
    """A folder in which batches are made, scanned and judged, with a model and the undamaged recordings' rows.

    Parameters
    ----------
    folder : Path
        A new one.
    keep : bool
        Whether the files of batches stay.
    """

    def __init__(self, folder: Path, *, keep: bool = False) -> None:
        self.folder, self.keep = folder, keep
        self.model = write_model(folder / "model")
        self._reference: Ran | None = None
        self._truth: dict[str, list[tuple[float, float]]] = {}

    def judge(self, group: str, *, quick: bool, part: tuple[int, int] = (1, 1)) -> tuple[int, list[Finding]]:
        """Run a group, or each so-manieth of its cases; give the number of cases and the findings."""
        number, parts = part
        chosen = list(GROUPS[group](quick))[number - 1 :: parts]
        findings: list[Finding] = []
        for n, cases in enumerate(_batches(chosen)):
            findings += self._judged(f"{group}-{number}-{n}", cases)
        return len(chosen), findings

    def _judged(self, name: str, cases: Sequence[Case]) -> Iterable[Finding]:
        truth, folder = self._with_truth(cases), self.folder / name
        write_batch(folder, cases)
        findings = list(self._scanned(name, folder, cases, truth))
        if not self.keep:
            shutil.rmtree(folder)
        return findings

    def _scanned(self, name: str, folder: Path, cases: Sequence[Case], truth: Truth) -> Iterator[Finding]:
        """Scan a batch as a folder; where a scan breaks off or takes too much, look for the files that are to blame."""
        ran = run_scan(folder, self.model, _START_S + LIMIT_S + _USUAL_S * len(cases))
        whole = list(judge_run(name, ran, folder))
        if any(finding.kind in {*_SPOILING, "memory"} for finding in whole):
            yield from list(self._blamed(folder, cases)) or whole
        else:
            yield from whole
        if any(finding.kind in _SPOILING for finding in whole):
            return
        yield from judge_neighbours(name, ran, self._referred(), NEIGHBOURS)
        for case in cases:
            yield from judge_case(case, ran.effort.get(case.name, []), ran.detections.get(case.name, []), truth)

    def _blamed(self, folder: Path, cases: Sequence[Case]) -> Iterator[Finding]:
        """Scan halves of a batch, and halves of those, as far as something grave comes of them."""
        names = [case.name for case in cases if case.listed]
        if not names:
            return
        limit_s = _START_S + (LIMIT_S if len(names) == 1 else _USUAL_S * len(names))
        ran = run_scan(folder, self.model, limit_s, names)
        found = [finding for finding in judge_run(names[0], ran, folder) if finding.kind in {*_SPOILING, "memory"}]
        if len(names) == 1:
            yield from found
        elif found:
            middle = len(cases) // 2
            yield from self._blamed(folder, cases[:middle])
            yield from self._blamed(folder, cases[middle:])

    def _with_truth(self, cases: Iterable[Case]) -> Truth:
        """Scan the undamaged recordings that cases need and that were not scanned yet."""
        wanted = {source.name for case in cases for source in case.sources} - self._truth.keys()
        if wanted:
            folder = self.folder / f"sources-{len(self._truth)}"
            write_sources(folder, sorted(wanted))
            ran = run_scan(folder, self.model, 600)
            for name in wanted:
                calls = calls_of(ran.detections.get(name, []))
                if not calls or any(row["status"] != "ok" or row["detail"] for row in ran.effort[name]):
                    raise AssertionError(f"{name}: an undamaged recording must be ok and hold calls: {ran.stderr}")
                self._truth[name] = calls
        return self._truth

    def _referred(self) -> Ran:
        """Give a scan of the neighbours alone."""
        if self._reference is None:
            write_batch(self.folder / "neighbours", ())
            self._reference = run_scan(self.folder / "neighbours", self.model, 600)
        return self._reference


def _batches(cases: Iterable[Case]) -> Iterator[tuple[Case, ...]]:
    iterator = iter(cases)
    while batch := tuple(islice(iterator, _BATCH)):
        yield batch
