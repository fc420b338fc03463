"""The folder of a run: its settings, its list of recordings, and the result of each recording that is finished."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from detector.errors import ConfigurationError, Fault, OutputError
from detector.operating.points import OPERATING_FILE, Operating, read_operating
from detector.outputs import FolderKind, written
from detector.place import LocalPlace, Place
from detector.presets import RECIPE_FILE
from detector.recipe import Recipe, read_recipe
from detector.runs.journal import Extent, Record
from detector.runs.listing import LIST_FILE, Listing, read_listing, write_listing
from detector.runs.lock import RunLock, run_lock
from detector.runs.records import Chunk, Finished, bytes_of, finished_of, member_of, record_of
from detector.runs.settings import SETTINGS_FILE, RunSettings, read_settings, write_settings
from detector.runs.store import Store
from detector.scanning.outcome import Member, Scanned, failed

LOCK_FILE = "lock"
RESULTS = "results"  # name of the store
DETECTIONS_FILE = "detections.csv"
EFFORT_FILE = "effort.csv"
UNSEARCHED_KEY = "unsearched"  # the key of the record that lists the folders that could not be searched
LIST_KEY = "list"  # the key of the record with the digest of the list of recordings
FORGOTTEN_KEY = "forgotten"  # the key of the record of a recording whose result is damaged

RUN_FOLDER = FolderKind(
    "a run",
    (
        *(SETTINGS_FILE, LOCK_FILE, LIST_FILE, RECIPE_FILE, OPERATING_FILE, f"{RESULTS}.*"),
        *("parts-*", "*.partial", DETECTIONS_FILE, EFFORT_FILE),
    ),
)


class Run:
    """The results that a run keeps. To write, open it with `opened_run`; to read, make it from the folder.

    Parameters
    ----------
    folder : Path
        The folder of a run.
    settings : RunSettings, optional
        Of a run that begins; by default they are read from the folder.
    lock : RunLock, optional
        The lock on the folder. Without it, nothing can be added.

    Attributes
    ----------
    settings : RunSettings
        What the run was asked for.
    listing : Listing
        All recordings that the run is about, in the order of the tables. With a shard, those of all shards.
    store : Store
        The results.

    Raises
    ------
    ConfigurationError
        If the folder is not a run.
    """

    def __init__(self, folder: Path, settings: RunSettings | None = None, lock: RunLock | None = None) -> None:
        self.folder = folder
        self.settings = settings or read_settings(folder)
        self.listing = read_listing(folder)
        self._lock = lock
        if lock is None and not (folder / f"{RESULTS}.jsonl").exists():
            raise ConfigurationError(f"{folder}: this run has no results yet; begin it with the scan command first")
        self.store = Store(folder, RESULTS, writable=lock is not None)
        self._records: dict[str, Record] = {}
        self._unsearched: list[list[str]] = []
        self._list_digest = Listing().digest  # of the list that was written last
        for record in self.store.records:
            self._take(record)
        if lock is None and self.listing.digest != self._list_digest:
            raise ConfigurationError(
                f"{folder / LIST_FILE}: is not the list of recordings of this run; give the scan command again"
            )

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *error: object) -> None:
        self.store.close()

    @cached_property
    def recipe(self) -> Recipe:
        """Return the recipe of the model."""
        return read_recipe(self.folder / RECIPE_FILE, stored=True)

    @cached_property
    def operating(self) -> Operating:
        """Return the operating points of the model as they were when the run began."""
        return read_operating(self.folder, self.recipe.labels)

    @property
    def own_recordings(self) -> Sequence[Place]:
        """Return the recordings that this run scans: those of its shard."""
        shard = self.settings.shard
        return self.listing.recordings if shard is None else shard.slice(self.listing.recordings)

    @property
    def unsearched(self) -> list[Scanned]:
        """Return the folders that could not be searched, as results of failed recordings."""
        return [failed(LocalPlace(Path(name)), None, Fault(reason)) for name, reason in self._unsearched]

    def result(self, recording: Place) -> Finished | None:
        """Return the last result of a recording, failed or not; None if there is none."""
        record = self._records.get(recording.name)
        return None if record is None else finished_of(record)

    def state(self, recording: Place) -> tuple[int, int] | None:
        """Return size and time of the last change of a recording when its result was found.

        None stands for a recording without a result, and for one that may succeed the next time.
        """
        record = self._records.get(recording.name)
        if record is None or record.get("size") is None:
            return None
        return record["size"], record.get("modified_ns", 0)

    def member(self, recording: Place) -> Member | None:
        """Return the part that a recording had in a series; None if it was scanned by itself, or not at all."""
        record = self._records.get(recording.name)
        return None if record is None else member_of(record)

    def begin(self, model: Path, settings: RunSettings) -> None:
        """Write the settings of a new run, with the recipe and the operating points of its model.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        with written(self.folder):
            for name in (RECIPE_FILE, OPERATING_FILE):
                if not (self.folder / name).exists():
                    shutil.copyfile(model / name, self.folder / name)
            write_settings(settings, self.folder)
        self.settings = settings

    def set_recordings(self, recordings: Sequence[Place]) -> None:
        """Keep the list of recordings; raise `OutputError` if it cannot be written."""
        listing = Listing(tuple(recordings))
        if not listing.digest == self.listing.digest == self._list_digest:
            write_listing(self.folder, listing)
            self.listing = listing
            self._append({LIST_KEY: listing.digest})

    def set_unsearched(self, folders: Sequence[Scanned]) -> None:
        """Keep the folders that could not be searched; raise `OutputError` if they cannot be written."""
        texts = [[folder.recording.name, folder.effort[0].detail] for folder in folders]
        if texts != self._unsearched:
            self._append({UNSEARCHED_KEY: texts})

    def add(self, scanned: Scanned, chunks: Sequence[Chunk]) -> None:
        """Keep the result of a recording.

        Raises
        ------
        OutputError
            If it cannot be written, or another process writes the run by now.
        """
        detections = self.store.put(bytes_of(scanned.detections)) if scanned.detections else None
        kept = () if scanned.failed else tuple(chunks)
        self._append(record_of(Finished(scanned, len(scanned.detections), detections, kept)))

    def copy(self, other: Run, recording: Place) -> None:
        """Keep the result that another run has of a recording; raise `OutputError` if it cannot be read or written."""
        result = other.result(recording)
        assert result is not None

        def copied(extent: Extent) -> Extent:
            return self.store.put(other.store.read(extent))

        chunks = tuple(replace(chunk, extent=copied(chunk.extent)) for chunk in result.chunks)
        detections = None if result.detections is None else copied(result.detections)
        self._append(record_of(replace(result, chunks=chunks, detections=detections)))

    def forget(self, recording: Place) -> None:
        """Drop the result of a recording, because it is damaged; raise `OutputError` if that cannot be written."""
        self._append({FORGOTTEN_KEY: recording.name})

    def _append(self, record: Record) -> None:
        if self._lock is not None:
            self._lock.check()
        self.store.append(record)
        self._take(record)

    def _take(self, record: Record) -> None:
        """Take in what a record says."""
        if "recording" in record:
            self._records[record["recording"]] = record
        elif FORGOTTEN_KEY in record:
            self._records.pop(record[FORGOTTEN_KEY], None)
        elif UNSEARCHED_KEY in record:
            self._unsearched = record[UNSEARCHED_KEY]
        elif LIST_KEY in record:
            self._list_digest = record[LIST_KEY]


