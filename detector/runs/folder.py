"""The folder of a run: its settings, its list of recordings, and the result of each recording that is finished."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from detector.errors import ConfigurationError, Fault, OutputError, Parameter
from detector.operating.points import OPERATING_FILE, Operating, read_operating
from detector.outputs import FolderKind, own_file, written
from detector.place import LocalPlace, Place
from detector.presets import RECIPE_FILE
from detector.recipe import Recipe, read_recipe
from detector.runs.lock import run_lock
from detector.runs.records import Chunk, Finished, bytes_of, finished_of, member_of, record_of
from detector.runs.settings import SETTINGS_FILE, RunSettings, read_settings, write_settings
from detector.runs.store import Extent, Record, Store
from detector.scanning.outcome import Member, Scanned, failed

LOCK_FILE = "lock"
LIST_FILE = "recordings.json"
RESULTS = "results"  # name of the store
DETECTIONS_FILE = "detections.csv"
EFFORT_FILE = "effort.csv"
UNSEARCHED_KEY = "unsearched"  # the key of the record that lists the folders that could not be searched
TABLES_KEY = "tables"  # the key of the record which says that the tables were written

RUN_FOLDER = FolderKind(
    "a run",
    (
        SETTINGS_FILE,
        LOCK_FILE,
        LIST_FILE,
        RECIPE_FILE,
        OPERATING_FILE,
        f"{RESULTS}.*",
        "parts-*",
        "*.partial",
        DETECTIONS_FILE,
        EFFORT_FILE,
    ),
)


class Run:
    """The results that a run keeps. To write, open it with `opened_run`; to read, make it from the folder.

    Parameters
    ----------
    folder : Path
        The folder of a run that exists.
    writable : bool
        Whether results can be added.

    Attributes
    ----------
    settings : RunSettings
        What the run was asked for.
    recordings : list of Place
        All recordings that the run is about, in the order of the tables. With a shard, those of all shards.
    store : Store
        The results.

    Raises
    ------
    ConfigurationError
        If the folder is not a run.
    """

    def __init__(self, folder: Path, *, writable: bool = False) -> None:
        self.folder = folder
        self.settings = read_settings(folder)
        self.recordings = _read_list(folder)
        if not writable and not (folder / f"{RESULTS}.jsonl").exists():
            raise ConfigurationError(f"{folder}: this run has no results yet; begin it with the scan command first")
        self.store = Store(folder, RESULTS, writable=writable)
        self._records: dict[str, Record] = {
            record["recording"]: record for record in self.store.records if "recording" in record
        }
        self._unsearched: list[list[str]] = next(
            (record[UNSEARCHED_KEY] for record in reversed(self.store.records) if UNSEARCHED_KEY in record), []
        )

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *error: object) -> None:
        self.store.close()

    @property
    def recipe(self) -> Recipe:
        """Return the recipe of the model."""
        return read_recipe(self.folder / RECIPE_FILE, stored=True)

    @property
    def operating(self) -> Operating:
        """Return the operating points of the model as they were when the run began."""
        return read_operating(self.folder, self.recipe.labels.names)

    def check_scores(self) -> None:
        """Raise `ConfigurationError` if the run keeps no scores."""
        if self.settings.keep_scores == "none":
            raise ConfigurationError(
                f"{self.folder}: keeps no scores ({Parameter('keep_scores', 'scan')} none); only a new scan has them"
            )

    @property
    def own_recordings(self) -> Sequence[Place]:
        """Return the recordings that this run scans: those of its shard."""
        shard = self.settings.shard
        return self.recordings if shard is None else shard.slice(self.recordings)

    def result(self, recording: Place) -> Finished | None:
        """Return the last result of a recording, failed or not; None if there is none."""
        record = self._records.get(recording.name)
        return None if record is None else finished_of(record)

    def is_finished(self, name: str) -> bool:
        """Return whether a recording was analysed. One that failed is tried again at the next resume."""
        record = self._records.get(name)
        return record is not None and record["size"] is not None

    def state(self, name: str) -> tuple[int, int] | None:
        """Return size and time of the last change of a recording when it was analysed; None if it was not."""
        record = self._records.get(name)
        return None if record is None or record["size"] is None else (record["size"], record["modified_ns"])

    def member(self, name: str) -> Member | None:
        """Return the part that a recording had in a series; None if it was scanned by itself, or not at all."""
        record = self._records.get(name)
        return None if record is None else member_of(record)

    @property
    def n_finished(self) -> int:
        """Count the recordings of this run that were analysed."""
        return sum(self.is_finished(recording.name) for recording in self.own_recordings)

    def add(self, scanned: Scanned, chunks: Sequence[Chunk]) -> None:
        """Keep the result of a recording; raise `OutputError` if it cannot be written."""
        detections = self.store.put(bytes_of(scanned.detections)) if scanned.detections else None
        kept = () if scanned.failed else tuple(chunks)
        self._append(Finished(scanned, len(scanned.detections), detections, kept))

    def copy(self, other: Run, recording: Place) -> None:
        """Keep the result that another run has of a recording; raise `OutputError` if it cannot be written."""
        result = other.result(recording)
        assert result is not None
        chunks = tuple(replace(chunk, extent=self._copied(other, chunk.extent)) for chunk in result.chunks)
        detections = None if result.detections is None else self._copied(other, result.detections)
        self._append(replace(result, chunks=chunks, detections=detections))

    def _copied(self, other: Run, extent: Extent) -> Extent:
        return self.store.put(other.store.read(extent))

    def _append(self, result: Finished) -> None:
        record = record_of(result)
        self.store.append(record)
        self._records[result.scanned.recording.name] = record

    def set_recordings(self, recordings: Sequence[Place]) -> None:
        """Keep the list of recordings; raise `OutputError` if it cannot be written."""
        if [place.name for place in recordings] == [place.name for place in self.recordings]:
            return
        with written(self.folder / LIST_FILE), own_file(self.folder / LIST_FILE) as temporary:
            temporary.write_text(json.dumps([place.name for place in recordings], indent=0), encoding="ascii")
        self.recordings = list(recordings)

    @property
    def unsearched(self) -> list[Scanned]:
        """Return the folders that could not be searched, as results of failed recordings."""
        return [failed(LocalPlace(Path(name)), None, Fault(reason)) for name, reason in self._unsearched]

    def set_unsearched(self, folders: Sequence[Scanned]) -> None:
        """Keep the folders that could not be searched; raise `OutputError` if they cannot be written."""
        texts = [[folder.recording.name, folder.effort[0].detail] for folder in folders]
        if texts != self._unsearched:
            self.store.append({UNSEARCHED_KEY: texts})
            self._unsearched = texts

    def set_settings(self, settings: RunSettings) -> None:
        """Keep settings; raise `OutputError` if they cannot be written."""
        with written(self.folder / SETTINGS_FILE):
            write_settings(settings, self.folder)
        self.settings = settings


@contextmanager
def opened_run(folder: Path, settings: RunSettings, model: Path) -> Iterator[Run]:
    """Open a run for writing, or begin one. No other process can write it meanwhile.

    Parameters
    ----------
    folder : Path
        Folder of the run; it may not exist yet.
    settings : RunSettings
        What the run is asked for now.
    model : Path
        Folder of the model, whose recipe and operating points a new run keeps.

    Raises
    ------
    ConfigurationError
        If the run was begun with other settings, or the folder is not a run.
    OutputError
        If another process writes the run, or it cannot be written.
    """
    _make(folder)
    with run_lock(folder / LOCK_FILE):
        if (folder / SETTINGS_FILE).exists():
            read_settings(folder).check_same(folder, settings)
        else:
            with written(folder):
                for name in (RECIPE_FILE, OPERATING_FILE):
                    shutil.copyfile(model / name, folder / name)
                write_settings(settings, folder)
        with Run(folder, writable=True) as run:
            yield run


def _make(folder: Path) -> None:
    """Make the folder of a run; raise `OutputError` if something else is there."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; a run needs a folder")
    is_run = (folder / SETTINGS_FILE).exists()
    if folder.is_dir() and not is_run and not RUN_FOLDER.is_kind_of(folder):
        raise OutputError(f"{folder}: holds other files; a run needs a new folder, an empty one, or that of a run")
    with written(folder):
        folder.mkdir(parents=True, exist_ok=True)


def _read_list(folder: Path) -> list[Place]:
    path = folder / LIST_FILE
    if not path.exists():
        return []
    try:
        names = json.loads(path.read_bytes())
        return [LocalPlace(Path(name)) for name in names]
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error


def merged_list(before: Sequence[Place], now: Sequence[Place]) -> list[Place]:
    """Return the recordings of two lists, in the order of the later one.

    A recording that only the earlier list has stays behind the one that it followed.
    """
    names = {place.name for place in now}
    followers: dict[str, list[Place]] = defaultdict(list)
    anchor = ""
    for place in before:
        if place.name in names:
            anchor = place.name
        else:
            followers[anchor].append(place)
    merged = list(followers[""])
    for place in now:
        merged += [place, *followers[place.name]]
    return merged
