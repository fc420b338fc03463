"""Compare what a scan wrote about a broken file with what must be true of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.corpus.case import MARGIN_S, Case, Stretch
from tests.corpus.run import Ran, Row

TOLERANCE_S = 0.001 + 1e-9
ROUNDED_S = 0.0005  # times are written in ms, so that a sum of two of them may be out by as much
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")

Calls = Sequence[Stretch]
Truth = Mapping[str, Calls]  # the calls of each undamaged recording, by its name


@dataclass(frozen=True)
class Finding:
    """Something that must not be; `case` is a file's name, or that of a batch."""

    case: str
    kind: str
    text: str

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.kind:12} {ascii(self.case)[1:-1]}: {ascii(self.text)[1:-1]}"


def calls_of(rows: Iterable[Row]) -> list[Stretch]:
    """Give the times of the calls that rows tell of."""
    return [(float(row["start_s"]), float(row["end_s"])) for row in rows]


def judge_case(case: Case, effort: Sequence[Row], detections: Sequence[Row], truth: Truth) -> Iterator[Finding]:
    """Give what is wrong with the rows of one file."""
    if not case.listed:
        return
    if not effort:
        yield Finding(case.name, "no row", "the effort table does not tell of it")
        return
    named = any(row["status"] != "ok" or row["detail"] for row in effort)
    told = "; ".join(f"{row['status']}: {row['detail']}" for row in effort)
    if any(row["status"] == "failed" for row in effort):
        if not case.failed:
            yield Finding(case.name, "refused", told)
        elif not all(row["detail"] for row in effort):
            yield Finding(case.name, "not named", "failed without a reason")
        return
    expected = [(a + s.offset_s, b + s.offset_s) for s in case.sources for a, b in truth[s.name]]
    yield from _judge_calls(case, expected, calls_of(detections), named)
    if case.named == "must" and not named:
        yield Finding(case.name, "not named", "ok, and no word on what is wrong")
    if case.named == "never" and named:
        yield Finding(case.name, "named", f"a sound file: {told}")


def _judge_calls(case: Case, expected: Calls, found: Calls, named: bool) -> Iterator[Finding]:
    """Compare the calls that were found with those of the undamaged recording, away from damage."""
    judged = [call for call in expected if not _near(call, case.damaged)]
    missing = [call for call in judged if not _has(found, call)]
    strangers = [call for call in found if not _near(call, case.damaged) and not _has(expected, call)]
    required = [call for call in missing if not _near(call, case.optional)]
    if required:
        yield Finding(case.name, "missing", f"{len(required)} of {len(judged)} calls, first {_span(required[0])}")
    if strangers and (case.strict or not named):
        yield Finding(case.name, "wrong time", f"{len(strangers)} calls, first {_span(strangers[0])}")
    if case.named == "unless" and missing and not required and not named:
        text = f"{len(missing)} of {len(judged)} calls are missing, first {_span(missing[0])}; ok, and no word"
        yield Finding(case.name, "not named", text)


def _span(call: Stretch) -> str:
    return f"{call[0]:.3f}-{call[1]:.3f} s"


def _near(call: Stretch, stretches: Iterable[Stretch]) -> bool:
    return any(call[0] < end + MARGIN_S and call[1] > start - MARGIN_S for start, end in stretches)


def _has(calls: Calls, wanted: Stretch) -> bool:
    within = TOLERANCE_S + ROUNDED_S
    return any(abs(start - wanted[0]) <= within and abs(end - wanted[1]) <= within for start, end in calls)


def judge_run(name: str, ran: Ran, folder: Path) -> Iterator[Finding]:
    """Give what is wrong with a scan as a whole."""
    ended = ran.ended
    if ended.reason:
        text = f"{ended.seconds:.0f} s, {ended.memory / (1 << 20):.0f} MiB"
        yield from (Finding(culprit, ended.reason, text) for culprit in ended.culprits or (name,))
    elif ended.code not in {0, 1}:
        yield Finding(name, "crash", f"exit code {ended.code}: {ran.stderr[-300:]}")
    if "Traceback (most recent call last)" in ran.stderr:
        yield Finding(name, "traceback", ran.stderr.strip().splitlines()[-1][:300])
    yield from _judge_printed(name, ran.stderr, folder)


def _judge_printed(name: str, stderr: str, folder: Path) -> Iterator[Finding]:
    """Expect lines of the program's own, which name a file, and nothing that moves a terminal's cursor."""
    lines = stderr.split("\n")
    strange = [line for line in lines if line and not line.startswith("detector: ") and str(folder) not in line]
    if strange and "Traceback (most recent call last)" not in stderr:
        yield Finding(name, "noise", f"{len(strange)} lines, such as {strange[0][:200]}")
    if control := [line for line in lines if _CONTROL.search(line)]:
        yield Finding(name, "control", f"{len(control)} lines, such as {control[0][-100:]}")


def judge_neighbours(name: str, ran: Ran, reference: Ran, neighbours: Iterable[str]) -> Iterator[Finding]:
    """Expect the rows of healthy files to be byte for byte those of a scan without broken ones."""
    for neighbour in neighbours:
        mine, theirs = ([line for line in scan.lines if neighbour in line] for scan in (ran, reference))
        if mine != theirs:
            yield Finding(name, "neighbour", f"the rows of {neighbour} differ")
