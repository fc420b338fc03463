"""Recordings and their annotations before they are cut: calls, confusing sounds, completeness, group."""

from __future__ import annotations

import hashlib
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import soundfile

from detector.audio.header import Header
from detector.audio.reading import read_header
from detector.clips import UNCERTAIN
from detector.errors import ClipsError, ConfigurationError, Parameter, RecordingError
from detector.events import Event
from detector.groups import name_groups
from detector.labels import LabelRules
from detector.tables.table import Annotation, AnnotationSet

PROBE_SAMPLES = 1 << 13
SHOWN = 5  # most labels that a message lists
RESERVED = ("(confusing)", "(background)")  # reports and tables of clips use these as labels


@dataclass
class Source:
    """One recording and its annotations.

    Attributes
    ----------
    calls : list of (Event, channel or None)
        Sounds that the model should find, and uncertain spans with the label `UNCERTAIN`.
    confusing : list of (Event, channel or None)
        Sounds that are known not to be calls.
    complete : bool
        Whether every call in it is annotated.
    group : str
        For example the site; recordings of one group belong to one split.
    paths : set of Path
        All files with the content of this recording.
    """

    path: Path
    calls: list[tuple[Event, str | None]] = field(default_factory=list)
    confusing: list[tuple[Event, str | None]] = field(default_factory=list)
    complete: bool = False
    group: str = ""
    split: str = ""
    paths: set[Path] = field(default_factory=set)

    @cached_property
    def header(self) -> Header:
        """Return the header of the recording, which is read once; raise `RecordingError` if it cannot be read."""
        return read_header(self.path)


def kind_of(label: str, rules: LabelRules) -> tuple[str, str]:
    """Return the kind of sounds with a label ("call", "confusing" or "uncertain"), and their new label.

    Raises
    ------
    ConfigurationError
        If the label of a call contains `|` or is one of `RESERVED`.
    """
    renamed = rules.renamed(label)
    if rules.is_background(label):
        return "confusing", label
    if rules.is_uncertain(label):
        return "uncertain", UNCERTAIN
    if not rules.is_wanted(label):
        return "confusing", renamed
    if "|" in renamed or renamed in RESERVED:
        raise ConfigurationError(
            f"label {renamed!r}: must not contain | or be one of {', '.join(RESERVED)}; use {Parameter('rename')}"
        )
    return "call", renamed


def content_key(source: Source) -> str:
    """Return a key of the sound of a recording, from its length and samples at its start and middle.

    The same sound in two files has the same key, even with different metadata. If the samples are constant, or cannot
    be read, the key is the path.
    """
    try:
        header = source.header
        with header.opened() as sound:
            probes = [sound.read(PROBE_SAMPLES, dtype="float32")]
            sound.seek(max(0, (header.n_frames or 0) // 2))
            probes.append(sound.read(PROBE_SAMPLES, dtype="float32"))
    except (RecordingError, soundfile.SoundFileError, OSError, ValueError):  # reported when the recording is cut
        return str(source.path)
    if all(probe.size == 0 or np.ptp(probe) == 0 for probe in probes):
        return str(source.path)
    digest = hashlib.sha256(f"{header.sample_rate} {header.n_channels} {header.n_frames}".encode())
    for probe in probes:
        digest.update(probe.tobytes())
    return digest.hexdigest()


class Sources:
    """Collect recordings from tables and folders; two files with the same content are one recording.

    Attributes
    ----------
    notes : list of str
        Remarks for the user, for example on files with the same content.
    unknown : Counter of str
        Number of annotations of each label that is not one of `rules.only`.
    """

    def __init__(self, rules: LabelRules) -> None:
        self.rules = rules
        self.notes: list[str] = []
        self._by_content: dict[str, Source] = {}
        self._keys: dict[Path, str] = {}
        self._confusing: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()

    def source(self, path: Path) -> Source:
        """Return the source of a recording; add it if it is new."""
        if path not in self._keys:
            new = Source(path)
            self._keys[path] = content_key(new)
            self._by_content.setdefault(self._keys[path], new)
        source = self._by_content[self._keys[path]]
        source.paths.add(path)
        if source.path != path:
            note = f"{path}: has the same content as {source.path}; they are one recording"
            if note not in self.notes:
                self.notes.append(note)
        return source

    def add_annotations(self, tables: AnnotationSet, *, complete: bool) -> None:
        """Add the rows of annotation tables; `complete` means that every call in their recordings is annotated."""
        for path in tables.recordings:
            source = self.source(path)
            source.complete = source.complete or (complete and path not in tables.doubtful)
            if complete and path in tables.doubtful:
                self.notes.append(f"{path}: some rows of its table cannot be used, so no background is taken from it")
        for row in tables.annotations:
            self._add(row)
        for label, count in sorted(self._confusing.items()):
            self.notes.append(f"label {label!r}: {count} annotations taken as confusing sounds, not as calls")

    def _add(self, row: Annotation) -> None:
        assert row.recording is not None
        source = self.source(row.recording)
        kind, label = kind_of(row.event.label, self.rules)
        event = Event(row.event.start_s, row.event.end_s, label, row.event.low_hz, row.event.high_hz)
        if kind == "confusing":
            self._confusing[label] += 1
            self.unknown[label] += not self.rules.is_background(row.event.label)
            source.confusing.append((event, row.channel))
        else:
            source.calls.append((event, row.channel))

    def check_labels(self) -> None:
        """Raise `ClipsError` if no annotation is a call because the recipe has other labels."""
        labels = {call.label for source in self._by_content.values() for call, _ in source.calls}
        unknown = [label for label, count in self.unknown.most_common() if count]
        if not unknown or labels - {UNCERTAIN}:
            return
        names = self.rules.only
        listed = ", ".join(map(repr, unknown[:SHOWN])) + (", ..." if len(unknown) > SHOWN else "")
        example = shlex.quote(f"{unknown[0]}={names[0]}")
        raise ClipsError(
            f"these annotations give no clip of a call: the recipe has the labels "
            f"{', '.join(map(repr, names))} (labels.names), but the annotations have {listed}; "
            f"rename a label, for example {Parameter('rename')} {example}"
        )

    def add_confusing(self, tables: AnnotationSet) -> None:
        """Add every row of tables as a sound that is not a call."""
        for row in tables.annotations:
            assert row.recording is not None
            self.source(row.recording).confusing.append((row.event, row.channel))

    def add_background(self, paths: Iterable[Path]) -> None:
        """Add recordings without calls; annotated calls in the same content take precedence."""
        for path in paths:
            source = self.source(path)
            if source.calls:
                self.notes.append(f"{path}: is given as background, but has annotated calls; the annotations are kept")
            else:
                source.complete = True

    def all(self) -> list[Source]:
        """List the recordings, in order of their paths."""
        return sorted(self._by_content.values(), key=lambda source: source.path.as_posix())


def set_groups(sources: Sequence[Source], pattern: str | None, folders: Sequence[Path] = ()) -> None:
    """Set the group of each recording with a pattern (`name_groups`); without one, each recording is a group.

    Raises
    ------
    ConfigurationError
        If the pattern is not a regular expression, or matches nothing in a name or path.
    """
    groups = {} if pattern is None else name_groups([source.path for source in sources], pattern, folders)
    for source in sources:
        source.group = groups.get(source.path, source.path.as_posix())
