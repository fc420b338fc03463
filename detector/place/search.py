"""Search a folder of this machine for files, each once, whatever links there are."""

from __future__ import annotations

import os
from pathlib import Path


class FolderSearch:
    """Search a folder for files: each folder below it once, however many links lead there, so that the time is linear.

    What lies below the folder keeps its own path. Links are followed when that is known, in sorted order, a link behind
    links after them: the order in which a disk lists names changes nothing.

    Parameters
    ----------
    folder : Path
        The folder.
    extensions : frozenset of str
        Names end with one of them, in capital or small letters. Hidden names are passed over.

    Attributes
    ----------
    files : list of (str, Path)
        Real path and path below the folder, sorted by the latter.
    unreadable : list of (Path, str)
        The folders that cannot be searched, and why, sorted; what could be listed of them is in `files`.
    """

    def __init__(self, folder: Path, extensions: frozenset[str]) -> None:
        self._folder = folder
        self._extensions = extensions
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
                elif os.path.splitext(entry.name)[1][1:].lower() not in self._extensions:  # noqa: PTH122
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