@contextmanager
def opened_run(folder: Path, settings: RunSettings) -> Iterator[Run]:
    """Open a run for writing, or make the folder of one that begins. No other process can write it meanwhile.

    A run that has not begun (`Run.begin`) when the block ends leaves no folder.

    Parameters
    ----------
    folder : Path
        Folder of the run; it may not exist yet.
    settings : RunSettings
        What the run is asked for now.

    Raises
    ------
    ConfigurationError
        If the run was begun with other settings, or the folder is not a run.
    OutputError
        If another process writes the run, or it cannot be written.
    """
    made = _make(folder)
    try:
        with run_lock(folder / LOCK_FILE) as lock:
            begun = settings
            if is_run(folder):
                begun = read_settings(folder)
                begun.check_same(folder, settings)
            with Run(folder, begun, lock) as run:
                yield run
            if not is_run(folder):
                run.store.remove()
    finally:
        if not is_run(folder):
            _remove(folder, made)


def is_run(folder: Path) -> bool:
    """Return whether a folder is that of a run."""
    return (folder / SETTINGS_FILE).is_file()


def _make(folder: Path) -> list[Path]:
    """Make the folder of a run, and return which folders were made.

    Raises
    ------
    OutputError
        If something else is there.
    """
    with written(folder):
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder}: is a file; a run needs a folder")
        if folder.is_dir() and not is_run(folder) and not _can_begin_in(folder):
            raise OutputError(
                f"{folder}: holds other files, or results without their {SETTINGS_FILE}; a run needs a new folder, an "
                "empty one, or that of a run"
            )
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    return missing


def _can_begin_in(folder: Path) -> bool:
    """Return whether a folder without settings is empty, or holds what a run left that was killed as it began."""
    names = {path.name for path in folder.iterdir()}
    if not names:
        return True
    results = [folder / f"{RESULTS}.{ending}" for ending in ("jsonl", "data")]
    is_fresh = all(not path.exists() or path.stat().st_size == 0 for path in results)
    return LOCK_FILE in names and is_fresh and RUN_FOLDER.is_kind_of(folder)


def _remove(folder: Path, made: Sequence[Path]) -> None:
    """Remove what a run has left that did not begin."""
    with suppress(OSError):
        for name in (f"{RESULTS}.jsonl", f"{RESULTS}.data", LOCK_FILE):
            (folder / name).unlink(missing_ok=True)
        for path in made:
            path.rmdir()
