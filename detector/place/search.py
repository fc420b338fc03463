"""Search a folder of this machine for files. Links are followed, and each file is listed once."""

from __future__ import annotations

import os
from pathlib import Path


class FolderSearch:
    """Search a folder for files.

    Each folder below it is searched once, even if several links lead there, so that the time is linear. A file that can
    be reached without a link keeps that path. So links are followed last, in sorted order, and links behind links after
    them. The order in which a disk lists names changes nothing.

    Parameters
    ----------
    folder : Path
        The folder.
    extensions : frozenset of str
        The extensions to list, without the dot, in small letters. Names may have capital letters. Hidden names are
        left out.

    Attributes
    ----------
    files : list of (str, Path)
        Real path and path of each file, sorted by the path below the folder.
    unreadable : list of (Path, str)
        Folders that could not be searched, or only in part, each with the reason; sorted.
    """

    def __init__(self, folder: Path, extensions: frozenset[str]) -> None:
        self._folder = folder
        self._extensions = extensions
        self._searched: set[str] = set()
        self._files: dict[str, str] = {}  # path below the folder, by real path
        self._linked_folders: list[str] = []
        self._linked_files: list[str] = []
        self._unreadable: dict[str, str] = {}
        self._walk("", os.path.realpath(folder))
        while self._linked_folders:
            links = sorted(self._linked_folders)
            self._linked_folders = []
            for link in links:
                self._walk(link, os.path.realpath(folder / link))
        for link in sorted(self._linked_files):
            target = os.path.realpath(folder / link)
            real = target if os.path.isfile(target) else os.path.abspath(folder / link)  # noqa: PTH100, PTH113 (fast)
            self._files.setdefault(real, link)
        by_path = sorted((below, real) for real, below in self._files.items())
        self.files = [(real, folder / below) for below, real in by_path]
        self.unreadable = [(folder / below, reason) for below, reason in sorted(self._unreadable.items())]

    def _walk(self, below: str, real: str) -> None:
        """Search a folder and all folders in it, but no links.

        Parameters
        ----------
        below : str
            The path of the folder below the folder to search, with slashes.
        real : str
            Its real path.
        """
        waiting = [(below, real)]  # a list, because folders may lie too deep for recursion
        while waiting:
            below, real = waiting.pop()
            if real in self._searched:
                continue
            self._searched.add(real)
            for entry in self._listed(below):
                if entry.name.startswith("."):
                    continue
                path = f"{below}/{entry.name}" if below else entry.name
                inside = os.path.join(real, entry.name)  # noqa: PTH118 (fast)
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
        """List a folder as far as possible, and note a fault."""
        entries: list[os.DirEntry[str]] = []
        try:
            with os.scandir(self._folder / below) as listing:
                entries.extend(listing)
        except OSError as error:
            self._unreadable[below] = error.strerror or str(error)
        return entries


def _is_link(entry: os.DirEntry[str], inside: str) -> bool:
    """Return whether an entry is a link, or a junction of Windows, which Python does not take for a link."""
    return entry.is_symlink() or (os.name == "nt" and os.path.realpath(entry) != inside)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
