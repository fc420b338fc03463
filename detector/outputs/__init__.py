"""Outputs that are whole or not there: written under a temporary name, flushed to disk, renamed when done."""

from detector.outputs.files import check_output, new_file, new_files, new_paths, refuse_existing, settle, written
from detector.outputs.folders import new_folder, refuse_folder

__all__ = [
    "check_output",
    "new_file",
    "new_files",
    "new_folder",
    "new_paths",
    "refuse_existing",
    "refuse_folder",
    "settle",
    "written",
]
