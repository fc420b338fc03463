"""Outputs that are complete or not there: written under a temporary name, flushed to disk, then renamed."""

from detector.outputs.files import check_output, new_file, new_files, new_paths, own_file, refuse_existing, written
from detector.outputs.folders import FolderKind, new_folder, refuse_folder

__all__ = [
    "FolderKind",
    "check_output",
    "new_file",
    "new_files",
    "new_folder",
    "new_paths",
    "own_file",
    "refuse_existing",
    "refuse_folder",
    "written",
]
