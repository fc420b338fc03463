"""Keep the scores of the parts of recordings that are not finished, so that a stopped run repeats no part."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock

import numpy as np

from detector.audio.series import MemberFacts
from detector.audio.verdict import Facts
from detector.errors import OutputError
from detector.runs.journal import Record, extents_of
from detector.runs.store import DamagedError, Store
from detector.scanning.parts import PartScores
from detector.scanning.plan import Part
from detector.scanning.scanner import Pulse, ScorePart

MOST_BYTES = 2**26  # after this many bytes a new file begins, and a file is deleted when all its parts are needless
NAME = re.compile(r"parts-([0-9]{6})\.jsonl")

PartKey = tuple[str, int, int, str, int, int | None]


class PartStore:
    """The scores of parts, in a run folder. Threads may share it.

    Parameters
    ----------
    folder : Path
        The run folder.
    is_needed : callable
        Returns whether the parts of a recording, by its name, are still needed.
    """

    def __init__(self, folder: Path, is_needed: Callable[[str], bool]) -> None:
        self._folder = folder
        self._lock = Lock()
        self._is_closed = False
        self._stores: dict[int, Store] = {}
        self._where: dict[PartKey, tuple[int, Record]] = {}
        for number in sorted(int(form[1]) for path in folder.iterdir() if (form := NAME.fullmatch(path.name))):
            self._stores[number] = Store(folder, file_name(number))
            for record in self._stores[number].records:
                with suppress(KeyError, TypeError):  # it is none of a part, and its part is scored again
                    if is_needed(record["recording"]):
                        self._where[key_in(record)] = number, record

    def scores(self, part: Part) -> PartScores | None:
        """Return the scores of a part; None if they are not kept, or damaged."""
        if part.header.identity is None:
            return None
        with self._lock:
            kept = self._where.get(key_of(part))
            if kept is None or self._is_closed:
                return None
            number, record = kept
            try:
                return scores_in(record, self._stores[number], part.fingerprint)
            except DamagedError:
                return None

    def add(self, part: Part, scores: PartScores) -> None:
        """Keep the scores of a part; raise `OutputError` if they cannot be written."""
        if part.header.identity is None:
            return
        with self._lock:
            if self._is_closed:  # the part was given up, and its thread came to an end after all
                return
            number = max(self._stores, default=0)
            if number == 0 or self._stores[number].n_bytes > MOST_BYTES:
                number += 1
                self._stores[number] = Store(self._folder, file_name(number))
            record = record_of(part, scores)
            self._stores[number].append(record, scores.scores.tobytes())
            self._where[key_of(part)] = number, self._stores[number].records[-1]

    def drop(self, recording: str) -> None:
        """Forget the parts of a recording, and delete the files that nothing else needs."""
        with self._lock:
            for key in [key for key in self._where if key[0] == recording]:
                del self._where[key]
            needed = Counter(number for number, _ in self._where.values())
            for number in [number for number in self._stores if number not in needed]:
                if self._stores[number].n_bytes > MOST_BYTES:
                    self._stores.pop(number).remove()

    def close(self) -> None:
        """Close the files; delete those that are not needed. Later scores are not kept."""
        with self._lock:
            self._is_closed = True
            needed = {number for number, _ in self._where.values()}
            for number, store in self._stores.items():
                if number in needed:
                    store.close()
                else:
                    store.remove()
            self._stores.clear()


class KeptScores:
    """Score parts, or read their scores if they are kept. Threads may share it."""

    def __init__(self, parts: PartStore, score: ScorePart) -> None:
        self._parts = parts
        self._score = score
        self._failure: OutputError | None = None

    def __call__(self, part: Part, pulse: Pulse) -> PartScores:
        """Return the scores of a part; see `Scanner.score`.

        If they cannot be written, `check` raises the error: a full disk is no fault of the recording.
        """
        kept = self._parts.scores(part)
        if kept is not None:
            return kept
        scores = self._score(part, pulse)
        if any(member.failure for member in scores.members):
            return scores  # the file may be readable at the next resume
        try:
            self._parts.add(part, scores)
        except OutputError as error:
            self._failure = error
        return scores

    def check(self) -> None:
        """Raise the `OutputError` of a thread that could not write its scores."""
        if self._failure is not None:
            raise self._failure


def file_name(number: int) -> str:
    """Return the name of a store of parts."""
    return f"parts-{number:06d}"


def key_of(part: Part) -> PartKey:
    """Return what identifies a part: the recording, its state, the series, and the windows."""
    identity = part.header.identity
    assert identity is not None
    return part.header.place.name, identity.size, identity.modified_ns, part.series, part.first, part.end


def key_in(record: Record) -> PartKey:
    """Return what identifies the part of a record."""
    state = record["recording"], record["size"], record["modified_ns"]
    return *state, record.get("series", ""), record["first"], record["end"]


def record_of(part: Part, scores: PartScores) -> Record:
    """Return the record of a part; its data are the scores, float32."""
    recording, size, modified_ns, series, first, end = key_of(part)
    members = [[member.number, asdict(member.facts), member.broken] for member in scores.members]
    of_series = {"series": series, "members": members} if series else {}
    return of_series | {
        "recording": recording,
        "size": size,
        "modified_ns": modified_ns,
        "first": first,
        "end": end,
        "shape": scores.scores.shape,
        "facts": asdict(scores.facts),
        "ended": scores.ended,
    }


def scores_in(record: Record, store: Store, fingerprint: str) -> PartScores:
    """Return the scores of a record; raise `DamagedError` if they are damaged."""
    try:
        (extent,) = extents_of(record)
        scores = np.frombuffer(store.read(extent), dtype=np.float32).reshape(record["shape"])
        facts = facts_in(record["facts"])
        members = tuple(MemberFacts(number, facts_in(of), broken) for number, of, broken in record.get("members", ()))
        return PartScores(record["first"], fingerprint, scores, facts, record["ended"], members)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"stored scores of a part are damaged: {error}") from error


def facts_in(facts: Record) -> Facts:
    """Return facts, given as in a record."""
    read = facts | {
        "sounding": tuple(facts["sounding"]),
        "holes": tuple((first, end) for first, end in facts["holes"]),
    }
    return Facts(**read)
