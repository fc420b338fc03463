"""What is known of each recording before it is cut: calls, confusing sounds, whether these are all, its group."""

from __future__ import annotations

import hashlib
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from detector.audio.reading import read_header
from detector.clips import UNCERTAIN
from detector.errors import ClipsError, ConfigurationError, Parameter, RecordingError
from detector.events import Event
from detector.groups import name_groups
from detector.labels import LabelRules
from detector.tables.table import Annotation, AnnotationSet

PROBE_SAMPLES = 1 << 13
SHOWN = 5  # labels that an error lists
RESERVED = ("(confusing)", "(background)")  # what reports and tables of clips call them


@dataclass
class Source:
    """One recording and what is known of it.

    Attributes
    ----------
    calls : list of (Event, channel or None)
        What the model shall find, and spans of doubt under the label `UNCERTAIN`.
    confusing : list of (Event, channel or None)
        Sounds that are known not to be calls.
    complete : bool
        Whether every call in it is annotated.
    group : str
        What must not fall into two splits: the site, or the recording.
    paths : set of Path
        All names that the recording has.
    """

    path: Path
    calls: list[tuple[Event, str | None]] = field(default_factory=list)
    confusing: list[tuple[Event, str | None]] = field(default_factory=list)
    complete: bool = False
    group: str = ""
    split: str = ""
    paths: set[Path] = field(default_factory=set)


def kind_of(label: str, rules: LabelRules) -> tuple[str, str]:
    """Give what a label is of ("call", "confusing" or "uncertain"), and the label that events of it get.

    Raises
    ------
    ConfigurationError
        Where the label of a call is one that the tables of clips need for themselves.
    """
    renamed = rules.renamed(label)
    if rules.is_background(label):
        return "confusing", label
    if rules.is_uncertain(label):
        return "uncertain", UNCERTAIN
    if not rules.is_wanted(label):
        return "confusing", renamed
    if "|" in renamed or renamed in RESERVED:
        raise ConfigurationError(f"label {renamed!r}: | and {', '.join(RESERVED)} are taken; use {Parameter('rename')}")
    return "call", renamed


def content_key(path: Path) -> str:
    """Name the sound of a recording by its shape and two probes of its samples.

    The same audio under two names, even with other metadata, has one key; a recording whose probes hold nothing but
    one value, or that cannot be read, is only itself.
    """
    try:
        header = read_header(path)
        with header.opened() as sound:
            probes = [sound.read(PROBE_SAMPLES, dtype="float32")]
            sound.seek(max(0, (header.n_frames or 0) // 2))
            probes.append(sound.read(PROBE_SAMPLES, dtype="float32"))
    except (RecordingError, soundfile.SoundFileError, OSError, ValueError):  # which is told when it is cut
        return str(path)
    if all(probe.size == 0 or np.ptp(probe) == 0 for probe in probes):
        return str(path)
    digest = hashlib.sha256(f"{header.sample_rate} {header.n_channels} {header.n_frames}".encode())
    for probe in probes:
        digest.update(probe.tobytes())
    return digest.hexdigest()


class Sources:
    """Collect recordings from tables and folders; the same content under two names is one recording.

    Attributes
    ----------
    notes : list of str
        What the user should know: doubled recordings, labels that were not used.
    unknown : Counter of str
        How many annotations have each label that is none of `rules.only`.
    """

    def __init__(self, rules: LabelRules) -> None:
        self.rules = rules
        self.notes: list[str] = []
        self._by_content: dict[str, Source] = {}
        self._keys: dict[Path, str] = {}
        self._taken: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()

    def source(self, path: Path) -> Source:
        """Find the source of a recording, made where it is new."""
        if path not in self._keys:
            self._keys[path] = content_key(path)
        key = self._keys[path]
        known = self._by_content.get(key)
        if known is None:
            known = self._by_content[key] = Source(path)
        known.paths.add(path)
        if known.path != path:
            note = f"{path}: has the same content as {known.path}; they are one recording"
            if note not in self.notes:
                self.notes.append(note)
        return known

    def add_annotations(self, tables: AnnotationSet, *, complete: bool) -> None:
        """Take the calls of annotation tables, on fully annotated recordings or not."""
        for path in tables.recordings:
            source = self.source(path)
            source.complete = source.complete or (complete and path not in tables.doubtful)
            if complete and path in tables.doubtful:
                self.notes.append(f"{path}: rows of its table could not be used; no background is taken from it")
        for row in tables.annotations:
            self._add(row)
        for label, count in sorted(self._taken.items()):
            self.notes.append(f"label {label!r}: {count} annotations taken as confusing sounds, not as calls")

    def _add(self, row: Annotation) -> None:
        assert row.recording is not None
        source = self.source(row.recording)
        kind, label = kind_of(row.event.label, self.rules)
        event = Event(row.event.start_s, row.event.end_s, label, row.event.low_hz, row.event.high_hz)
        if kind == "confusing":
            self._taken[label] += 1
            self.unknown[label] += not self.rules.is_background(row.event.label)
            source.confusing.append((event, row.channel))
        else:
            source.calls.append((event, row.channel))

    def check_labels(self) -> None:
        """Raise `ClipsError` where no annotation is a call because the recipe names other labels."""
        labels = {call.label for source in self._by_content.values() for call, _ in source.calls}
        others = [label for label, count in self.unknown.most_common() if count]
        if not others or labels - {UNCERTAIN}:
            return
        names = self.rules.only
        shown = ", ".join(map(repr, others[:SHOWN])) + (", ..." if len(others) > SHOWN else "")
        example = shlex.quote(f"{others[0]}={names[0]}")
        raise ClipsError(
            f"no clip of a call comes of these annotations: the recipe knows only the labels "
            f"{', '.join(map(repr, names))} (labels.names), the annotations have {shown}; "
            f"rename a label, for example {Parameter('rename')} {example}"
        )

    def add_confusing(self, tables: AnnotationSet) -> None:
        """Take every row of tables as a sound that is not a call."""
        for row in tables.annotations:
            assert row.recording is not None
            self.source(row.recording).confusing.append((row.event, row.channel))

    def add_background(self, paths: Iterable[Path]) -> None:
        """Take recordings without calls; where tables say otherwise for the same content, the tables are right."""
        for path in paths:
            source = self.source(path)
            if source.calls:
                self.notes.append(f"{path}: was given as background, but has annotated calls; the annotations are kept")
            else:
                source.complete = True

    def all(self) -> list[Source]:
        """List the sources, in order of their paths."""
        return sorted(self._by_content.values(), key=lambda source: source.path.as_posix())


def set_groups(sources: Sequence[Source], pattern: str | None, folders: Sequence[Path] = ()) -> None:
    """Group recordings by what `pattern` finds in their names or paths (`name_groups`); without one, each alone.

    Raises
    ------
    ConfigurationError
        Where the pattern is no regular expression, or finds nothing in a name or path.
    """
    groups = {} if pattern is None else name_groups([source.path for source in sources], pattern, folders)
    for source in sources:
        source.group = groups.get(source.path, source.path.as_posix())
