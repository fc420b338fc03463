"""Make broken files batch by batch, scan them, and judge."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from tests.corpus.case import Case
from tests.corpus.judge import Finding, Truth, calls_of, judge_case, judge_neighbours, judge_run
from tests.corpus.make import NEIGHBOURS, write_batch, write_sources
from tests.corpus.model import write_model
from tests.corpus.run import Limits, Ran, run_scan

_BATCH = 300
_START_S = 25.0  # of processor time, for a scan to begin and for one slow file
_USUAL_S = 0.1  # that a file takes at most on average
_SPOILING = {"hang", "memory", "crash", "traceback"}


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

    def judge(self, name: str, cases: Iterable[Case]) -> Iterator[Finding]:
        """Run cases, and give what is wrong as it comes; `name` begins the names of the folders."""
        for n, batch in enumerate(_batches(cases)):
            yield from self._judged(f"{name}-{n}", batch)

    def _judged(self, name: str, cases: Sequence[Case]) -> Iterator[Finding]:
        truth, folder = self._with_truth(cases), self.folder / name
        write_batch(folder, cases)
        yield from self._scanned(name, folder, cases, truth)
        if not self.keep:
            shutil.rmtree(folder)

    def _scanned(self, name: str, folder: Path, cases: Sequence[Case], truth: Truth) -> Iterator[Finding]:
        """Scan a batch as a folder; where that breaks off, find the files that are to blame, and scan the others."""
        while True:
            ran = run_scan(folder, self.model, _limits(len(cases)))
            whole = list(judge_run(name, ran, folder))
            if not any(finding.kind in _SPOILING for finding in whole):
                break
            blamed = whole if ran.ended.culprits else list(self._blamed(folder, cases))
            yield from blamed or whole
            names = {finding.case for finding in blamed}
            left = [case for case in cases if case.name not in names]
            if len(left) == len(cases):
                return
            for case in set(cases) - set(left):
                (folder / case.name).unlink()
            cases = left
        yield from whole
        yield from judge_neighbours(name, ran, self._referred(), NEIGHBOURS)
        for case in cases:
            yield from judge_case(case, ran.effort.get(case.name, []), ran.detections.get(case.name, []), truth)

    def _blamed(self, folder: Path, cases: Sequence[Case]) -> Iterator[Finding]:
        """Scan halves of a batch, and halves of those, as far as scans break off."""
        names = [case.name for case in cases if case.listed]
        if not names:
            return
        ran = run_scan(folder, self.model, _limits(len(names)), names)
        found = [finding for finding in judge_run(names[0], ran, folder) if finding.kind in _SPOILING]
        if len(names) == 1 or ran.ended.culprits:
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
            ran = run_scan(folder, self.model, Limits(600))
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
            self._reference = run_scan(self.folder / "neighbours", self.model, Limits(600))
        return self._reference


def _limits(n_files: int) -> Limits:
    return Limits(_START_S + _USUAL_S * n_files)


def _batches(cases: Iterable[Case]) -> Iterator[tuple[Case, ...]]:
    iterator = iter(cases)
    while batch := tuple(islice(iterator, _BATCH)):
        yield batch
