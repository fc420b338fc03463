"""Find the recordings that a person means by naming files and folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from detector.errors import ConfigurationError, RecordingError

EXTENSIONS: frozenset[str] = frozenset(
    {"wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "aifc", "w64", "rf64"}
)

PassedOver = Callable[[Path, str], None]


def find_recordings(
    paths: Iterable[Path], *, missing: bool = False, passed_over: PassedOver | None = None
) -> list[Path]:
    """List the recordings that `paths` name, each file once.

    A file that is reached by two paths, through links to it or to its folder, is listed under the first of them. Two
    hard links are two files: neither name is the right one, and a name may tell when its recording began.

    Parameters
    ----------
    paths : iterable of Path
        Files, taken whatever their extension, and folders, searched with all they hold (links included) for names with
        one of `EXTENSIONS`. Hidden names (`.name`, and the `._name` that macOS leaves) are passed over in folders.
    missing : bool
        Whether a path that does not exist is listed, too.
    passed_over : callable, optional
        Takes each folder that cannot be searched, and why; without it, such a folder is an error.

    Returns
    -------
    list of Path
        In the order of `paths`; within a folder, sorted by the path below it, written with slashes.

    Raises
    ------
    RecordingError
        Where a path does not exist, unless `missing`.
    ConfigurationError
        Where a folder cannot be searched, unless `passed_over` is given.
    """
    found: dict[str, Path] = {}
    folders: dict[str, str] = {}
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 (of any name, of one that no file can have, too)
            search = FolderSearch(path)
            for folder, reason in search.unreadable:
                (passed_over or _refuse)(folder, reason)
            for place, recording in search.files:
                found.setdefault(place, recording)
        elif missing or os.path.exists(path):  # noqa: PTH110
            found.setdefault(_place(path, folders), path)
        else:
            raise RecordingError(f"{path}: no such file or folder")
    return list(found.values())


def _refuse(folder: Path, reason: str) -> None:
    raise ConfigurationError(f"{folder}: cannot be searched: {reason}")


def _place(path: Path, folders: dict[str, str]) -> str:
    """Give the real path of a file; `folders` keeps those of folders, for a long list asks for few of them."""
    if path.name in {"", ".."} or os.path.islink(path):  # noqa: PTH114 (of any name)
        return os.path.realpath(path)
    folder = str(path.parent)
    try:
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
    except ValueError:  # a NUL in its name
        return str(path.absolute())
    return os.path.join(folders[folder], path.name)  # noqa: PTH118 (as `realpath` writes it)


class FolderSearch:
    """Search a folder: each folder below it once, however many links lead there, so that the time is linear.

    What lies below the folder keeps its own path. Links are followed when that is known, in sorted order, a link behind
    links after them: the order in which a disk lists names changes nothing.

    Attributes
    ----------
    files : list of (str, Path)
        Real path and path below the folder, sorted by the latter.
    unreadable : list of (Path, str)
        The folders that cannot be searched, and why, sorted; what could be listed of them is in `files`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._searched: set[str] = set()
        self._files: dict[str, str] = {}  # below the folder, by real path
        self._linked_folders: list[str] = []
        self._linked_files: list[str] = []
        self._unreadable: dict[str, str] = {}
        self._walk("", os.path.realpath(folder))
        while self._linked_folders:
            links, self._linked_folders = sorted(self._linked_folders), []
            for link in links:
                self._walk(link, os.path.realpath(folder / link))
        for link in sorted(self._linked_files):
            place = os.path.realpath(folder / link)
            self._files.setdefault(place if os.path.isfile(place) else os.path.abspath(folder / link), link)  # noqa: PTH100, PTH113
        by_path = sorted((below, place) for place, below in self._files.items())
        self.files = [(place, folder / below) for below, place in by_path]
        self.unreadable = [(folder / below, reason) for below, reason in sorted(self._unreadable.items())]

    def _walk(self, below: str, place: str) -> None:
        """Search a folder and the folders in it, without those that links lead to; without recursion, however deep."""
        waiting = [(below, place)]
        while waiting:
            below, place = waiting.pop()
            if place in self._searched:
                continue
            self._searched.add(place)
            for entry in self._listed(below):
                if entry.name.startswith("."):
                    continue
                path = f"{below}/{entry.name}" if below else entry.name
                inside = os.path.join(place, entry.name)  # noqa: PTH118
                is_link = _is_link(entry, inside)
                if os.path.isdir(entry) if is_link else _is_folder(entry):  # noqa: PTH112
                    self._linked_folders.append(path) if is_link else waiting.append((path, inside))
                elif os.path.splitext(entry.name)[1][1:].lower() not in EXTENSIONS:  # noqa: PTH122
                    continue
                elif is_link:
                    self._linked_files.append(path)
                else:
                    self._files[inside] = path

    def _listed(self, below: str) -> list[os.DirEntry[str]]:
        entries: list[os.DirEntry[str]] = []
        try:
            with os.scandir(self._folder / below) as listing:
                entries.extend(listing)
        except OSError as error:
            self._unreadable[below] = error.strerror or str(error)
        return entries


def _is_link(entry: os.DirEntry[str], inside: str) -> bool:
    """Tell a link, and on Windows a junction, which is none to Python."""
    return entry.is_symlink() or (os.name == "nt" and os.path.realpath(entry) != inside)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
